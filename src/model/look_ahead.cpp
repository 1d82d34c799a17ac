#include "look_ahead.hpp"

namespace tally::model {

namespace {

/// Its row in the batch, if it has one.
template <class Record, class Row>
const Row* row_of(const Record& record, const std::vector<Row>& rows) {
    return record.changed && record.row < rows.size() ? &rows[record.row] : nullptr;
}

}  // namespace

void LookAhead::ask_for_place(const decode::Event& event, Coming& coming) const {
    coming = {.is_known = !event.entity.empty()};
    if (coming.is_known) {
        coming.key = hash128(event.entity);
        instances_.prefetch_index(coming.key);
        tasks_.prefetch_index(coming.key);
    }
}

void LookAhead::ask_for_record(Coming& coming) const {
    if (!coming.is_known) {
        return;
    }
    coming.instance = instances_.guess(coming.key);
    if (coming.instance != no_slot) {
        instances_.prefetch(coming.instance);
        return;
    }
    coming.task = tasks_.guess(coming.key);
    if (coming.task != no_slot) {
        tasks_.prefetch(coming.task);
    }
}

void LookAhead::ask_for_more(Coming& coming, const Batch& out) const {
    if (coming.instance != no_slot) {
        const Instance& instance = instances_[coming.instance];
        coming.app = instance.app;
        if (const InstanceRow* row = row_of(instance, out.instances)) {
            prefetch(*row);
        }
    } else if (coming.task != no_slot) {
        const Task& task = tasks_[coming.task];
        coming.app = task.app;
        if (!task.idle) {
            instances_.prefetch(task.instance);
        }
        if (const TaskRow* row = row_of(task, out.tasks)) {
            prefetch(*row);
        }
    }
    if (coming.app != 0) {
        books_.apps.prefetch(coming.app);
        books_.numbers.prefetch(coming.app);
    }
}

/// It is compared with what the event says.
void LookAhead::ask_for_text(const Coming& coming, const Batch& out) const {
    if (coming.app != 0) {
        __builtin_prefetch(books_.apps[coming.app].name.data());
        books_.numbers.prefetch_cells(coming.app);
    }
    if (coming.instance != no_slot) {
        if (const InstanceRow* row = row_of(instances_[coming.instance], out.instances)) {
            __builtin_prefetch(row->host.data());
        }
    } else if (coming.task != no_slot) {
        if (const TaskRow* row = row_of(tasks_[coming.task], out.tasks)) {
            __builtin_prefetch(row->host.data());
            __builtin_prefetch(row->version.data());
        }
    }
}

}  // namespace tally::model
