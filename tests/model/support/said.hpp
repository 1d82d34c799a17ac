#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tally/decode/event.hpp"

/// What Marathon says, in short: events as the Decoder would hand them out. Texts and steps live to
/// the end of the process, so that a script of events can be told to several Worlds.
namespace tally::model::said {

// Two instances of /a.
inline constexpr const char *i1 = "a.instance-1f", *i2 = "a.instance-2f";

using namespace std::chrono_literals;

/// The moment all stories begin: 2019-08-20T10:00:00Z, a whole hour.
inline constexpr TimeMs start = 1'566'295'200'000;

[[nodiscard]] constexpr TimeMs at(std::chrono::milliseconds after) {
    return start + after.count();
}

/// The same moment as Marathon writes it in `version`.
[[nodiscard]] std::string_view version_at(std::chrono::milliseconds after);

/// Keeps a text for ever.
[[nodiscard]] std::string_view keep(std::string text);

/// Fields that most events do not need. An empty app is derived from the id, as decode does.
struct With {
    std::string_view app{}, host{}, version{}, message{}, reason{};
};

/// decode::HealthCheck, with nothing said by default.
struct Check {
    std::string_view protocol{}, path{}, command{};
    std::optional<std::int64_t> port{}, port_index{};
    std::optional<double> interval_s{};
};

using When = std::optional<TimeMs>;

[[nodiscard]] decode::Event status(
    std::string_view task, std::string_view state, When when, With with = {}
);
[[nodiscard]] decode::Event instance(
    std::string_view id, std::string_view condition, When when, With with = {}
);
/// health_status_changed_event
[[nodiscard]] decode::Event alive(std::string_view id, bool alive, When when, With with = {});
/// instance_health_changed_event; nothing is null
[[nodiscard]] decode::Event healthy(
    std::string_view id, std::optional<bool> healthy, When when, With with = {}
);
[[nodiscard]] decode::Event failure(
    std::string_view id, const Check& check, When when, With with = {}
);
[[nodiscard]] decode::Event add_check(std::string_view app, const Check& check, When when);
[[nodiscard]] decode::Event remove_check(std::string_view app, When when);
/// unhealthy_task_kill_event when `instance` is empty, else unhealthy_instance_kill_event
[[nodiscard]] decode::Event kill(
    std::string_view task, std::string_view instance, When when, With with = {}
);
[[nodiscard]] decode::Event app_terminated(std::string_view app, When when);
[[nodiscard]] decode::Event api_post(std::string_view app, When when);
[[nodiscard]] decode::Event unknown_terminated(
    std::string_view id, std::string_view condition, When when
);
[[nodiscard]] decode::Event framework_message(std::int64_t bytes, When when);
[[nodiscard]] decode::Event group_change(
    bool success, std::string_view version, When when, With with = {}
);
/// Any other type by its name, known or not.
[[nodiscard]] decode::Event plain(std::string_view type, When when, std::string_view app = {});

/// `"StartApplication /a"` per action.
using StepText = std::vector<std::string_view>;
inline const StepText start_a{"StartApplication /a"}, scale_a{"ScaleApplication /a"}, scale_b{"ScaleApplication /b"},
    stop_z{"StopApplication /z"};

struct Plan {
    std::string_view version{};
    std::optional<std::vector<StepText>> steps{};  ///< nothing: the plan has no list of steps
};

/// The light plan of a new app: Start, then Scale.
[[nodiscard]] Plan start_plan(std::string_view app, std::chrono::milliseconds requested);
[[nodiscard]] Plan scale_plan(std::string_view app, std::chrono::milliseconds requested);

[[nodiscard]] decode::Event info(
    std::string_view id, const Plan& plan, std::optional<StepText> current, When when
);
[[nodiscard]] decode::Event step_success(
    std::string_view id, const Plan& plan, std::optional<StepText> current, When when
);
[[nodiscard]] decode::Event step_failure(
    std::string_view id, const Plan& plan, std::optional<StepText> current, When when
);
[[nodiscard]] decode::Event success(std::string_view id, const Plan& plan, When when);
[[nodiscard]] decode::Event failed(
    std::string_view id, const Plan& plan, When when, std::string_view reason = {}
);

}  // namespace tally::model::said
