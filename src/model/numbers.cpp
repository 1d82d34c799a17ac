#include "numbers.hpp"

#include <algorithm>

#include "tally/base/assert.hpp"

namespace tally::model {

namespace {

using enum LabelKind;

constexpr std::array<FamilyLabels, family_count> family_labels{{
    {"events", false, event_type, nothing},
    {"rejected", false, reason, nothing},
    {"duplicates", false, path, nothing},
    {"task_transitions", true, task_state, task_state},
    {"task_late_events", true, nothing, nothing},
    {"task_unexpected", false, task_state, task_state},
    {"unknown_terminations", true, nothing, nothing},
    {"framework_messages", false, nothing, nothing},
    {"framework_message_bytes", false, nothing, nothing},
    {"tasks", true, task_state, nothing},
    {"instance_transitions", true, LabelKind::condition, LabelKind::condition},
    {"instances", true, LabelKind::condition, nothing},
    {"deployments", false, LabelKind::outcome, deployment_kind},
    {"app_deployments", true, LabelKind::outcome, nothing},
    {"deployment_corrections", false, LabelKind::outcome, LabelKind::outcome},
    {"health_check_failures", true, protocol, nothing},
    {"health_transitions", true, health, nothing},
    {"unhealthy_kills", true, nothing, nothing},
    {"api_calls", false, verb, nothing},
    {"group_changes", false, result, nothing},
    {"scheduler_events", false, scheduler_event, nothing},
    {"app_task_starts", true, nothing, nothing},
    {"app_task_start_ms", true, nothing, nothing},
    {"task_transitions_inferred", true, task_state, task_state},
    {"instance_transitions_inferred", true, LabelKind::condition, LabelKind::condition},
    {"deployments_inferred", false, LabelKind::outcome, deployment_kind},
    {"health_transitions_inferred", true, health, nothing},
    {"stream_reconnects", false, cause, nothing},
    {"stream_gaps", false, nothing, nothing},
    {"stream_gap_ms", false, nothing, nothing},
    {"stream_observed_ms", false, nothing, nothing},
    {"events_shed", false, shed_reason, nothing},
    {"reconciliations", false, reconcile_result, nothing},
    {"reconcile_differences", false, difference, nothing},
}};

constexpr std::array<HistogramLabels, histogram_family_count> histogram_labels{{
    {"task_state_duration", task_state},
    {"task_start_duration", nothing},
    {"deployment_duration", LabelKind::outcome},
    {"step_duration", action},
    {"stream_lag", nothing},
}};

/// States of the same name share a series.
Code series_of(Code code) {
    return code == sent_none_code ? none_code : code;
}

}  // namespace

const FamilyLabels& labels_of(Family family) {
    return family_labels[static_cast<std::size_t>(family)];
}

const HistogramLabels& labels_of(HistogramFamily family) {
    return histogram_labels[static_cast<std::size_t>(family)];
}

std::string_view to_string(HistogramFamily family) {
    return labels_of(family).name;
}

const std::vector<TimeMs>& Buckets::of(HistogramFamily family) const {
    switch (family) {
        case HistogramFamily::task_state_duration:
        case HistogramFamily::task_start_duration:
            return task_state;
        case HistogramFamily::deployment_duration:
        case HistogramFamily::step_duration:
            return deployment;
        case HistogramFamily::stream_lag:
            break;
    }
    return lag;
}

Numbers::Numbers(Buckets buckets) : buckets_(std::move(buckets)) {}

void CellIndex::add(std::uint32_t key, std::uint32_t cell) {
    if (++count_ * 4 > entries_.size() * 3) {
        grow();
    }
    entries_[place_of(key)] = {.key = key, .cell = cell};
}

void CellIndex::grow() {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old) {
        if (entry.cell != none) {
            entries_[place_of(entry.key)] = entry;
        }
    }
}

void Numbers::add(Family family, AppIndex app, Code a, Code b, std::int64_t n) {
    a = series_of(a);
    b = series_of(b);
    CellIndex& index = index_of(app);
    const std::uint32_t key = CellIndex::key_of(family, a, b);
    std::uint32_t number = index.find(key);
    if (number == CellIndex::none) {
        number = static_cast<std::uint32_t>(cells_.size());
        cells_.push_back({.family = family, .born = true, .app = app, .a = a, .b = b});
        index.add(key, number);
    }
    Cell& cell = cells_[number];
    cell.value += n;
    if (!cell.dirty) {
        cell.dirty = true;
        dirty_.push_back(number);
    }
}

std::int64_t Numbers::value(Family family, AppIndex app, Code a, Code b) const {
    if (app != no_app && app >= by_app_.size()) {
        return 0;
    }
    const CellIndex& index = app == no_app ? without_app_ : by_app_[app];
    const std::uint32_t number = index.find(CellIndex::key_of(family, a, b));
    return number == CellIndex::none ? 0 : cells_[number].value;
}

Numbers::Histogram& Numbers::histogram(HistogramFamily family, Code a) {
    std::uint8_t& index = histogram_index_[static_cast<std::size_t>(family)][a & 0xFF];
    if (index == 0) {
        histograms_.push_back({.family = family, .a = a, .counts = {}});
        histograms_.back().counts.resize(buckets_.of(family).size() + 1);
        index = static_cast<std::uint8_t>(histograms_.size());
    }
    return histograms_[index - 1];
}

void Numbers::observe(HistogramFamily family, Code a, TimeMs value) {
    const std::vector<TimeMs>& bounds = buckets_.of(family);
    Histogram& target = histogram(family, series_of(a));
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
    ++target.counts[static_cast<std::size_t>(bucket)];
    target.sum_ms += value;
    target.dirty = true;
}

void Numbers::restore(std::uint32_t index, const Cell& cell) {
    TALLY_ASSERT(index == cells_.size());
    index_of(cell.app).add(CellIndex::key_of(cell.family, cell.a, cell.b), index);
    cells_.push_back(cell);
}

void Numbers::restore(Histogram restored, std::span<const TimeMs> old_bounds) {
    Histogram& target = histogram(restored.family, restored.a);
    target.sum_ms = restored.sum_ms;
    target.mixed = restored.mixed;
    const std::vector<TimeMs>& bounds = buckets_.of(restored.family);
    if (std::equal(old_bounds.begin(), old_bounds.end(), bounds.begin(), bounds.end()) &&
        restored.counts.size() == target.counts.size()) {
        target.counts = std::move(restored.counts);
        return;
    }
    target.mixed = true;
    target.dirty = true;
    for (std::size_t i = 0; i < restored.counts.size(); ++i) {
        const auto bucket = i < old_bounds.size()
                                ? std::lower_bound(bounds.begin(), bounds.end(), old_bounds[i])
                                : bounds.end();
        target.counts[static_cast<std::size_t>(bucket - bounds.begin())] += restored.counts[i];
    }
}

}  // namespace tally::model
