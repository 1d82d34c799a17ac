#include "record/restore_entities.hpp"

#include <future>

#include <boost/unordered/unordered_flat_map.hpp>

#include "record/stored_rows.hpp"

namespace tally::record {

namespace {

using namespace model;

/// Where the instances are that tasks point to, by row.
class InstanceSlots {
  public:
    explicit InstanceSlots(const StoredRows& rows)
        : begin_(rows.run_begin()), dense_(static_cast<std::size_t>(rows.run_end() - rows.run_begin()), no_slot) {}

    void put(std::int64_t row, Slot slot) {
        if (row >= begin_) {
            dense_[static_cast<std::size_t>(row - begin_)] = slot;
        } else {
            others_.emplace(row, slot);
        }
    }

    /// no_slot for one that is not there.
    [[nodiscard]] Slot operator[](std::int64_t row) const {
        if (row >= begin_) {
            const auto at = static_cast<std::size_t>(row - begin_);
            return at < dense_.size() ? dense_[at] : no_slot;
        }
        const auto other = others_.find(row);
        return other == others_.end() ? no_slot : other->second;
    }

  private:
    std::int64_t begin_;
    std::vector<Slot> dense_;
    boost::unordered_flat_map<std::int64_t, Slot> others_;
};

/// All that is read of tasks or instances: a World is restored from it without the database.
class ReadRows {
  public:
    /// `text` is the column that names a text.
    ReadRows(Database& db, SourceId source, const StoredRows::Table& table, std::size_t text, Seq forgotten)
        : rows_(db, source, table, forgotten) {
        Statement find = db.prepare("SELECT value FROM text WHERE text_id = ?");
        rows_.each([&](const StoredRows::Row& row) {
            const auto [known, is_new] = texts_.try_emplace(row.integer(text));
            if (is_new) {
                find.bind_all(known->first);
                known->second = find.step() ? find.text(0) : std::string_view();
                find.reset();
            }
        });
    }

    [[nodiscard]] const StoredRows& rows() const { return rows_; }
    /// Empty for 0, as NULL is read.
    [[nodiscard]] std::string_view text(std::int64_t id) const { return texts_.at(id); }

  private:
    StoredRows rows_;
    boost::unordered_flat_map<std::int64_t, std::string> texts_;
};

namespace instance {
enum Column {
    app_id, condition_id, since_ms, ended_ms, last_created_ms, health, health_since_ms, health_ended, has_instance_health,
    health_counts_from_ms, since_inferred, width
};
}  // namespace instance

ReadRows read_instances(Database& db, SourceId source, Seq forgotten) {
    return {db, source,
            {.name = "instance",
             .id = "instance_id",
             .end = "idle_seq",
             .numbers = "app_id, condition_id, since_ms, CASE ended WHEN 1 THEN since_ms END, created_after_ms + first_seen_ms, health, health_since_ms, health_ended,"
                        " has_instance_health, health_counts_from_ms, since_inferred",
             .width = instance::width},
            instance::condition_id, forgotten};
}

InstanceSlots restore_instances(const ReadRows& read, Slots& slots, World& world) {
    using namespace instance;
    InstanceSlots by_row(read.rows());
    read.rows().each([&](const StoredRows::Row& row) {
        const Slot slot = world.restore(InstanceRow{.name = row.name,
                                                    .app = static_cast<AppId>(row.integer(app_id)),
                                                    .condition = read.text(row.integer(condition_id)),
                                                    .since = row.time(since_ms),
                                                    .entry = static_cast<Entry>(row.integer(since_inferred)),
                                                    .ended = row.time(ended_ms),
                                                    .last_created = row.time(last_created_ms),
                                                    .health = static_cast<Health>(row.integer(instance::health)),
                                                    .health_since = row.time(health_since_ms),
                                                    .health_counts_from = row.time(health_counts_from_ms),
                                                    .health_ended = row.integer(health_ended) != 0,
                                                    .has_instance_health = row.integer(has_instance_health) != 0,
                                                    .idle_seq = row.end()});
        slots.instances.put(slot, row.id());
        by_row.put(row.id(), slot);
    });
    return by_row;
}

namespace task {
enum Column { instance_id, app_id, state_id, since_ms, ended_ms, staging_ms, started, since_inferred, width };
}  // namespace task

ReadRows read_tasks(Database& db, SourceId source, Seq forgotten) {
    return {db, source,
            {.name = "task",
             .id = "task_id",
             .end = "ended_seq",
             .numbers = "instance_id, app_id, state_id, since_ms, CASE WHEN ended_seq IS NOT NULL THEN since_ms END, staging_after_ms + first_seen_ms, started, since_inferred",
             .width = task::width},
            task::state_id, forgotten};
}

void restore_tasks(const ReadRows& read, Slots& slots, const InstanceSlots& instances, World& world) {
    using namespace task;
    read.rows().each([&](const StoredRows::Row& row) {
        const Slot slot = world.restore(TaskRow{.name = row.name,
                                                .instance = instances[row.integer(instance_id)],
                                                .app = static_cast<AppId>(row.integer(app_id)),
                                                .state = read.text(row.integer(state_id)),
                                                .since = row.time(since_ms),
                                                .entry = static_cast<Entry>(row.integer(since_inferred)),
                                                .ended = row.time(ended_ms),
                                                .staging = row.time(staging_ms),
                                                .started = row.integer(started) != 0,
                                                .ended_seq = row.end()});
        slots.tasks.put(slot, row.id());
    });
}

}  // namespace

/// SQLite has one user at a time: a thread of its own reads the tasks while the instances are restored.
void restore_entities(Database& db, Slots& slots, const SourceRow& source, World& world) {
    const ReadRows instances = read_instances(db, source.source, source.instances_forgotten);
    auto tasks = std::async(std::launch::async, [&] { return read_tasks(db, source.source, source.tasks_forgotten); });
    const InstanceSlots by_row = restore_instances(instances, slots, world);
    restore_tasks(tasks.get(), slots, by_row, world);
}

}  // namespace tally::record
