#include "tasks.hpp"

#include <algorithm>

#include "short_names.hpp"
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
    return task.state() == none_code && task.idle;
}

/// Whether the event is earlier than the state and of lower rank. A state found by a snapshot may have been
/// entered long before; that of a task that comes back is then believed.
bool is_late(const Task& task, Code to, const Moment& now) {
    const bool returns = task.entry == Entry::bound && is_recoverable(task.state()) && to == state::running;
    return now.time < task.since() && rank(to) < rank(task.state()) && !returns;
}

bool is_legacy(const ids::Parsed& id) {
    return id.form == ids::Parsed::Form::legacy_task || id.form == ids::Parsed::Form::none;
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

}  // namespace

Tasks::Updated Tasks::update(
    const Status& status, const Found& found, const Moment& now, Batch& out
) {
    const Code to = books_.code(LabelKind::task_state, status.state, out);
    Slot slot = found.slot;
    if (slot == no_slot || is_gone(pool_[slot])) {
        if (slot == no_slot) {
            slot = first_sight(status, found.key, now, out);
        } else {
            live_again(slot, status, now, out);
        }
        pool_[slot].heard = now.heard();
        enter(slot, status, to, now, out);
        return {.slot = slot, .began = !state::is_final(to)};
    }
    Task& task = pool_[slot];
    if (!task.idle) {
        task.heard = now.heard();
    }
    if (is_state(slot, to, status.state)) {
        refresh(slot, status, out);
        return {.slot = slot};
    }
    if (state::is_final(task.state()) || is_late(task, to, now)) {
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
    } else if (state::is_final(pool_[slot].state()) || is_state(slot, to, status.state)) {
        return;
    } else if (is_gone(pool_[slot])) {
        live_again(slot, status, now, out);
    }
    enter(slot, status, to, now, out);
}

void Tasks::infer_gone(std::string_view task, const Moment& now, Batch& out) {
    const Slot slot = pool_.find(hash128(task));
    if (slot != no_slot && !pool_[slot].idle) {
        enter(slot, {.task = task, .app = pool_[slot].app}, none_code, now, out);
    }
}

Slot Tasks::first_sight(const Status& status, const Hash128& key, const Moment& now, Batch& out) {
    const ids::Parsed parsed = ids::parse(status.task);
    std::string_view canonical = ids::instance_within(status.task, parsed);
    std::string made;
    if (canonical.empty()) {
        canonical = made = ids::instance_of(status.task, parsed);
    }
    const Slot instance = instances_.find_or_make(canonical, status.app, now, out);
    const Slot slot = pool_.insert(key);
    Task& task = pool_[slot];
    task.app = status.app;
    task.instance = instance;
    task.legacy = is_legacy(parsed);
    tell_birth(pool_, Birth::Kind::task, slot, status.task, forgotten_ != 0, out);
    TaskRow& born = row(slot, out);
    born.born = true;
    born.name = out.names.keep(status.task);
    born.first_seen = now.time;
    instances_.task_began(instance, now, out);
    keep_name(slot, status.task, canonical);
    return slot;
}

/// A task that was gone is there again. Its instance may have been forgotten meanwhile.
void Tasks::live_again(Slot slot, const Status& status, const Moment& now, Batch& out) {
    const ids::Parsed parsed = ids::parse(status.task);
    const std::string canonical = ids::instance_of(status.task, parsed);
    const Slot instance = instances_.find_or_make(canonical, status.app, now, out);
    row(slot, out).instance = instance;
    pool_.make_busy(slot);
    pool_[slot].instance = instance;
    pool_[slot].legacy = is_legacy(parsed);
    pool_[slot].heard = {};
    instances_.task_began(instance, now, out);
    keep_name(slot, status.task, canonical);
}

/// It lives: so does its instance, of that name.
void Tasks::keep_name(Slot slot, std::string_view name, std::string_view instance) {
    shorten_task(name, instance, short_name_);
    pool_[slot].name = names_.keep(short_name_);
}

std::string Tasks::name_of(Slot slot) const {
    const Task& task = pool_[slot];
    return lengthen_task(names_[task.name], instances_.name_of(task.instance));
}

/// Absent ones clear nothing. A host or version that the row has already is not kept twice: rows live long.
void Tasks::refresh(Slot slot, const Status& status, Batch& out) {
    TaskRow& current = row(slot, out);
    if (!status.host.empty() && status.host != current.host) {
        current.host = out.names.keep(status.host);
    }
    if (!status.version.empty() && status.version != current.version) {
        current.version = out.names.keep(status.version);
    }
}

