#include "tally/model/world.hpp"

#include <algorithm>

#include "compare.hpp"
#include "fold.hpp"
#include "look_ahead.hpp"
#include "number_rows.hpp"
#include "take_snapshot.hpp"

namespace tally::model {

namespace {

constexpr TimeMs future_max_ms = 300'000;

}  // namespace

class World::Impl : public Fold {
  public:
    using Fold::Fold;

    LookAhead look_ahead_{books_, instances_, tasks_};
};

World::World(SourceId id, std::string name, Options options, AppId& next_app)
    : impl_(std::make_unique<Impl>(id, std::move(name), options, next_app)) {}

World::~World() = default;

SourceId World::id() const {
    return impl_->books_.source;
}

const std::string& World::name() const {
    return impl_->name_;
}

Stamp World::stamp(std::optional<TimeMs> own, TimeMs wall, bool replay) const {
    const TimeMs last = impl_->books_.last_event;
    const TimeMs received = !replay ? wall : last == no_time ? 0 : last;
    if (own && *own <= wall + future_max_ms) {
        return {.time = *own, .received = received, .own_clock = true};
    }
    return {.time = received, .received = received, .own_clock = false};
}

void World::apply(const decode::Event& event, const Input& input, Batch& out) {
    impl_->apply(event, input, out);
}

void World::expect(const decode::Event& event, const Batch& out) {
    impl_->look_ahead_.expect(event, out);
}

void World::reject(const Rejected& rejected, Batch& out) {
    impl_->rejections_.add(rejected, 0, out);
}

void World::duplicate(std::string_view path) {
    impl_->books_.numbers.add(
        Family::duplicates, no_app, impl_->books_.labels.code(LabelKind::path, path).code, 0, 1
    );
}

void World::observe_lag(TimeMs lag_ms) {
    impl_->books_.numbers.observe(HistogramFamily::stream_lag, 0, std::max<TimeMs>(0, lag_ms));
}

void World::finish(Batch& out) {
    impl_->finish(out);
}

Snapshot World::snapshot(std::size_t known) const {
    return take_snapshot(impl_->name_, impl_->books_, impl_->deployments_, known);
}

void World::restore(const SourceRow& row) {
    impl_->books_.last_event = row.last_event;
    impl_->tasks_.restore_forgotten(row.tasks_forgotten);
    impl_->instances_.restore_forgotten(row.instances_forgotten);
    impl_->deployments_.restore_forgotten(row.deployments_forgotten);
    impl_->stream_.restore(row);
}

void World::apply(const Mark& mark, Seq seq, Batch& out) {
    impl_->apply(mark, seq, out);
}

World::Stream World::stream() const {
    return impl_->stream_.state();
}

std::vector<Difference> World::compare(
    const decode::Snapshot& snapshot, const Comparison& how
) const {
    return model::compare(*impl_, snapshot, how);
}

bool World::has_unsettled_health(const decode::Snapshot& snapshot) const {
    return model::has_unsettled_health(*impl_, snapshot);
}

void World::restore(const SessionRow& row) {
    impl_->stream_.restore(row);
}

void World::restore(const GapRow& row) {
    impl_->stream_.restore(row);
}

void World::restore(const LabelRow& row) {
    for (std::size_t kind = 0; kind < label_kind_count; ++kind) {
        if (Labels::kind_name(static_cast<LabelKind>(kind)) == row.kind) {
            (void)impl_->books_.labels.code(static_cast<LabelKind>(kind), row.name);
        }
    }
}

void World::restore(const AppRow& row) {
    impl_->books_.apps.restore(row);
}

Slot World::restore(const InstanceRow& row) {
    return impl_->instances_.restore(row);
}

Slot World::restore(const TaskRow& row) {
    return impl_->tasks_.restore(row);
}

Slot World::restore(const DeploymentRow& row) {
    return impl_->deployments_.restore(row);
}

void World::restore(const DeploymentStepRow& row) {
    impl_->deployments_.restore(row);
}

void World::restore(const DeploymentAppRow& row) {
    impl_->deployments_.restore(row);
}

void World::restore_refused(TimeMs version) {
    impl_->deployments_.restore_refused(version);
}

void World::restore_rejected(decode::RejectReason reason, TimeMs received, std::int64_t count) {
    impl_->rejections_.restore(reason, received, count);
}

void World::restore(const CellRow& row) {
    restore_number(impl_->books_, row);
}

void World::restore(const HistogramRow& row) {
    restore_number(impl_->books_, row);
}

}  // namespace tally::model
