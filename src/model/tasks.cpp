#include "tasks.hpp"

#include <algorithm>

#include "tally/base/ids.hpp"

namespace tally::model {

namespace state {

bool is_final(Code code) {
    return code >= finished && code <= gone;
}

bool is_recoverable(Code code) {
    return code >= lost && code <= gone_by_operator;
}

int rank(Code code) {
    if (code == staging) {
        return 1;
    }
    if (code == starting) {
        return 2;
    }
    if (is_final(code)) {
        return 5;
    }
    return code == killing || is_recoverable(code) ? 4 : 3;
}

}  // namespace state

namespace {
using state::is_recoverable;
using state::rank;

/// Found gone by a snapshot: in state none, which before the first sight has no end.
bool is_gone(const Task& task) {
    return task.state == none_code && task.ended_seq != 0;
}

bool has_ended(const Task& task) {
    return task.ended_seq != 0;
}

/// Whether the event is earlier than the state and of lower rank. A state found by a snapshot may have been
/// entered long before; that of a task that comes back is then believed.
bool is_late(const Task& task, Code to, const Moment& now) {
    const bool returns = task.entry == Entry::bound && is_recoverable(task.state) && to == state::running;
    return now.time < task.since && rank(to) < rank(task.state) && !returns;
}

bool is_expected(Code from, Code to) {
    if (from == none_code || state::is_final(to) || is_recoverable(to)) {
        return true;  // from is never final here
    }
    if (from == state::staging) {
        return to == state::starting || to == state::running || to == state::killing;
    }
    if (from == state::starting || is_recoverable(from)) {
        return to == state::running || to == state::killing;
    }
    return from == state::running && to == state::killing;
}

/// Absent ones clear nothing. A host or version that the row has already is not kept twice: rows live long.
void refresh(TaskRow& row, const Tasks::Status& status, Batch& out) {
    if (!status.host.empty() && status.host != row.host) {
        row.host = out.names.keep(status.host);
    }
    if (!status.version.empty() && status.version != row.version) {
        row.version = out.names.keep(status.version);
    }
}

}  // namespace

Tasks::Updated Tasks::update(const Status& status, const Moment& now, Batch& out) {
    const Hash128 key = hash128(status.task);
    const Code to = books_.code(LabelKind::task_state, status.state, out);
    Slot slot = pool_.find(key);
    if (slot == no_slot) {
        slot = first_sight(status, key, now, out);
        pool_[slot].heard = now.heard();
        enter(slot, status, to, now, out);
        return {.slot = slot, .began = !state::is_final(to)};
    }
    Task& task = pool_[slot];
    task.heard = now.heard();
    if (is_gone(task)) {
        live_again(slot, status, now, out);
        enter(slot, status, to, now, out);
        return {.slot = slot, .began = !state::is_final(to)};
    }
    if (is_state(slot, to, status.state)) {
        refresh(row(slot, out), status, out);
        return {.slot = slot};
    }
    if (state::is_final(task.state) || is_late(task, to, now)) {
        out.task_late_events.push_back(
            {.seq = now.seq,
             .time = now.time,
             .task = slot,
             .app = books_.apps[status.app].row,
             .from = state_name(slot, out.text),
             .to = out.text.keep(status.state)}
        );
        books_.numbers.add(Family::task_late_events, books_.apps.label(status.app), 0, 0, 1);
        return {.slot = slot};
    }
    enter(slot, status, to, now, out);
    return {.slot = slot};
}

void Tasks::infer(const Status& status, const Moment& now, Batch& out) {
    const Hash128 key = hash128(status.task);
    const Code to = books_.code(LabelKind::task_state, status.state, out);
    Slot slot = pool_.find(key);
    if (slot == no_slot) {
        slot = first_sight(status, key, now, out);
    } else if (state::is_final(pool_[slot].state) || is_state(slot, to, status.state)) {
        return;
    } else if (is_gone(pool_[slot])) {
        live_again(slot, status, now, out);
    }
    enter(slot, status, to, now, out);
}

void Tasks::infer_gone(std::string_view task, const Moment& now, Batch& out) {
    const Slot slot = pool_.find(hash128(task));
    if (slot != no_slot && !has_ended(pool_[slot])) {
        enter(slot, {.task = task, .app = pool_[slot].app}, none_code, now, out);
    }
}

Slot Tasks::first_sight(const Status& status, const Hash128& key, const Moment& now, Batch& out) {
    const std::string instance = ids::instance_of(status.task);
    const auto form = ids::parse(status.task).form;
    const Slot instance_slot = instances_.find_or_make(instance, status.app, now, out);
    const Slot slot = pool_.insert(key);
    Task& task = pool_[slot];
    task.app = status.app;
    task.instance = instance_slot;
    task.legacy = form == ids::Parsed::Form::legacy_task || form == ids::Parsed::Form::none;
    tell_birth(pool_, Birth::Kind::task, slot, status.task, forgotten_ != 0, out);
    TaskRow& born = row(slot, out);
    born.born = true;
    born.name = out.names.keep(status.task);
    born.first_seen = now.time;
    names_.keep(slot, status.task);
    instances_.task_began(instance_slot, now, out);
    return slot;
}

/// A task that was gone is there again. Its instance may have been forgotten meanwhile.
void Tasks::live_again(Slot slot, const Status& status, const Moment& now, Batch& out) {
    const Slot instance =
        instances_.find_or_make(ids::instance_of(status.task), status.app, now, out);
    TaskRow& current = row(slot, out);
    current.instance = pool_[slot].instance = instance;
    current.ended = no_time;
    current.ended_seq = pool_[slot].ended_seq = 0;
    pool_.make_busy(slot);
    names_.keep(slot, status.task);
    instances_.task_began(instance, now, out);
}

void Tasks::enter(Slot slot, const Status& status, Code to, const Moment& now, Batch& out) {
    Task& task = pool_[slot];
    const Code from = task.state;
    const bool first = from == none_code;
    const bool first_sight = first && task.since == no_time;
    const auto to_name = [&](Arena& text) {
        return to == other_code ? text.keep(status.state)
                                : books_.labels.name(LabelKind::task_state, to);
    };
    const bool has_dwell = !first && !now.inferred && task.entry == Entry::observed;
    const TimeMs dwell = has_dwell ? std::max<TimeMs>(0, now.time - task.since) : no_time;
    const bool unexpected = !now.inferred && !is_expected(from, to);

    TaskRow& current = row(slot, out);
    refresh(current, status, out);
    out.task_transitions.push_back(
        {.seq = now.seq,
         .time = now.time,
         .task = slot,
         .app = books_.apps[status.app].row,
         .from = first ? "none" : state_name(slot, out.text),
         .to = to_name(out.text),
         .dwell_ms = dwell,
         .host = out.text.keep(status.host),
         .version = out.text.keep(status.version),
         .message = out.text.keep(status.message),
         .unexpected = unexpected,
         .inferred = now.inferred,
         .time_low = now.time_low}
    );

    const Apps& apps = books_.apps;
    Numbers& numbers = books_.numbers;
    numbers.add(
        now.inferred ? Family::task_transitions_inferred : Family::task_transitions,
        apps.label(status.app),
        from,
        to,
        1
    );
    if (unexpected) {
        numbers.add(Family::task_unexpected, no_app, from, to, 1);
    }
    if (has_dwell) {
        numbers.observe(HistogramFamily::task_state_duration, from, dwell);
    }
    if (!first) {
        numbers.add(Family::tasks, apps.label(task.app), from, 0, -1);
    }
    if (from == other_code) {
        other_names_.erase(slot);
    }
    if (to == other_code) {
        other_names_[slot] = status.state;
    }
    task.app = status.app;
    task.state = to;
    task.since = now.entered();
    task.entry = now.entry();
    if (now.inferred) {
        // Whether it has been RUNNING where nobody listened is not known: no start of it is observed later.
        task.started = task.started || to == none_code || rank(to) >= rank(state::running);
    } else if (first_sight && to == state::staging) {
        task.staging = now.time;
    } else if (to == state::running && !task.started) {
        observe_start(task, now);
        task.started = true;
    }
    current.app = apps[task.app].row;
    current.instance = task.instance;
    current.state = to_name(out.names);
    current.since = task.since;
    current.entry = task.entry;
    current.staging = task.staging;
    current.started = task.started;
    if (state::is_final(to) || to == none_code) {
        end(slot, now, out);
        return;
    }
    numbers.add(Family::tasks, apps.label(task.app), to, 0, 1);
    instances_.revive(task.instance, now, out);
}

void Tasks::end(Slot slot, const Moment& now, Batch& out) {
    Task& task = pool_[slot];
    task.ended_seq = now.seq;
    TaskRow& current = row(slot, out);
    current.ended = task.since;
    current.ended_seq = now.seq;
    names_.drop(slot);
    instances_.task_ended(task.instance, task.legacy, now, out);
    pool_.make_idle(slot);
    forget_oldest();
}

/// From the earlier of STAGING at first sight and the last Created or Provisioned of the instance.
void Tasks::observe_start(const Task& task, const Moment& now) {
    const TimeMs created = instances_[task.instance].last_created;
    TimeMs begin = task.staging;
    if (begin == no_time || (created != no_time && created < begin)) {
        begin = created;
    }
    if (begin == no_time) {
        return;
    }
    const TimeMs start = std::max<TimeMs>(0, now.time - begin);
    const Apps::Index label = books_.apps.label(task.app);
    books_.numbers.observe(HistogramFamily::task_start_duration, 0, start);
    books_.numbers.add(Family::app_task_starts, label, 0, 0, 1);
    books_.numbers.add(Family::app_task_start_ms, label, 0, 0, start);
}

void Tasks::forget_oldest() {
    if (pool_.idle_count() > ended_max_) {
        const Slot oldest = pool_.idle_front();
        forgotten_ = pool_[oldest].ended_seq;
        other_names_.erase(oldest);
        pool_.erase(oldest);
    }
}

/// The task's row of this batch. A row that is new in the batch starts from the record.
TaskRow& Tasks::row(Slot slot, Batch& out) {
    Task& task = pool_[slot];
    if (task.row >= out.tasks.size() || out.tasks[task.row].slot != slot) {
        task.row = static_cast<std::uint32_t>(out.tasks.size());
        TaskRow& fresh = out.tasks.emplace_back();
        fresh.slot = slot;
        // The instance of an ended task may be forgotten, and its slot be another's.
        fresh.instance = has_ended(task) ? no_slot : task.instance;
        fresh.app = books_.apps[task.app].row;
        fresh.state = task.state == none_code && !has_ended(task) ? std::string_view{}
                                                                  : state_name(slot, out.names);
        fresh.since = task.since;
        fresh.entry = task.entry;
        fresh.staging = task.staging;
        fresh.started = task.started;
        fresh.ended = has_ended(task) ? task.since : no_time;
        fresh.ended_seq = task.ended_seq;
    }
    return out.tasks[task.row];
}

bool Tasks::is_state(Slot slot, Code code, std::string_view name) const {
    return pool_[slot].state == code && (code != other_code || other_names_.at(slot) == name);
}

std::string_view Tasks::state_name(Slot slot, Arena& text) const {
    const Code code = pool_[slot].state;
    return code == other_code ? text.keep(other_names_.at(slot))
                              : books_.labels.name(LabelKind::task_state, code);
}

Slot Tasks::restore(const TaskRow& row) {
    const Slot slot = pool_.insert(hash128(row.name));
    const auto form = ids::parse(row.name).form;
    Task& task = pool_[slot];
    task.app = books_.apps.by_row(row.app);
    task.instance = row.instance;
    const bool gone = row.state == "none" && row.ended_seq != 0;
    task.state = gone ? none_code : books_.labels.code(LabelKind::task_state, row.state).code;
    if (task.state == other_code) {
        other_names_[slot] = row.state;
    }
    task.legacy = form == ids::Parsed::Form::legacy_task || form == ids::Parsed::Form::none;
    task.since = row.since;
    task.entry = row.entry;
    task.staging = row.staging;
    task.started = row.started;
    task.ended_seq = row.ended_seq;
    if (has_ended(task)) {
        pool_.make_idle(slot);
    } else {
        names_.keep(slot, row.name);
        instances_.restore_live_task(task.instance);
    }
    return slot;
}

}  // namespace tally::model