void Tasks::enter(Slot slot, const Status& status, Code to, const Moment& now, Batch& out) {
    Task& task = pool_[slot];
    const Code from = task.state();
    const bool first = from == none_code;
    const bool first_sight = first && task.since() == no_time;
    const bool has_dwell = !first && !now.inferred && task.entry == Entry::observed;
    const TimeMs dwell = has_dwell ? std::max<TimeMs>(0, now.time - task.since()) : no_time;
    const bool unexpected = !now.inferred && !is_expected(from, to);

    refresh(slot, status, out);
    out.task_transitions.push_back(
        {.seq = now.seq,
         .time = now.time,
         .task = slot,
         .app = books_.apps[status.app].row,
         .from = first ? "none" : state_name(slot, out.text),
         .to = to == other_code ? out.text.keep(status.state)
                                : books_.labels.name(LabelKind::task_state, to),
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
    task.packed_state = PackedCode::pack(to);
    task.set_since(now.entered());
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
    if (state::is_final(to) || to == none_code) {
        end(slot, now, out);
        return;
    }
    numbers.add(Family::tasks, apps.label(task.app), to, 0, 1);
    instances_.revive(task.instance, now, out);
}

void Tasks::end(Slot slot, const Moment& now, Batch& out) {
    Task& task = pool_[slot];
    instances_.task_ended(task.instance, task.legacy, now, out);
    names_.drop(task.name);
    pool_.make_idle(slot);
    task.ended_seq = now.seq;
    forget_oldest();
}

/// From the earlier of STAGING at first sight and the last Created or Provisioned of the instance.
void Tasks::observe_start(const Task& task, const Moment& now) {
    const TimeMs created = instances_[task.instance].last_created();
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

/// The task's row of this batch; finish() completes it.
TaskRow& Tasks::row(Slot slot, Batch& out) {
    Task& task = pool_[slot];
    if (!task.changed) {
        task.changed = true;
        task.row = static_cast<std::uint32_t>(out.tasks.size());
        TaskRow& fresh = out.tasks.emplace_back();
        fresh.slot = slot;
        // The instance of an ended task may be forgotten, and its slot be another's.
        fresh.instance = task.idle ? no_slot : task.instance;
    }
    return out.tasks[task.row];
}

void Tasks::finish(Batch& out) {
    for (std::size_t at = 0; at < out.tasks.size(); ++at) {
        TaskRow& row = out.tasks[at];
        Task& task = pool_[row.slot];
        if (!task.changed || task.row != at) {
            continue;
        }
        task.changed = false;
        row.app = books_.apps[task.app].row;
        row.state = state_name(row.slot, out.names);
        row.since = task.since();
        row.entry = task.entry;
        row.staging = task.staging;
        row.started = task.started;
        row.ended = task.idle ? task.since() : no_time;
        row.ended_seq = task.idle ? task.ended_seq : 0;
    }
    pool_.release_freed();
}

bool Tasks::is_state(Slot slot, Code code, std::string_view name) const {
    return pool_[slot].state() == code && (code != other_code || other_names_.at(slot) == name);
}

std::string_view Tasks::state_name(Slot slot, Arena& text) const {
    const Code code = pool_[slot].state();
    return code == other_code ? text.keep(other_names_.at(slot))
                              : books_.labels.name(LabelKind::task_state, code);
}

Slot Tasks::restore(const TaskRow& row) {
    const Slot slot = pool_.insert(hash128(row.name));
    Task& task = pool_[slot];
    task.app = books_.apps.by_row(row.app);
    task.instance = row.instance;
    const bool gone = row.state == "none" && row.ended_seq != 0;
    const Code code = gone ? none_code : books_.labels.code(LabelKind::task_state, row.state).code;
    task.packed_state = PackedCode::pack(code);
    if (code == other_code) {
        other_names_[slot] = row.state;
    }
    task.set_since(row.since);
    task.entry = row.entry;
    task.staging = row.staging;
    task.started = row.started;
    if (row.ended_seq != 0) {
        pool_.make_idle(slot);
        task.ended_seq = row.ended_seq;
    } else {
        task.legacy = is_legacy(ids::parse(row.name));
        instances_.restore_live_task(task.instance);
        keep_name(slot, row.name, instances_.name_of(task.instance));
    }
    return slot;
}

}  // namespace tally::model
