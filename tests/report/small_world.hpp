#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tally/model/snapshot.hpp"
#include "tally/report/exposition.hpp"

/// The little language of these tests: snapshots built by one line per series, and the lines of an
/// exposition.
namespace tally::report::testing {

/// A snapshot with source `default`, the app `other` at index 0 and then the apps given.
inline model::Snapshot snapshot_of(const std::vector<std::string_view>& apps = {}) {
    model::Snapshot snapshot;
    snapshot.source = "default";
    snapshot.apps.emplace_back().label = "other";
    for (const std::string_view app : apps) {
        snapshot.apps.emplace_back().label = app;
    }
    return snapshot;
}

inline model::HistogramSample histogram_of(
    model::HistogramFamily family, std::string_view a, std::vector<TimeMs> observed
) {
    const model::Buckets buckets;
    const std::vector<TimeMs>& bounds = buckets.of(family);
    model::HistogramSample sample{.family = family, .a = a, .counts = {}, .sum_ms = 0};
    sample.counts.resize(bounds.size() + 1);
    for (const TimeMs value : observed) {
        std::size_t at = 0;
        while (at < bounds.size() && value > bounds[at]) {
            ++at;
        }
        ++sample.counts[at];
        sample.sum_ms += value;
    }
    return sample;
}

inline std::string render_text(const model::Snapshot& snapshot, const Options& options = {}) {
    return render(std::span(&snapshot, 1), {}, {}, Format::text, options);
}

/// The lines of the text that begin with `start`, and those of HELP and TYPE for it, each with its
/// line feed.
inline std::string lines_of(const std::string& text, const std::string& start) {
    std::string found;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at) + 1;
        const std::string_view line(text.data() + at, end - at);
        if (line.starts_with(start) || line.starts_with("# HELP " + start) ||
            line.starts_with("# TYPE " + start) || line.starts_with("# UNIT " + start)) {
            found += line;
        }
        at = end;
    }
    return found;
}

/// A snapshot with something in every family, two apps and a histogram of each kind.
inline model::Snapshot full_snapshot() {
    using model::Family;
    using model::HistogramFamily;
    model::Snapshot snapshot = snapshot_of({"/shop/cart", "/search"});
    for (std::size_t family = 0; family < model::family_count; ++family) {
        const auto which = static_cast<Family>(family);
        switch (which) {
            case Family::task_transitions:
            case Family::instance_transitions:
            case Family::task_transitions_inferred:
            case Family::instance_transitions_inferred:
                snapshot.samples.push_back({which, 1, "none", "TASK_STAGING", 3});
                snapshot.samples.push_back({which, 2, "TASK_STAGING", "TASK_RUNNING", 2});
                break;
            case Family::tasks:
                snapshot.samples.push_back({which, 1, "TASK_RUNNING", {}, 5});
                break;
            case Family::instances:
                snapshot.samples.push_back({which, 1, "Running", {}, 5});
                break;
            case Family::health_check_failures:
                snapshot.samples.push_back({which, 2, "MESOS_HTTP", {}, 7});
                break;
            case Family::health_transitions:
            case Family::health_transitions_inferred:
                snapshot.samples.push_back({which, 2, "unhealthy", {}, 1});
                break;
            case Family::app_deployments:
                snapshot.samples.push_back({which, 1, "failed", {}, 1});
                break;
            case Family::task_late_events:
            case Family::unknown_terminations:
            case Family::unhealthy_kills:
            case Family::app_task_starts:
                snapshot.samples.push_back({which, 1, {}, {}, 2});
                break;
            case Family::app_task_start_ms:
                snapshot.samples.push_back({which, 1, {}, {}, 12345});
                break;
            case Family::events:
                snapshot.samples.push_back({which, model::no_app, "status_update_event", {}, 41});
                break;
            case Family::task_unexpected:
                snapshot.samples.push_back({which, model::no_app, "TASK_RUNNING", "TASK_STAGING", 1}
                );
                break;
            case Family::deployments:
                snapshot.samples.push_back({which, model::no_app, "success", "scale", 4});
                break;
            case Family::deployments_inferred:
                snapshot.samples.push_back({which, model::no_app, "unknown", "restart", 1});
                break;
            case Family::stream_reconnects:
                snapshot.samples.push_back({which, model::no_app, "reset", {}, 2});
                break;
            case Family::stream_gaps:
                snapshot.samples.push_back({which, model::no_app, {}, {}, 3});
                break;
            case Family::stream_gap_ms:
            case Family::stream_observed_ms:
                snapshot.samples.push_back({which, model::no_app, {}, {}, 61'500});
                break;
            case Family::reconciliations:
                snapshot.samples.push_back({which, model::no_app, "ok", {}, 4});
                break;
            case Family::reconcile_differences:
                snapshot.samples.push_back({which, model::no_app, "task", {}, 5});
                break;
            case Family::deployment_corrections:
                snapshot.samples.push_back({which, model::no_app, "success", "failed", 1});
                break;
            default:
                break;
        }
    }
    snapshot.apps[1].last_deployment_ms = 61'500;
    snapshot.apps[1].last_deployment_ended_ms = 1'566'295'200'001;
    snapshot.apps[2].health_seen = true;
    snapshot.apps[2].unhealthy_now = 1;
    snapshot.apps[2].unhealthy_ms = 1500;
    snapshot.apps[2].observed_ms = 90'000;
    snapshot.histograms = {
        histogram_of(HistogramFamily::task_state_duration, "TASK_STAGING", {400, 12'345}),
        histogram_of(HistogramFamily::task_start_duration, {}, {700}),
        histogram_of(HistogramFamily::deployment_duration, "success", {61'500}),
        histogram_of(HistogramFamily::step_duration, "ScaleApplication", {30'000}),
        histogram_of(HistogramFamily::stream_lag, {}, {3, 70'000})};
    snapshot.deployments_running = 2;
    snapshot.oldest_deployment_start = 1'566'295'100'000;
    return snapshot;
}

inline StreamNumbers full_stream() {
    StreamNumbers stream;
    stream.source = "default";
    stream.connected = true;
    stream.last_event = 1'566'295'200'123;
    stream.last_byte = 1'566'295'201'000;
    return stream;
}

}  // namespace tally::report::testing
