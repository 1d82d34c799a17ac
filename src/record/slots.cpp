#include "record/slots.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "record/schema.hpp"

namespace tally::record {

void SlotRows::put(model::Slot slot, std::int64_t row) {
    if (slot >= rows_.size()) {
        rows_.resize(std::max<std::size_t>(slot + 1, rows_.size() + rows_.size() / 2));
    }
    rows_[slot] = row;
}

Births::Table::Table(Database& db, std::string_view table, std::string_view id)
    : find(db.prepare(fmt::format("SELECT {} FROM {} WHERE name = ? AND source_id = ?", id, table))) {
    Statement greatest = db.prepare(fmt::format("SELECT max({}) FROM {}", id, table));
    last = greatest.step() ? greatest.integer(0) : 0;
}

Births::Births(Database& db)
    : db_(db),
      tasks_(db, "task", "task_id"),
      instances_(db, "instance", "instance_id"),
      deployments_(db, "deployment", "deployment_id") {}

void Births::take(const model::Birth& birth, model::SourceId source, Table& table, SlotRows& rows) {
    std::int64_t row = 0;
    if (birth.again != model::no_slot) {
        row = rows[birth.again];
        rows.set_over(birth.again);
    } else if (birth.may_be_known) {
        table.find.bind_all(birth.name, source);
        row = table.find.step() ? table.find.integer(0) : 0;
        table.find.reset();
    }
    if (row != 0) {
        rows.set_known(birth.slot);
    } else {
        row = ++table.last;
    }
    rows.put(birth.slot, row);
}

void Births::take(const model::Batch& batch, Slots& slots) {
    using Kind = model::Birth::Kind;
    for (const model::Birth& birth : batch.births) {
        if (birth.may_be_known && !have_names_) {
            db_.execute(name_indices_sql);  // a bulk load has left them for later
            have_names_ = true;
        }
        switch (birth.kind) {
            case Kind::task:
                take(birth, batch.source, tasks_, slots.tasks);
                break;
            case Kind::instance:
                take(birth, batch.source, instances_, slots.instances);
                break;
            case Kind::deployment:
                take(birth, batch.source, deployments_, slots.deployments);
                break;
        }
    }
}

}  // namespace tally::record
