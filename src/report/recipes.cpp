#include "report/recipes.hpp"

#include <array>

namespace tally::report {

namespace {

using model::Family;
using model::HistogramFamily;
using enum Type;
using Unit = Number::Unit;

constexpr std::array<std::string_view, 5> outcomes{
    "success", "failed", "canceled", "rejected", "unknown"};
constexpr std::array<std::string_view, 7> kinds{
    "start", "restart", "scale", "stop", "mixed", "none", "unknown"};

constexpr std::array<LabelPair, outcomes.size() * kinds.size()> outcome_and_kind = [] {
    std::array<LabelPair, outcomes.size() * kinds.size()> pairs;
    std::size_t at = 0;
    for (const std::string_view outcome : outcomes) {
        for (const std::string_view kind : kinds) {
            pairs[at++] = {outcome, kind};
        }
    }
    return pairs;
}();

// Corrections move between outcomes that a final event gave; `unknown` is not one of them.
constexpr std::array<LabelPair, 12> corrections = [] {
    std::array<LabelPair, 12> pairs;
    std::size_t at = 0;
    for (std::size_t from = 0; from < 4; ++from) {
        for (std::size_t to = 0; to < 4; ++to) {
            if (from != to) {
                pairs[at++] = {outcomes[from], outcomes[to]};
            }
        }
    }
    return pairs;
}();

template <std::size_t n>
constexpr std::array<LabelPair, n> only_a(const std::array<std::string_view, n>& values) {
    std::array<LabelPair, n> pairs;
    for (std::size_t i = 0; i < n; ++i) {
        pairs[i] = {values[i], {}};
    }
    return pairs;
}

// What a snapshot can tell of a deployment's end is only that it is gone.
constexpr std::array<LabelPair, kinds.size()> unknown_and_kind = [] {
    std::array<LabelPair, kinds.size()> pairs;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        pairs[i] = {"unknown", kinds[i]};
    }
    return pairs;
}();

constexpr std::array<LabelPair, 1> no_label{};
constexpr auto outcome = only_a(outcomes);
constexpr auto reject_reason =
    only_a<5>({"not_json", "not_object", "no_event_type", "missing_field", "too_large"});
constexpr auto path = only_a<3>({"stream", "callback", "replay"});
constexpr auto health = only_a<3>({"unknown", "healthy", "unhealthy"});
constexpr auto verb = only_a<4>({"api_post", "pod_created", "pod_updated", "pod_deleted"});
constexpr auto group_result = only_a<2>({"success", "failed"});
constexpr auto scheduler_event = only_a<3>({"registered", "reregistered", "disconnected"});
constexpr auto cause = only_a<20>({"closed",       "reset",    "silent",   "leader_changed",
                                   "slow",         "empty",    "refused",  "unreachable",
                                   "dns",          "timeout",  "tls",      "redirect",
                                   "unauthorized", "http_4xx", "http_5xx", "not_a_stream",
                                   "too_large",    "crash",    "shutdown", "reload"});
constexpr auto reconcile_result = only_a<3>({"ok", "failed", "other_cluster"});
constexpr auto difference_kind = only_a<5>({"task", "instance", "health", "deployment", "app"});

using Value = std::optional<Number>;

constexpr Number milliseconds(TimeMs time) {
    return {.value = time, .unit = Unit::milliseconds};
}

constexpr Value milliseconds(std::optional<TimeMs> time) {
    return time ? Value(milliseconds(*time)) : std::nullopt;
}

constexpr PerApp last_deployment{
    [](const model::AppSample& app) { return milliseconds(app.last_deployment_ms); }};
constexpr PerApp last_deployment_ended{
    [](const model::AppSample& app) { return milliseconds(app.last_deployment_ended_ms); }};
constexpr PerApp unhealthy{[](const model::AppSample& app) {
    return app.health_seen ? Value(milliseconds(app.unhealthy_ms)) : std::nullopt;
}};
constexpr PerApp observed{[](const model::AppSample& app) {
    return app.health_seen ? Value(milliseconds(app.observed_ms)) : std::nullopt;
}};
constexpr PerApp unhealthy_now{[](const model::AppSample& app) {
    return app.health_seen ? Value(Number{.value = app.unhealthy_now}) : std::nullopt;
}};
constexpr PerSource deployments_running{[](const model::Snapshot& source) {
    return Value(Number{.value = source.deployments_running});
}};
constexpr PerSource oldest_start{
    [](const model::Snapshot& source) { return milliseconds(source.oldest_deployment_start); }};
constexpr PerStream connected{
    [](const StreamNumbers& stream) { return Value(Number{.value = stream.connected ? 1 : 0}); }};
constexpr PerStream last_event{
    [](const StreamNumbers& stream) { return milliseconds(stream.last_event); }};
constexpr PerStream last_byte{
    [](const StreamNumbers& stream) { return milliseconds(stream.last_byte); }};

// clang-format off
constexpr std::array table{
    Recipe{{"marathon_events_total", counter, {"source", "event_type"},
            "Events stored, by their eventType."},
           Counts{Family::events}},
    Recipe{{"marathon_events_rejected_total", counter, {"source", "reason"},
            "Inputs of which no fact could be made, by reason."},
           Counts{Family::rejected}, reject_reason},
    Recipe{{"marathon_events_duplicate_total", counter, {"source", "path"},
            "Events received again, by the way they came; they change nothing else."},
           Counts{Family::duplicates}, path},
    Recipe{{"marathon_task_transitions_total", counter, {"source", "app", "from", "to"},
            "Task state transitions; a task seen for the first time comes from none."},
           Counts{Family::task_transitions}},
    Recipe{{"marathon_task_transitions_inferred_total", counter, {"source", "app", "from", "to"},
            "Task state transitions that nobody saw: a snapshot showed that they had happened."},
           Counts{Family::task_transitions_inferred}},
    Recipe{{"marathon_task_late_events_total", counter, {"source", "app"},
            "Task states that arrived after a later one and changed nothing."},
           Counts{Family::task_late_events}},
    Recipe{{"marathon_task_unexpected_transitions_total", counter, {"source", "from", "to"},
            "Task state transitions that Mesos does not foresee; they were applied all the same."},
           Counts{Family::task_unexpected}},
    Recipe{{"marathon_unknown_terminations_total", counter, {"source", "app"},
            "Terminations of tasks or instances that Marathon did not know."},
           Counts{Family::unknown_terminations}},
    Recipe{{"marathon_framework_messages_total", counter, {"source"},
            "Messages of executors to the framework."},
           Counts{Family::framework_messages}, no_label},
    Recipe{{"marathon_framework_message_bytes_total", counter, {"source"},
            "Bytes of these messages."},
           Counts{Family::framework_message_bytes}, no_label},
    Recipe{{"marathon_tasks", gauge, {"source", "app", "state"},
            "Tasks now in a state that is not final."},
           Counts{Family::tasks}},
    Recipe{{"marathon_instance_transitions_total", counter, {"source", "app", "from", "to"},
            "Instance condition transitions; an instance seen for the first time comes from none."},
           Counts{Family::instance_transitions}},
    Recipe{{"marathon_instance_transitions_inferred_total", counter, {"source", "app", "from", "to"},
            "Instance condition transitions that nobody saw: a snapshot showed that they had happened."},
           Counts{Family::instance_transitions_inferred}},
    Recipe{{"marathon_instances", gauge, {"source", "app", "condition"},
            "Instances now in a condition that is not final."},
           Counts{Family::instances}},
    Recipe{{"marathon_task_state_duration_seconds", histogram, {"source", "state"},
            "How long tasks were in the state they left."},
           Histograms{HistogramFamily::task_state_duration}},
    Recipe{{"marathon_task_start_duration_seconds", histogram, {"source"},
            "From the first sight of a task, or its instance's creation, to its first TASK_RUNNING."},
           Histograms{HistogramFamily::task_start_duration}, no_label},
    Recipe{{"marathon_app_task_start_seconds", summary, {"source", "app"},
            "The same by app, as sum and count only."},
           TaskStarts{}},
    Recipe{{"marathon_deployments_total", counter, {"source", "outcome", "kind"},
            "Deployments that ended, counted once with the outcome and kind known then."},
           Counts{Family::deployments}, outcome_and_kind},
    Recipe{{"marathon_deployments_inferred_total", counter, {"source", "outcome", "kind"},
            "Deployments of which only a snapshot told."},
           Counts{Family::deployments_inferred}, unknown_and_kind},
    Recipe{{"marathon_deployment_duration_seconds", histogram, {"source", "outcome"},
            "From the first deployment_info of a deployment to its end."},
           Histograms{HistogramFamily::deployment_duration}, outcome},
    Recipe{{"marathon_deployment_step_duration_seconds", histogram, {"source", "action"},
            "How long deployment steps took, once for each distinct action of a step."},
           Histograms{HistogramFamily::step_duration}},
    Recipe{{"marathon_deployments_running", gauge, {"source"},
            "Deployments that have begun and not ended."},
           deployments_running},
    Recipe{{"marathon_deployment_oldest_start_timestamp_seconds", gauge, {"source"},
            "When the oldest running deployment began; absent while none runs."},
           oldest_start},
    Recipe{{"marathon_app_deployments_total", counter, {"source", "app", "outcome"},
            "Ended deployments that touched the app; one deployment counts for each of its apps."},
           Counts{Family::app_deployments}, outcome},
    Recipe{{"marathon_app_last_deployment_duration_seconds", gauge, {"source", "app"},
            "Duration of the app's last ended deployment."},
           last_deployment},
    Recipe{{"marathon_app_last_deployment_timestamp_seconds", gauge, {"source", "app"},
            "When the app's last deployment ended."},
           last_deployment_ended},
    Recipe{{"marathon_deployment_corrections_total", counter, {"source", "from", "to"},
            "Outcomes that changed after their deployment was counted."},
           Counts{Family::deployment_corrections}, corrections},
    Recipe{{"marathon_health_check_failures_total", counter, {"source", "app", "protocol"},
            "Failed health checks."},
           Counts{Family::health_check_failures}},
    Recipe{{"marathon_health_transitions_total", counter, {"source", "app", "to"},
            "Changes of the health of tasks and instances."},
           Counts{Family::health_transitions}, health},
    Recipe{{"marathon_health_transitions_inferred_total", counter, {"source", "app", "to"},
            "Changes of health that nobody saw: a snapshot showed that they had happened."},
           Counts{Family::health_transitions_inferred}, health},
    Recipe{{"marathon_unhealthy_kills_total", counter, {"source", "app"},
            "Tasks and instances killed by Marathon because they were unhealthy."},
           Counts{Family::unhealthy_kills}},
    Recipe{{"marathon_unhealthy_seconds_total", counter, {"source", "app"},
            "Time that tasks and instances spent unhealthy, up to the last event."},
           unhealthy},
    Recipe{{"marathon_health_observed_seconds_total", counter, {"source", "app"},
            "Time that tasks and instances spent healthy or unhealthy, up to the last event."},
           observed},
    Recipe{{"marathon_instances_unhealthy", gauge, {"source", "app"},
            "Tasks and instances that are unhealthy now."},
           unhealthy_now},
    Recipe{{"marathon_api_calls_total", counter, {"source", "verb"},
            "Changes asked of Marathon through its API."},
           Counts{Family::api_calls}, verb},
    Recipe{{"marathon_group_changes_total", counter, {"source", "result"},
            "Changes of app groups, by result."},
           Counts{Family::group_changes}, group_result},
    Recipe{{"marathon_scheduler_events_total", counter, {"source", "event"},
            "Registrations of Marathon at the Mesos master and their loss."},
           Counts{Family::scheduler_events}, scheduler_event},
    Recipe{{"marathon_stream_connected", gauge, {"source"},
            "Whether the event stream is attached."},
           connected},
    Recipe{{"marathon_stream_last_event_timestamp_seconds", gauge, {"source"},
            "When the last event arrived; absent before the first."},
           last_event},
    Recipe{{"marathon_stream_last_byte_timestamp_seconds", gauge, {"source"},
            "When the last byte of the stream arrived, heartbeats included; absent before the first."},
           last_byte},
    Recipe{{"marathon_stream_reconnects_total", counter, {"source", "cause"},
            "Connection attempts after the first, by why the one before failed or ended."},
           Counts{Family::stream_reconnects}, cause},
    Recipe{{"marathon_stream_gaps_total", counter, {"source"},
            "Times in which the stream was not seen, or events of it were lost on our side."},
           Counts{Family::stream_gaps}, no_label},
    Recipe{{"marathon_stream_gap_seconds_total", counter, {"source"},
            "Length of those that have ended."},
           Counts{Family::stream_gap_ms, Unit::milliseconds}, no_label},
    Recipe{{"marathon_stream_observed_seconds_total", counter, {"source"},
            "Time the stream was attached, up to its last byte, without what was lost."},
           Counts{Family::stream_observed_ms, Unit::milliseconds}, no_label},
    Recipe{{"marathon_reconciliations_total", counter, {"source", "result"},
            "Snapshots of Marathon's state compared with what its events told, or tried to."},
           Counts{Family::reconciliations}, reconcile_result},
    Recipe{{"marathon_reconcile_differences_total", counter, {"source", "kind"},
            "What the snapshots showed that no event had told."},
           Counts{Family::reconcile_differences}, difference_kind},
    Recipe{{"marathon_stream_lag_seconds", histogram, {"source"},
            "From the time an event of the stream bears to its arrival."},
           Histograms{HistogramFamily::stream_lag}, no_label},
};
// clang-format on

}  // namespace

std::span<const Recipe> recipes() {
    return table;
}

bool is_shown(const model::AppSample& app, const Options& options) {
    constexpr TimeMs ended_shown_ms = 10 * 60 * 1000;
    return options.show_all || !app.ended || options.now - app.last_received < ended_shown_ms;
}

}  // namespace tally::report
