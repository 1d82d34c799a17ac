#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tally/base/time.hpp"
#include "tally/model/facts.hpp"

namespace tally::model {

/// One thing in which a snapshot of Marathon's REST API differs from what the events so far have told
/// (live.md section 3). Applied, it becomes inferred facts; kept with its Mark, so that the fold can be repeated.
struct Difference {
    enum class Kind : std::uint8_t {
        task,        ///< `id` is in state `to` (TASK_...), or gone: `none`
        instance,    ///< `id` is in condition `to`, or gone: `none`
        health,      ///< the instance of `id` (a task or instance id) is `to`: unknown, healthy, unhealthy
        deployment,  ///< `id` is `running`, or gone: `unknown`
        app,         ///< `id` is gone (`to` is `none`), or there again (`live`)
    };

    Kind kind{};
    std::string id{};
    std::string app{};  ///< of a task, an instance, a health
    std::string to{};
    TimeMs time_low = no_time;  ///< not before; the upper bound is the time of the Mark
    TimeMs since = no_time;     ///< when the state was entered, where Marathon says it; else the time of the Mark
    std::string host{}, version{};
    // Of a deployment that runs.
    TimeMs requested = no_time;
    std::int64_t steps_done = 0;
    struct Action {
        std::string name, app;
        friend bool operator==(const Action&, const Action&) = default;
    };
    std::vector<std::vector<Action>> steps{};

    friend bool operator==(const Difference&, const Difference&) = default;
};
[[nodiscard]] std::string_view to_string(Difference::Kind kind);

/// What the daemon itself puts into the fold of a source, between the events and with a seq of its own: the life
/// of its stream, what was lost on our side, what a snapshot showed (semantics.md L1). A value.
struct Mark {
    enum class Kind : std::uint8_t {
        started,     ///< the daemon begins: a session that was left open ended by `crash`, at its last byte
        attached,    ///< a session begins with its first byte at `time`, on `connection`, with `url`
        alive,       ///< its last byte so far came at `time`, its bytes so far are `bytes`
        ended,       ///< it ended; `time` of its last byte, `cause`, `detail`, `bytes`
        failed,      ///< an attempt failed: `cause`, `detail`
        attempt,     ///< one attempt more; `cause`: the settled reason why the one before failed or ended
        stopped,     ///< the daemon ends cleanly, or follows the source no more: `cause` shutdown or reload
        shed,        ///< `lost` events between `from` and `time` were received and not kept: `cause` disk or queue
        reconciled,  ///< a snapshot asked for at `time` was compared: `cause` ok, failed or other_cluster
    };

    Kind kind{};
    TimeMs time = 0;         ///< wall clock
    TimeMs from = no_time;   ///< shed: the first that was lost
    std::uint64_t connection = 0;
    std::uint64_t bytes = 0;
    std::int64_t lost = 0;
    std::string cause{};     ///< a cause of live.md section 1, or as said above
    std::string detail{};    ///< for people
    std::string url{};       ///< without secrets
    std::string framework{};  ///< reconciled: the frameworkId, empty when not told
    std::vector<Difference> differences{};  ///< reconciled: applied in this order

    /// How many seqs it takes: each difference has one of its own, the first that of the mark.
    [[nodiscard]] Seq seqs() const { return std::max<Seq>(1, static_cast<Seq>(differences.size())); }

    friend bool operator==(const Mark&, const Mark&) = default;
};
[[nodiscard]] std::string_view to_string(Mark::Kind kind);

}  // namespace tally::model
