#include "take_snapshot.hpp"

#include <algorithm>

namespace tally::model {

Snapshot take_snapshot(
    const std::string& source, const Books& books, const Deployments& deployments
) {
    const auto known = [](TimeMs time) { return time == no_time ? std::optional<TimeMs>{} : time; };
    Snapshot snapshot;
    snapshot.source = source;
    snapshot.apps.resize(books.apps.size());
    const TimeMs until = books.health_now();
    for (Apps::Index index = 0; index < books.apps.size(); ++index) {
        const App& app = books.apps[index];
        const bool has_open = app.accrued_until != no_time && app.accrued_until < until;
        const TimeMs open = has_open ? until - app.accrued_until : 0;
        AppSample& sample = snapshot.apps[app.label];
        if (app.label == index) {
            sample.label = app.name;
            sample.ended = app.ended;
            sample.last_received = app.last_received;
        }
        sample.health_seen = sample.health_seen || app.health_seen;
        sample.unhealthy_now += app.unhealthy_now;
        const std::int64_t unhealthy = app.unhealthy_counting();
        sample.unhealthy_ms += app.unhealthy_ms + open * unhealthy;
        sample.observed_ms += app.observed_ms + open * (app.healthy_counting() + unhealthy);
        // Of the apps past the cap the one that ended last is shown.
        if (app.last_deployment_ended != no_time &&
            app.last_deployment_ended >= sample.last_deployment_ended_ms.value_or(no_time)) {
            sample.last_deployment_ended_ms = known(app.last_deployment_ended);
            sample.last_deployment_ms = known(app.last_deployment_ms);
        }
    }
    const Labels& labels = books.labels;
    snapshot.samples.reserve(books.numbers.cells().size());
    for (const Numbers::Cell& cell : books.numbers.cells()) {
        const FamilyLabels& family = labels_of(cell.family);
        snapshot.samples.push_back(
            {.family = cell.family,
             .app = family.app ? cell.app : no_app,
             .a = family.a == LabelKind::nothing ? std::string_view{}
                                                 : labels.name(family.a, cell.a),
             .b = family.b == LabelKind::nothing ? std::string_view{}
                                                 : labels.name(family.b, cell.b),
             .value = cell.value}
        );
    }
    for (const Numbers::Histogram& histogram : books.numbers.histograms()) {
        const LabelKind a = labels_of(histogram.family).a;
        snapshot.histograms.push_back(
            {.family = histogram.family,
             .a = a == LabelKind::nothing ? std::string_view{} : labels.name(a, histogram.a),
             .counts = histogram.counts,
             .sum_ms = histogram.sum_ms}
        );
    }
    snapshot.deployments_running = deployments.running();
    snapshot.oldest_deployment_start = known(deployments.oldest_start());
    return snapshot;
}

}  // namespace tally::model
