#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "model/support/said.hpp"
#include "tally/decode/snapshot.hpp"

/// What Marathon's REST API shows, in short. Texts, steps and containers live to the end of the
/// process.
namespace tally::model::shown {

struct TaskFields {
    std::string_view app{}, host{}, version{};
    std::optional<TimeMs> staged{}, started{};
    std::optional<bool> alive{};
};

/// A Marathon with pods, which shows nothing but what is said. An empty app is derived from the id,
/// and shown among the apps.
class Shown {
  public:
    explicit Shown(std::string_view version = "1.5.0");

    Shown& app(std::string_view id);
    Shown& task(std::string_view id, std::string_view state, TaskFields fields = {});
    /// A pod's instance with containers `name=TASK_ID TASK_STATE` or `name TASK_STATE`.
    Shown& pod(
        std::string_view id,
        std::vector<std::string_view> containers,
        std::optional<bool> healthy = {},
        std::string_view status = "STABLE"
    );
    Shown& deployment(std::string_view id, const said::Plan& plan, std::int64_t current_step);
    Shown& without_pods();

    [[nodiscard]] const decode::Snapshot& snapshot() const { return snapshot_; }

  private:
    decode::Snapshot snapshot_;
};

}  // namespace tally::model::shown
