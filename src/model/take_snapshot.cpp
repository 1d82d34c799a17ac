#include "take_snapshot.hpp"

#include <algorithm>
#include <iterator>

namespace tally::model {

namespace {

Sample sample_of(const Numbers::Cell& cell, const Labels& labels) {
    const FamilyLabels& family = labels_of(cell.family);
    const auto name = [&labels](LabelKind kind, Code code) {
        return kind == LabelKind::nothing ? std::string_view{} : labels.name(kind, code);
    };
    return {
        .family = cell.family,
        .app = family.app ? cell.app : no_app,
        .a = name(family.a, cell.a),
        .b = name(family.b, cell.b),
        .value = cell.value};
}

void add_series(Snapshot& snapshot, const Books& books, std::size_t known) {
    const std::vector<Numbers::Cell>& cells = books.numbers.cells();
    const auto first_told =
        cells.begin() + static_cast<std::ptrdiff_t>(std::min(known, cells.size()));
    snapshot.values.reserve(cells.size());  // for the reader to add the others
    std::transform(
        cells.begin(),
        first_told,
        std::back_inserter(snapshot.values),
        [](const auto& cell) { return cell.value; }
    );
    snapshot.samples.reserve(static_cast<std::size_t>(cells.end() - first_told));
    std::transform(
        first_told,
        cells.end(),
        std::back_inserter(snapshot.samples),
        [&books](const auto& cell) { return sample_of(cell, books.labels); }
    );
}

std::int64_t shed(const Books& books, std::string_view reason) {
    const Code code = books.labels.find(LabelKind::shed_reason, reason);
    return books.numbers.value(Family::events_shed, no_app, code, 0);
}

}  // namespace

Snapshot take_snapshot(
    const std::string& source, const Books& books, const Deployments& deployments, std::size_t known
) {
    const auto told = [](TimeMs time) { return time == no_time ? std::optional<TimeMs>{} : time; };
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
            sample.last_deployment_ended_ms = told(app.last_deployment_ended);
            sample.last_deployment_ms = told(app.last_deployment_ms);
        }
    }
    add_series(snapshot, books, known);
    const Labels& labels = books.labels;
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
    snapshot.oldest_deployment_start = told(deployments.oldest_start());
    snapshot.shed_disk = shed(books, "disk");
    snapshot.shed_queue = shed(books, "queue");
    return snapshot;
}

}  // namespace tally::model
