#include "model/support/story.hpp"

#include <algorithm>

namespace tally::model {

namespace {

constexpr TimeMs long_after = said::start + TimeMs{3650} * 86'400'000;

}  // namespace

Story::Story(World::Options options)
    : options_(options),
      world_(std::make_unique<World>(1, "test", options, *next_app_)),
      ledger_(options) {}

void Story::apply(
    const decode::Event& event, const Stamp& stamp, std::uint64_t connection, bool replay
) {
    world_->apply(
        event,
        {.seq = ++seq_, .stamp = stamp, .connection = connection, .replay = replay, .body = "{}"},
        batch_
    );
    told_ = true;
}

void Story::hear_from(std::uint64_t file, const decode::Event& event) {
    apply(event, world_->stamp(event.timestamp, long_after, true), file, true);
}

void Story::hear_live(const decode::Event& event, TimeMs wall) {
    apply(event, world_->stamp(event.timestamp, wall, false), 1, false);
}

void Story::hear_on(std::uint64_t connection, const decode::Event& event, TimeMs wall) {
    apply(event, world_->stamp(event.timestamp, wall, false), connection, false);
}

std::vector<Difference> Story::reconcile(
    const decode::Snapshot& snapshot, const World::Comparison& how
) {
    const Mark mark{
        .kind = Mark::Kind::reconciled,
        .time = how.sent,
        .cause = "ok",
        .differences = world_->compare(snapshot, how)};
    this->mark(mark);
    return mark.differences;
}

void Story::mark(const Mark& mark) {
    world_->apply(mark, seq_ + 1, batch_);
    seq_ += mark.seqs();
    EXPECT_EQ(batch_.last_seq, seq_);
    told_ = true;
}

void Story::reject(decode::RejectReason reason, std::string_view sample, TimeMs received) {
    world_->reject(
        {.reason = reason, .received = received, .what = "fault", .sample = sample}, batch_
    );
    told_ = true;
}

void Story::cut() {
    if (!told_) {
        return;
    }
    world_->finish(batch_);
    ledger_.absorb(batch_);
    batch_.clear();
    told_ = false;
}

Story Story::restarted() {
    cut();
    Story next(options_);
    next.ledger_ = ledger_;
    next.ledger_.restore(*next.world_);
    next.seq_ = seq_;
    return next;
}

Ledger& Story::ledger() {
    cut();
    return ledger_;
}

std::vector<std::string> Story::transitions(std::string_view task) {
    return ledger().texts("task_transition", task);
}

std::vector<std::string> Story::late(std::string_view task) {
    return ledger().texts("task_late", task);
}

std::vector<std::string> Story::instance_transitions(std::string_view instance) {
    return ledger().texts("instance_transition", instance);
}

std::vector<std::string> Story::health(std::string_view entity) {
    return ledger().texts("health_transition", entity);
}

std::vector<std::string> Story::corrections(std::string_view deployment) {
    return ledger().texts("correction", deployment);
}

Ledger::Hour Story::hour(const std::string& app, std::chrono::hours after) {
    const auto& hours = ledger().hours;
    const auto found = hours.find({app, said::at(after)});
    return found == hours.end() ? Ledger::Hour{} : found->second;
}

std::int64_t Story::number(Family family, SeriesLabels labels) const {
    const Snapshot snapshot = world_->snapshot();
    std::int64_t value = -1;
    for (const Sample& sample : snapshot.samples) {
        const std::string_view app =
            sample.app == no_app ? std::string_view{} : snapshot.apps[sample.app].label;
        if (sample.family == family && app == labels.app && sample.a == labels.a &&
            sample.b == labels.b) {
            EXPECT_EQ(value, -1) << "the series is there twice";
            value = sample.value;
        }
    }
    return value;
}

std::uint64_t Story::observed(HistogramFamily family, std::string_view a) const {
    std::uint64_t count = 0;
    for (const HistogramSample& sample : world_->snapshot().histograms) {
        for (const std::uint64_t in_bucket : sample.counts) {
            count += sample.family == family && sample.a == a ? in_bucket : 0;
        }
    }
    return count;
}

TimeMs Story::observed_sum(HistogramFamily family, std::string_view a) const {
    TimeMs sum = 0;
    for (const HistogramSample& sample : world_->snapshot().histograms) {
        sum += sample.family == family && sample.a == a ? sample.sum_ms : 0;
    }
    return sum;
}

AppSample Story::app(std::string_view label) const {
    for (const AppSample& sample : world_->snapshot().apps) {
        if (sample.label == label) {
            return sample;
        }
    }
    ADD_FAILURE() << "no app " << label;
    return {};
}

std::vector<std::string> Story::snapshot() const {
    const Snapshot snapshot = world_->snapshot();
    const auto str = [](auto number) { return std::to_string(number) + " "; };
    const auto perhaps = [&str](const std::optional<TimeMs>& time) {
        return time ? str(*time) : "- ";
    };
    std::vector<std::string> lines;
    for (const Sample& sample : snapshot.samples) {
        const std::string app =
            sample.app == no_app ? "" : std::string(snapshot.apps[sample.app].label);
        lines.push_back(
            "sample " + str(static_cast<int>(sample.family)) + app + "|" + std::string(sample.a) +
            "|" + std::string(sample.b) + " = " + str(sample.value)
        );
    }
    for (const HistogramSample& sample : snapshot.histograms) {
        std::string line =
            "histogram " + str(static_cast<int>(sample.family)) + std::string(sample.a) + " ";
        for (const std::uint64_t count : sample.counts) {
            line += str(count);
        }
        lines.push_back(line + str(sample.sum_ms));
    }
    for (const AppSample& sample : snapshot.apps) {
        lines.push_back(
            "app " + std::string(sample.label) + " " + str(sample.ended) +
            str(sample.ended ? sample.last_received : 0) + str(sample.unhealthy_now) +
            str(sample.health_seen) + str(sample.unhealthy_ms) + str(sample.observed_ms) +
            perhaps(sample.last_deployment_ms) + perhaps(sample.last_deployment_ended_ms)
        );
    }
    lines.push_back(
        "deployments " + str(snapshot.deployments_running) +
        perhaps(snapshot.oldest_deployment_start)
    );
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace tally::model
