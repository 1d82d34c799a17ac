#include "record/row_sweeper.hpp"

#include <fmt/format.h>

namespace tally::record {

namespace {

constexpr std::int64_t rows_at_once = 20'000;
constexpr std::int64_t removed_at_once = 2000;
constexpr std::size_t chosen_max = 100'000;

/// Of a row whose end lies where the checkpoint ?1 had forgotten.
std::string is_forgotten(std::string_view table, std::string_view end, std::string_view forgotten) {
    return fmt::format("{1} > 0 AND {1} <= (SELECT {2} FROM checkpoint_source c WHERE c.seq = ?1 AND c.source_id = {0}.source_id)",
                       table, end, forgotten);
}

}  // namespace

RowSweeper::RowSweeper(Database& db)
    : last_(db.prepare("SELECT max((SELECT coalesce(max(task_id), 0) FROM task), (SELECT coalesce(max(instance_id), 0) FROM instance))")),
      inputs_(db.prepare(fmt::format("SELECT seq, task_id, subject, entity FROM input WHERE seq > ? ORDER BY seq LIMIT {}", rows_at_once))),
      task_rows_(db.prepare(fmt::format("SELECT task_id, instance_id FROM task WHERE task_id > ? ORDER BY task_id LIMIT {}", rows_at_once))) {
    const std::string task = is_forgotten("task", "ended_seq", "tasks_forgotten");
    const std::string instance = is_forgotten("instance", "idle_seq", "instances_forgotten");
    const auto choose = [&](std::string_view table, const std::string& which) {
        return db.prepare(fmt::format("SELECT {0}_id FROM {0} WHERE {0}_id > ?2 AND {0}_id <= ?2 + {1} AND {2}", table, rows_at_once, which));
    };
    choose_tasks_ = choose("task", task);
    choose_instances_ = choose("instance", instance);
    remove_task_ = db.prepare("DELETE FROM task WHERE task_id = ?2 AND " + task);
    remove_instance_ = db.prepare("DELETE FROM instance WHERE instance_id = ?2 AND " + instance);
}

bool RowSweeper::go_on(model::Seq checkpoint) {
    if (checkpoint_ != checkpoint) {
        checkpoint_ = checkpoint;
        step_ = Step::choose;
        chosen_ = 0;
        tasks_.clear();
        instances_.clear();
    }
    // What came since the last look is looked at before anything is removed.
    switch (step_) {
        case Step::choose:
            choose();
            break;
        case Step::remove_tasks:
            if (look_at_inputs()) {
                remove(tasks_, remove_task_, Step::remove_instances);
            }
            break;
        case Step::remove_instances:
            if (look_at_inputs() && look_at_tasks()) {
                remove(instances_, remove_instance_, Step::choose);
            }
            break;
        case Step::done:
            break;
    }
    return step_ != Step::done;
}

void RowSweeper::choose() {
    const auto take = [this](Statement& from, Rows& into) {
        from.bind_all(checkpoint_, chosen_);
        while (from.step()) {
            into.insert(from.integer(0));
        }
        from.reset();
    };
    take(choose_tasks_, tasks_);
    take(choose_instances_, instances_);
    chosen_ += rows_at_once;
    const bool is_end = !last_.step() || last_.integer(0) <= chosen_;
    last_.reset();
    const std::size_t count = tasks_.size() + instances_.size();
    if (count >= chosen_max || (is_end && count != 0)) {
        step_ = Step::remove_tasks;
        seen_seq_ = 0;
        seen_task_ = 0;
    } else if (is_end) {
        step_ = Step::done;
    }
}

/// As input.subject has it.
void RowSweeper::see(std::int64_t whom) {
    constexpr std::int64_t kinds = 3;
    if ((whom & kinds) == 1) {
        tasks_.erase(whom >> 2);
    } else if ((whom & kinds) == 2) {
        instances_.erase(whom >> 2);
    }
}

/// True: to the last one.
bool RowSweeper::look_at_inputs() {
    std::int64_t count = 0;
    inputs_.bind_all(seen_seq_);
    for (; inputs_.step(); ++count) {
        seen_seq_ = inputs_.integer(0);
        tasks_.erase(inputs_.integer(1));
        see(inputs_.integer(2));
        see(inputs_.integer(3));
    }
    inputs_.reset();
    return count < rows_at_once;
}

/// The same. (A task that is there and gets another instance is heard of, and that instance lives.)
bool RowSweeper::look_at_tasks() {
    std::int64_t count = 0;
    task_rows_.bind_all(seen_task_);
    for (; task_rows_.step(); ++count) {
        seen_task_ = task_rows_.integer(0);
        instances_.erase(task_rows_.integer(1));
    }
    task_rows_.reset();
    return count < rows_at_once;
}

void RowSweeper::remove(Rows& rows, Statement& statement, Step next) {
    std::int64_t removed = 0;
    for (auto row = rows.begin(); row != rows.end() && removed < removed_at_once; ++removed) {
        statement.run(checkpoint_, *row);
        rows.erase(row++);
    }
    step_ = rows.empty() ? next : step_;
}

}  // namespace tally::record
