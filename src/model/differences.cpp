#include <algorithm>

#include "fold.hpp"
#include "tally/base/ids.hpp"

// The differences that a snapshot showed, applied: inferred facts (live.md section 3). They move states and gauges as
// events do, but no counter or histogram of what was observed.
namespace tally::model {

void Fold::apply_differences(const Mark& mark, Seq seq, Batch& out) {
    Moment now{
        .seq = seq,
        .time = mark.time,
        .clock = books_.health_clock.at(std::max(books_.last_event, mark.time)),
        .inferred = true};
    for (const Difference& difference : mark.differences) {
        now.time_low = difference.time_low;
        now.since = difference.since;
        apply_difference(difference, now, out);
        instances_.forget_oldest();
        ++now.seq;
    }
}

void Fold::apply_difference(const Difference& difference, const Moment& now, Batch& out) {
    const bool gone = difference.to == "none";
    if (difference.id.empty() || difference.to.empty()) {
        return;
    }
    switch (difference.kind) {
        case Difference::Kind::app:
            return apply_app(difference, now);
        case Difference::Kind::deployment:
            return difference.to == "running" ? deployments_.infer_running(difference, out)
                                              : deployments_.infer_gone(difference.id, now, out);
        case Difference::Kind::task:
            if (gone) {
                return tasks_.infer_gone(difference.id, now, out);
            }
            break;
        case Difference::Kind::instance:
            if (gone) {
                const Slot slot = instances_.find(hash128(difference.id));
                return slot == no_slot ? void() : instances_.infer_gone(slot, now, out);
            }
            break;
        case Difference::Kind::health:
            break;
    }
    if (difference.app.empty()) {
        return;
    }
    const Apps::Index app = books_.apps.intern(difference.app);
    if (difference.kind == Difference::Kind::task) {
        tasks_.infer(
            {.task = difference.id,
             .state = difference.to,
             .host = difference.host,
             .version = difference.version,
             .message = {},
             .app = app},
            now,
            out
        );
    } else if (difference.kind == Difference::Kind::instance) {
        const Slot slot = instances_.find_or_make(ids::instance_of(difference.id), app, now, out);
        instances_.change(slot, app, {.condition = difference.to, .host = difference.host}, now, out);
    } else {
        apply_health(difference, app, now, out);
    }
}

void Fold::apply_health(
    const Difference& difference, Apps::Index app, const Moment& now, Batch& out
) {
    for (const Health health : {Health::unknown, Health::healthy, Health::unhealthy}) {
        if (to_string(health) == difference.to) {
            const Slot slot =
                instances_.find_or_make(ids::instance_of(difference.id), app, now, out);
            instances_.infer_health(slot, app, health, entity(difference.id, out), now, out);
        }
    }
}

/// An end found is the last that was seen of the app: its series go some time after it.
void Fold::apply_app(const Difference& difference, const Moment& now) {
    const Apps::Index index = books_.apps.find(difference.id);
    if (index == 0) {
        return;
    }
    App& app = books_.apps[index];
    app.ended = difference.to == "none";
    app.last_received = std::max(app.last_received, now.time);
    books_.apps.touch(index);
}

}  // namespace tally::model
