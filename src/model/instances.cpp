#include "instances.hpp"

#include <algorithm>

#include "short_names.hpp"
#include "tally/base/assert.hpp"

namespace tally::model {

namespace condition {

bool is_final(Code code) {
    return code >= first_final && code <= last_final;
}

}  // namespace condition

namespace {

bool begins(Code condition) {
    return condition == condition::created || condition == condition::provisioned;
}

}  // namespace

Slot Instances::find_or_make(
    std::string_view canonical, Apps::Index app, const Moment& now, Batch& out
) {
    const Hash128 key = hash128(canonical);
    const Slot found = pool_.find(key);
    if (found != no_slot) {
        speak_of(found, canonical);
        return found;
    }
    const Slot slot = pool_.insert(key);
    speak_of(slot, canonical);
    pool_[slot].app = app;
    tell_birth(pool_, Birth::Kind::instance, slot, canonical, forgotten_ != 0, out);
    InstanceRow& born = row(slot, out);
    born.born = true;
    born.name = out.names.keep(canonical);
    born.first_seen = now.time;
    settle(slot, now, out);
    return slot;
}

/// The instance's row of this batch; finish() completes it.
InstanceRow& Instances::row(Slot slot, Batch& out) {
    Instance& instance = pool_[slot];
    if (!instance.changed) {
        instance.changed = true;
        instance.row = static_cast<std::uint32_t>(out.instances.size());
        out.instances.emplace_back().slot = slot;
    }
    return out.instances[instance.row];
}

std::string_view Instances::condition_name(Slot slot, Arena& text) const {
    const Code condition = pool_[slot].condition();
    return condition == other_code ? text.keep(other_names_.at(slot))
                                   : books_.labels.name(LabelKind::condition, condition);
}

/// Sees that its row is written, and puts the record on or off the idle list.
void Instances::settle(Slot slot, const Moment& now, Batch& out) {
    Instance& instance = pool_[slot];
    if (!instance.changed) {
        row(slot, out);
    }
    const bool condition_rests =
        instance.condition() == none_code || condition::is_final(instance.condition());
    const bool idle =
        condition_rests && instance.health == Health::unknown && instance.live_tasks() == 0;
    if (!idle) {
        wake(slot);
        if (instance.live.name == NameStore::none) {
            TALLY_ASSERT(spoken_of_ == slot);
            keep_name(slot, spoken_name_);
        }
    } else if (!instance.idle) {
        if (instance.live.name != NameStore::none) {
            names_.drop(instance.live.name);
        }
        pool_.make_idle(slot);
        instance.idle_seq = now.seq;
    }
}

/// It is idle no longer, if it was.
void Instances::wake(Slot slot) {
    if (pool_[slot].idle) {
        pool_.make_busy(slot);
        pool_[slot].live = {};
    }
}

void Instances::keep_name(Slot slot, std::string_view name) {
    Instance& instance = pool_[slot];
    shorten_instance(name, books_.apps, instance.app, short_name_);
    instance.live.name = names_.keep(short_name_);
}

std::string Instances::name_of(Slot slot) const {
    const NameStore::Handle name = pool_[slot].live.name;
    return name == NameStore::none ? std::string() : lengthen_instance(names_[name], books_.apps);
}

void Instances::finish(Batch& out) {
    for (std::size_t at = 0; at < out.instances.size(); ++at) {
        InstanceRow& row = out.instances[at];
        Instance& instance = pool_[row.slot];
        if (!instance.changed || instance.row != at) {
            continue;
        }
        instance.changed = false;
        const Code condition = instance.condition();
        const bool ended = instance.gone || (condition != none_code && condition::is_final(condition));
        row.app = books_.apps[instance.app].row;
        row.condition = condition == none_code && !instance.gone ? std::string_view{}
                                                                 : condition_name(row.slot, out.names);
        row.since = instance.since();
        row.entry = instance.entry;
        row.ended = ended ? row.since : no_time;
        row.last_created = instance.last_created();
        row.health = instance.health;
        row.health_since = instance.health_since;
        row.health_counts_from = ahead_.of(row.slot);
        row.health_ended = instance.health_ended;
        row.has_instance_health = instance.has_instance_health;
        row.idle_seq = instance.idle ? instance.idle_seq : 0;
    }
    pool_.release_freed();
}

void Instances::forget_oldest() {
    while (pool_.idle_count() > idle_max_) {
        const Slot oldest = pool_.idle_front();
        forgotten_ = pool_[oldest].idle_seq;
        other_names_.erase(oldest);
        if (!ahead_.empty()) {
            ahead_.erase(oldest);
        }
        pool_.erase(oldest);
    }
}

void Instances::change(
    Slot slot, Apps::Index app, const Changed& event, const Moment& now, Batch& out
) {
    Instance& instance = pool_[slot];
    const Code to = books_.code(LabelKind::condition, event.condition, out);
    const bool first = instance.condition() == none_code;
    const bool same = is_condition(slot, to, event.condition);
    if (!now.inferred) {
        instance.heard = now.heard();
        // What a snapshot showed may have been so long before: then the time proves nothing.
        if (!same && !first && now.time < instance.since() && instance.entry != Entry::bound) {
            return;  // late: no row beyond the event
        }
    }
    if (InstanceRow& current = row(slot, out); !event.host.empty() && event.host != current.host) {
        current.host = out.names.keep(event.host);
    }
    if (begins(to) && !now.inferred) {
        instance.set_created(now.time);
    }
    if (same) {
        settle(slot, now, out);
        return;
    }
    const std::string_view from = first ? "none" : condition_name(slot, out.text);
    const bool has_dwell = !first && !now.inferred && instance.entry == Entry::observed;
    out.instance_transitions.push_back(
        {.seq = now.seq,
         .time = now.time,
         .instance = slot,
         .app = books_.apps[app].row,
         .from = from,
         .to = to == other_code ? out.text.keep(event.condition)
                                : books_.labels.name(LabelKind::condition, to),
         .dwell_ms = has_dwell ? std::max<TimeMs>(0, now.time - instance.since()) : no_time,
         .host = out.text.keep(event.host),
         .inferred = now.inferred,
         .time_low = now.time_low}
    );
    books_.numbers.add(
        now.inferred ? Family::instance_transitions_inferred : Family::instance_transitions,
        books_.apps.label(app),
        instance.condition(),
        to,
        1
    );
    move_to_app(slot, app, now, out);
    leave_condition(slot, now);
    if (to == other_code) {
        other_names_[slot] = event.condition;
    }
    instance.packed_condition = PackedCode::pack(to);
    count_current(instance, 1);
    if (condition::is_final(to)) {
        end_health(slot, now, out);
    } else {
        instance.health_ended = false;
    }
    settle(slot, now, out);
}

/// From the condition it is in to none, for now, at the time of the next one.
void Instances::leave_condition(Slot slot, const Moment& now) {
    Instance& instance = pool_[slot];
    count_current(instance, -1);
    if (instance.condition() == other_code) {
        other_names_.erase(slot);
    }
    instance.packed_condition = PackedCode::pack(none_code);
    instance.gone = false;
    instance.set_since(now.entered());
    instance.entry = now.entry();
}

/// A final condition stays; without one there is nothing to end but the health.
void Instances::infer_gone(Slot slot, const Moment& now, Batch& out) {
    Instance& instance = pool_[slot];
    if (instance.condition() != none_code && !condition::is_final(instance.condition())) {
        out.instance_transitions.push_back(
            {.seq = now.seq,
             .time = now.time,
             .instance = slot,
             .app = books_.apps[instance.app].row,
             .from = condition_name(slot, out.text),
             .to = "none",
             .inferred = true,
             .time_low = now.time_low}
        );
        books_.numbers.add(
            Family::instance_transitions_inferred,
            books_.apps.label(instance.app),
            instance.condition(),
            none_code,
            1
        );
        leave_condition(slot, now);
        instance.gone = true;
    }
    end_health(slot, now, out);
    settle(slot, now, out);
}

bool Instances::is_condition(Slot slot, Code code, std::string_view name) const {
    return pool_[slot].condition() == code && (code != other_code || other_names_.at(slot) == name);
}

/// Changes the health without a row and moves the app's clocks. Where a snapshot showed it, the time since the last
/// event counts as neither the old nor the new.
void Instances::move_health(Slot slot, Health to, const Moment& now, Batch& out) {
    Instance& instance = pool_[slot];
    if (instance.health == to) {
        return;
    }
    App& app = books_.apps[instance.app];
    const TimeMs clock = books_.health_now();
    const TimeMs ahead = ahead_.of(slot);
    books_.apps.accrue(instance.app, clock, out);
    const TimeMs counted = ahead != no_time ? ahead : clock;
    if (!now.inferred) {
        add_time(instance, counted, now.clock, out);
    }
    app.count(instance.health, -1);
    app.count(to, 1);
    if (ahead != no_time) {
        app.count_ahead(instance.health, -1);
        ahead_.erase(slot);
    }
    const bool counts_nothing = now.inferred && to == Health::unknown;
    const TimeMs from = std::max(counts_nothing ? clock : now.clock, ahead);
    if (from > clock) {
        app.count_ahead(to, 1);
        ahead_.put(slot, from);
    }
    app.health_seen = app.health_seen || to != Health::unknown;
    books_.apps.touch(instance.app);
    instance.health = to;
}

void Instances::catch_up_ahead(TimeMs clock, Batch& out) {
    while (!ahead_.empty() && ahead_.first().first <= clock) {
        const auto [from, slot] = ahead_.first();
        count_from_now(slot, from, out);
    }
}

/// Its time is ahead of the clock no longer.
void Instances::count_from_now(Slot slot, TimeMs from, Batch& out) {
    const Instance& instance = pool_[slot];
    if (instance.health != Health::unknown) {
        books_.apps.accrue(instance.app, from, out);
        books_.apps[instance.app].count_ahead(instance.health, -1);
        books_.apps.touch(instance.app);
    }
    ahead_.erase(slot);
    row(slot, out);  // it says from when on, or nothing: not what an earlier commit happened to say
}

void Instances::reach_gaps(Batch& out) {
    std::deque<HealthClock::Span>& coming = books_.health_clock.coming;
    while (!coming.empty() && coming.front().begin < books_.last_event) {
        const HealthClock::Span gap = coming.front();
        coming.pop_front();
        if (gap.end == no_time) {
            stand(gap.begin, gap.begin, out);
        } else {
            skip(gap.end, gap.begin, out);
        }
    }
}

void Instances::gap_begins(std::uint32_t number, TimeMs begin, Batch& out) {
    if (begin < books_.last_event) {
        stand(begin, books_.health_now(), out);
    } else {
        books_.health_clock.expect({.number = number, .begin = begin});
    }
}

void Instances::gap_ends(TimeMs end) {
    HealthClock& clock = books_.health_clock;
    if (clock.stands()) {
        clock.stopped = no_time;
        clock.floor = std::max(clock.floor, end);
        books_.apps.skip_to(books_.health_now());
    } else if (!clock.coming.empty()) {
        clock.coming.back().end = end;
    }
}

void Instances::gap_was(std::uint32_t number, TimeMs begin, TimeMs end, Batch& out) {
    if (begin == end) {
        return;
    }
    if (begin < books_.last_event) {
        skip(end, books_.health_now(), out);
    } else {
        books_.health_clock.expect({.number = number, .begin = begin, .end = end});
    }
}

/// The clock is in an open gap. What would count only from within it on counts from its end on,
/// like all the others.
void Instances::stand(TimeMs begin, TimeMs counted_until, Batch& out) {
    catch_up_ahead(counted_until, out);
    while (!ahead_.empty()) {
        const Slot slot = ahead_.first().second;
        count_from_now(slot, counted_until, out);
    }
    books_.apps.accrue_all(counted_until, out);
    books_.health_clock.stopped = begin;
}

/// The clock has passed a gap that ended.
void Instances::skip(TimeMs end, TimeMs counted_until, Batch& out) {
    catch_up_ahead(counted_until, out);
    books_.apps.accrue_all(counted_until, out);
    books_.apps.skip_to(end);
    books_.health_clock.floor = std::max(books_.health_clock.floor, end);
    while (!ahead_.empty() && ahead_.first().first <= end) {
        const Slot slot = ahead_.first().second;
        count_from_now(slot, end, out);
    }
}

/// Counts the time of one entity, but not that in gaps ahead of the clock.
void Instances::add_time(const Instance& instance, TimeMs begin, TimeMs end, Batch& out) {
    for (const HealthClock::Span& gap : books_.health_clock.coming) {
        if (gap.begin >= end) {
            break;
        }
        books_.apps.add_time(instance.app, instance.health, begin, gap.begin, out);
        begin = gap.end == no_time ? end : std::max(begin, gap.end);
    }
    books_.apps.add_time(instance.app, instance.health, begin, end, out);
}

/// The gauge of its condition: only what is not final is in the current set.
void Instances::count_current(const Instance& instance, std::int64_t n) {
    if (instance.condition() != none_code && !condition::is_final(instance.condition())) {
        books_.numbers.add(
            Family::instances, books_.apps.label(instance.app), instance.condition(), 0, n
        );
    }
}

/// Its health and its condition go with it.
void Instances::move_to_app(Slot slot, Apps::Index app, const Moment& now, Batch& out) {
    Instance& instance = pool_[slot];
    if (instance.app == app) {
        return;
    }
    const Health health = instance.health;
    move_health(slot, Health::unknown, now, out);
    count_current(instance, -1);
    instance.app = app;
    count_current(instance, 1);
    move_health(slot, health, now, out);
}

void Instances::end_health(Slot slot, const Moment& now, Batch& out) {
    move_health(slot, Health::unknown, now, out);
    pool_[slot].health_since = no_time;
    pool_[slot].health_ended = true;
}

void Instances::set_health(
    Slot slot, Apps::Index app, const HealthEvent& event, const Moment& now, Batch& out
) {
    Instance& instance = pool_[slot];
    instance.heard = now.heard();
    const bool overruled = !event.of_instance && instance.has_instance_health;
    if (event.of_instance && !instance.has_instance_health) {
        instance.has_instance_health = true;
        settle(slot, now, out);
    }
    if (overruled || instance.health_ended || instance.health == event.health) {
        return;
    }
    const Health from = instance.health;
    tell_health(slot, app, event.health, event.entity, now, out);
    if (from == Health::healthy && event.health == Health::unhealthy) {
        ++books_.apps.hour(app, now.time, out).flaps;
    }
    settle(slot, now, out);
}

void Instances::infer_health(
    Slot slot, Apps::Index app, Health health, const EntityRef& entity, const Moment& now, Batch& out
) {
    if (!pool_[slot].health_ended && pool_[slot].health != health) {
        tell_health(slot, app, health, entity, now, out);
        settle(slot, now, out);
    }
}

/// A row of the transition, and the transition.
void Instances::tell_health(
    Slot slot, Apps::Index app, Health to, const EntityRef& entity, const Moment& now, Batch& out
) {
    Instance& instance = pool_[slot];
    const bool has_dwell = instance.health_since != no_time && !now.inferred;
    out.health_transitions.push_back(
        {.seq = now.seq,
         .time = now.time,
         .app = books_.apps[app].row,
         .entity = entity,
         .from = to_string(instance.health),
         .to = to_string(to),
         .dwell_ms =
             has_dwell ? std::max<TimeMs>(0, now.time - instance.health_since) : no_time,
         .inferred = now.inferred,
         .time_low = now.time_low}
    );
    books_.numbers.add(
        now.inferred ? Family::health_transitions_inferred : Family::health_transitions,
        books_.apps.label(app),
        static_cast<Code>(to),
        0,
        1
    );
    move_to_app(slot, app, now, out);
    move_health(slot, to, now, out);
    instance.health_since = now.inferred ? no_time : now.time;  // a dwell from there is not known
}

void Instances::task_began(Slot slot, const Moment& now, Batch& out) {
    wake(slot);
    ++pool_[slot].live.tasks;
    settle(slot, now, out);
}

void Instances::task_ended(Slot slot, bool legacy, const Moment& now, Batch& out) {
    --pool_[slot].live.tasks;
    if (legacy) {
        end_health(slot, now, out);
    }
    settle(slot, now, out);
}

void Instances::revive(Slot slot, const Moment& now, Batch& out) {
    if (pool_[slot].health_ended) {
        pool_[slot].health_ended = false;
        settle(slot, now, out);
    }
}

Slot Instances::restore(const InstanceRow& row) {
    const Slot slot = pool_.insert(hash128(row.name));
    Instance& instance = pool_[slot];
    instance.app = books_.apps.by_row(row.app);
    instance.gone = row.condition == "none" && row.ended != no_time;
    const Code code = row.condition.empty() || instance.gone
                          ? none_code
                          : books_.labels.code(LabelKind::condition, row.condition).code;
    instance.packed_condition = PackedCode::pack(code);
    if (code == other_code) {
        other_names_[slot] = row.condition;
    }
    instance.set_since(row.since);
    instance.entry = row.entry;
    instance.set_created(row.last_created);
    instance.health = row.health;
    instance.health_since = row.health_since;
    instance.health_ended = row.health_ended;
    instance.has_instance_health = row.has_instance_health;
    App& app = books_.apps[instance.app];
    app.count(row.health, 1);
    // In a gap none is ahead; a row from before it may still say so.
    if (!books_.health_clock.stands() && row.health_counts_from > books_.health_now()) {
        app.count_ahead(row.health, 1);
        ahead_.put(slot, row.health_counts_from);
    }
    if (row.idle_seq != 0) {
        pool_.make_idle(slot);
        instance.idle_seq = row.idle_seq;
    } else {
        keep_name(slot, row.name);
    }
    return slot;
}

}  // namespace tally::model
