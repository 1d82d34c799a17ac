#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tally/base/time.hpp"

namespace tally::model {

/// The numbers the fold keeps, one per metric family of contract.md section 4. Counters count rows of
/// the view named beside them; their `a` and `b` are the labels beside source and app.
enum class Family : std::uint8_t {
    events,                   ///< v_events: a = event_type
    rejected,                 ///< v_rejected: a = reason
    duplicates,               ///< no view: a = path
    task_transitions,         ///< v_task_transitions: app, a = from, b = to
    task_late_events,         ///< v_task_late_events: app
    task_unexpected,          ///< v_task_transitions where unexpected: a = from, b = to
    unknown_terminations,     ///< v_unknown_terminations: app
    framework_messages,       ///< v_framework_messages
    framework_message_bytes,  ///< sum of v_framework_messages.bytes
    tasks,                    ///< gauge: app, a = state
    instance_transitions,     ///< v_instance_transitions: app, a = from, b = to
    instances,                ///< gauge: app, a = condition
    deployments,              ///< v_deployments: a = counted_outcome, b = counted_kind
    app_deployments,          ///< v_deployment_apps where counted: app, a = counted_outcome
    deployment_corrections,   ///< v_deployment_corrections: a = from, b = to
    health_check_failures,    ///< v_health_failures: app, a = protocol
    health_transitions,       ///< v_health_transitions: app, a = to
    unhealthy_kills,          ///< v_unhealthy_kills: app
    api_calls,                ///< v_api_calls: a = verb
    group_changes,            ///< v_group_changes: a = result
    scheduler_events,         ///< v_scheduler_events: a = event
    app_task_starts,          ///< count of marathon_app_task_start_seconds: app
    app_task_start_ms,        ///< sum of the same, milliseconds: app
    task_transitions_inferred,      ///< v_task_transitions, inferred: app, a = from, b = to
    instance_transitions_inferred,  ///< v_instance_transitions, inferred: app, a = from, b = to
    deployments_inferred,           ///< v_deployments, inferred: a = outcome, b = kind
    health_transitions_inferred,    ///< v_health_transitions, inferred: app, a = to
    stream_reconnects,        ///< attempts after the first: a = cause
    stream_gaps,              ///< v_gaps
    stream_gap_ms,            ///< their length, of those that have ended
    stream_observed_ms,       ///< length of v_sessions up to the last mark, less what was lost in them
    events_shed,              ///< sum of v_gaps.lost: a = disk, queue
    reconciliations,          ///< snapshots compared: a = ok, failed, other_cluster
    reconcile_differences,    ///< differences applied: a = task, instance, health, deployment, app
};
inline constexpr std::size_t family_count = static_cast<std::size_t>(Family::reconcile_differences) + 1;

/// The histograms of the fold; label `a` is the one beside source.
enum class HistogramFamily : std::uint8_t {
    task_state_duration,  ///< a = the state left
    task_start_duration,  ///< no label
    deployment_duration,  ///< a = outcome
    step_duration,        ///< a = action
    stream_lag,           ///< no label; live only
};
inline constexpr std::size_t histogram_family_count = 5;
[[nodiscard]] std::string_view to_string(HistogramFamily family);

/// Upper bounds in milliseconds, ascending; the +Inf bucket is not listed.
struct Buckets {
    std::vector<TimeMs> task_state{500,   1000,   2500,   5000,   10000,   30000,   60000,
                                   120000, 300000, 600000, 1800000, 3600000, 21600000, 86400000};
    std::vector<TimeMs> deployment{1000,   5000,    10000,   30000,   60000,   120000,   300000,
                                   600000, 1200000, 1800000, 3600000, 7200000, 21600000, 86400000};
    std::vector<TimeMs> lag{5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000};

    [[nodiscard]] const std::vector<TimeMs>& of(HistogramFamily family) const;
};

/// `app` of a Sample without the label app.
inline constexpr std::uint32_t no_app = 0xFFFFFFFF;

/// One series. Label values are final: unknown names past the 64th already read `other`.
struct Sample {
    Family family{};
    std::uint32_t app = no_app;  ///< index into Snapshot::apps
    std::string_view a{};          ///< lives as long as the World
    std::string_view b{};
    std::int64_t value = 0;
};

struct HistogramSample {
    HistogramFamily family{};
    std::string_view a{};
    std::vector<std::uint64_t> counts{};  ///< not cumulative; one more than the bounds, the last is +Inf
    TimeMs sum_ms = 0;
};

/// One value of the label app. Index 0 of Snapshot::apps is always `other`, the apps past the series cap.
struct AppSample {
    std::string_view label{};
    bool ended = false;           ///< app_terminated_event came and nothing revived it
    TimeMs last_received = 0;     ///< wall clock of its last event: its series leave ten minutes later
    std::int64_t unhealthy_now = 0;
    bool health_seen = false;     ///< whether any entity of it ever had a known health
    TimeMs unhealthy_ms = 0;
    TimeMs observed_ms = 0;
    std::optional<TimeMs> last_deployment_ms;        ///< duration
    std::optional<TimeMs> last_deployment_ended_ms;  ///< time
};

/// Every number of one source at one moment between two events. A value: the fold goes on meanwhile.
///
/// A series keeps its number as long as the World lives, new ones come behind. So who reads again and again gives
/// World::snapshot() the count of those whose labels he has: of these there is the value only.
struct Snapshot {
    std::string source;
    std::vector<AppSample> apps{};        ///< these, too, keep their places
    std::vector<std::int64_t> values{};   ///< of the first series, by their numbers
    std::vector<Sample> samples{};        ///< the series behind these, by their numbers
    std::vector<HistogramSample> histograms{};
    std::int64_t deployments_running = 0;
    std::optional<TimeMs> oldest_deployment_start;
    std::int64_t shed_disk = 0;   ///< family events_shed by its reasons, whichever way the series are told
    std::int64_t shed_queue = 0;
};

/// Of how many series a reader has the labels, by the name of their source.
using KnownSeries = std::map<std::string, std::size_t, std::less<>>;

}  // namespace tally::model
