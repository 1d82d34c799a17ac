#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "apps.hpp"
#include "heard.hpp"
#include "labels.hpp"
#include "numbers.hpp"
#include "tally/model/facts.hpp"
#include "tally/model/world.hpp"

namespace tally::model {

/// What a time is to the intervals of health: the source's clock leaves out the gaps of its stream,
/// in which nobody saw how healthy anything was (semantics.md section 5). Gaps are told in wall
/// time, the clock is that of the events: a gap counts as one when the clock gets there, and never
/// if it does not.
struct HealthClock {
    struct Span {
        std::uint32_t number = 0;
        TimeMs begin = no_time;
        TimeMs end = no_time;  ///< no_time: open
    };

    static constexpr std::uint32_t coming_max = 64;

    TimeMs stopped = no_time;  ///< the clock is in an open gap: its begin, and nothing counts
    TimeMs floor =
        no_time;  ///< the end of the last gap it has passed: what lies before counts no more
    std::deque<Span> coming;  ///< gaps that begin at the clock or behind it, of the last 64; only
                              ///< the last may be open

    [[nodiscard]] bool stands() const { return stopped != no_time; }

    [[nodiscard]] TimeMs at(TimeMs time) const {
        return stands() ? stopped : std::max(time, floor);
    }

    void expect(const Span& span) { coming.push_back(span); }

    /// Gaps up to that number have begun.
    void keep_bound(std::uint32_t last_number) {
        while (!coming.empty() && coming.front().number + coming_max <= last_number) {
            coming.pop_front();
        }
    }
};

/// What all machines of a source write into: names, numbers, apps, and the source's clock.
struct Books {
    Books(SourceId id, const World::Options& options, AppId& next_app)
        : source(id), numbers(options.buckets), apps(id, options, next_app) {}

    SourceId source;
    Labels labels;
    Numbers numbers;
    Apps apps;
    TimeMs last_event = no_time;  ///< the greatest event time so far
    HealthClock health_clock;

    /// Up to where health time counts now.
    [[nodiscard]] TimeMs health_now() const { return health_clock.at(last_event); }

    /// The code of a name; a new unknown name is told to the batch.
    Code code(LabelKind kind, std::string_view name, Batch& out) {
        const Labels::Found found = labels.code(kind, name);
        if (found.born) {
            out.labels.push_back(
                {.source = source,
                 .kind = Labels::kind_name(kind),
                 .name = labels.name(kind, found.code)}
            );
        }
        return found.code;
    }
};

/// Tells that `slot` of the pool stands for `name` from here on. `forgot`: the pool has forgotten
/// some.
template <class Pool>
void tell_birth(
    const Pool& pool, Birth::Kind kind, Slot slot, std::string_view name, bool forgot, Batch& out
) {
    out.births.push_back(
        {.kind = kind,
         .slot = slot,
         .name = out.text.keep(name),
         .again = pool.freed(pool[slot].key),
         .may_be_known = forgot}
    );
}

/// The event being folded, as the machines see it; or one difference that a snapshot showed.
struct Moment {
    Seq seq = 0;
    TimeMs time = 0;
    /// For health: the greater of the event time and the source's last event time, but in no gap
    /// that has passed.
    TimeMs clock = 0;
    std::uint64_t connection = 0;
    TimeMs received = 0;

    bool inferred = false;      ///< a difference: `time` is the upper bound
    TimeMs time_low = no_time;  ///< the lower one
    TimeMs since = no_time;     ///< when its state was entered, where Marathon said it

    [[nodiscard]] Heard heard() const { return {received, time}; }

    /// When the state it tells of is taken to have been entered, and how well that is known.
    [[nodiscard]] TimeMs entered() const { return since == no_time ? time : since; }
    [[nodiscard]] Entry entry() const {
        return !inferred ? Entry::observed : since == no_time ? Entry::bound : Entry::told;
    }
};

}  // namespace tally::model
