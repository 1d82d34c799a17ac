#include "record/input_rows.hpp"

#include <algorithm>
#include <limits>

#include "tally/base/assert.hpp"
#include "tally/base/prefetch.hpp"

namespace tally::record {

using namespace model;

namespace {

enum Column { seq, time_ms, kind_id, connection, app_id, task_id, subject_, entity_, lag_ms, dwell_ms, host_id, version_id };

// The ingest thread has written the texts just now: they are in the cache of another core, and asked for before they are needed.
// A quarter of the time of all this is waiting for them otherwise.
constexpr std::ptrdiff_t ahead = 8;

TALLY_PREFETCH void ask_for_text(const TaskTransition& fact) {
    __builtin_prefetch(fact.host.data());
    __builtin_prefetch(fact.version.data());
}
TALLY_PREFETCH void ask_for_text(const InstanceTransition& fact) { __builtin_prefetch(fact.host.data()); }
TALLY_PREFETCH void ask_for_text(const HealthFailure& fact) { __builtin_prefetch(fact.check_key.data()); }
TALLY_PREFETCH void ask_for_text(const TaskLateEvent&) {}
TALLY_PREFETCH void ask_for_text(const HealthTransition&) {}

TALLY_PREFETCH void ask_for_row(const EntityRef& entity, const Slots& slots) {
    if (entity.kind == EntityRef::Kind::task) {
        slots.tasks.prefetch(entity.slot);
    } else if (entity.kind == EntityRef::Kind::instance) {
        slots.instances.prefetch(entity.slot);
    }
}

/// The next fact of one kind, as long as there is one.
template <class Fact>
struct Head {
    explicit Head(const std::vector<Fact>& facts) : next(facts.data()), end(facts.data() + facts.size()) {}

    [[nodiscard]] Seq seq() const { return next == end ? std::numeric_limits<Seq>::max() : next->seq; }

    const Fact& take() {
        if (end - next > ahead) {
            ask_for_text(next[ahead]);
        }
        return *next++;
    }

    const Fact* next;
    const Fact* end;
};

}  // namespace

/// The facts of a batch, each in the row of its input. An input has one at most.
class InputRows::Facts {
  public:
    Facts(InputRows& rows, const Batch& batch, const Slots& slots)
        : rows_(rows),
          slots_(slots),
          tasks_(batch.task_transitions),
          late_(batch.task_late_events),
          instances_(batch.instance_transitions),
          failures_(batch.health_failures),
          health_(batch.health_transitions) {}

    [[nodiscard]] Seq seq() const {
        return std::min({tasks_.seq(), late_.seq(), instances_.seq(), failures_.seq(), health_.seq()});
    }

    /// Puts the fact of that seq, if there is one, into the row of its input.
    void take(Seq seq, FeedRow& row, InputKind& kind) {
        if (tasks_.seq() == seq) {
            take(tasks_.take(), row, kind);
        } else if (instances_.seq() == seq) {
            take(instances_.take(), row, kind);
        } else if (failures_.seq() == seq) {
            take(failures_.take(), row, kind);
        } else if (health_.seq() == seq) {
            take(health_.take(), row, kind);
        } else if (late_.seq() == seq) {
            take(late_.take(), row, kind);
        }
    }

  private:
    void take(const TaskTransition& fact, FeedRow& row, InputKind& kind) {
        kind.fact = fact.unexpected ? FactKind::unexpected_task_transition : FactKind::task_transition;
        move(fact, row, kind);
        about_task(fact.task, row);
        row.numbers[host_id] = or_null(rows_.texts_.id(fact.host));
        row.numbers[version_id] = or_null(rows_.texts_.id(fact.version));
        row.text = fact.message.empty() ? std::string_view{} : fact.message;
    }

    void take(const TaskLateEvent& fact, FeedRow& row, InputKind& kind) {
        kind.fact = FactKind::task_late_event;
        kind.from = fact.from;
        kind.to = fact.to;
        begin(fact, row);
        about_task(fact.task, row);
    }

    void take(const InstanceTransition& fact, FeedRow& row, InputKind& kind) {
        kind.fact = FactKind::instance_transition;
        move(fact, row, kind);
        about(slots_.instances[fact.instance] << 2 | 2, row);
        row.numbers[host_id] = or_null(rows_.texts_.id(fact.host));
    }

    void take(const HealthFailure& fact, FeedRow& row, InputKind& kind) {
        kind.fact = FactKind::health_failure;
        kind.from = fact.protocol;
        kind.to = fact.check_key;
        begin(fact, row);
        about(rows_.subject(fact.entity, slots_), row);
    }

    void take(const HealthTransition& fact, FeedRow& row, InputKind& kind) {
        kind.fact = FactKind::health_transition;
        move(fact, row, kind);
        about(rows_.subject(fact.entity, slots_), row);
    }

    /// Of an event the time is there already; of a difference the fact alone tells it.
    template <class Fact>
    static void begin(const Fact& fact, FeedRow& row) {
        row.numbers[time_ms] = fact.time;
        row.numbers[app_id] = fact.app;
    }

    template <class Transition>
    static void move(const Transition& fact, FeedRow& row, InputKind& kind) {
        kind.from = fact.from;
        kind.to = fact.to;
        begin(fact, row);
        row.numbers[dwell_ms] = fact.dwell_ms;
        if (fact.inferred && fact.time_low != no_time) {
            row.numbers[lag_ms] = fact.time - fact.time_low;
        }
    }

    /// The event's own entity is told only where it is another one.
    static void about(std::int64_t whom, FeedRow& row) {
        const std::int64_t named = row.numbers[subject_];
        row.numbers[subject_] = whom;
        if (named != whom) {
            row.numbers[entity_] = named == no_time ? 0 : named;
        }
    }

    void about_task(Slot slot, FeedRow& row) {
        const std::int64_t task = slots_.tasks[slot];
        about(task << 2 | 1, row);
        row.numbers[subject_] = no_time;
        row.numbers[task_id] = task;
    }

    InputRows& rows_;
    const Slots& slots_;
    Head<TaskTransition> tasks_;
    Head<TaskLateEvent> late_;
    Head<InstanceTransition> instances_;
    Head<HealthFailure> failures_;
    Head<HealthTransition> health_;
};

InputRows::InputRows(Database& db, Texts& texts)
    : texts_(texts),
      kinds_(db),
      minutes_(db),
      rows_(
          db,
          "input",
          "seq,time_ms,kind_id,connection,app_id,task_id,subject,entity,lag_ms,dwell_ms,host_id,version_id,message"
      ) {}

std::int64_t InputRows::subject(const EntityRef& entity, const Slots& slots) {
    switch (entity.kind) {
        case EntityRef::Kind::none:
            return no_time;
        case EntityRef::Kind::task:
            return slots.tasks[entity.slot] << 2 | 1;
        case EntityRef::Kind::instance:
            return slots.instances[entity.slot] << 2 | 2;
        case EntityRef::Kind::text:
            break;
    }
    return texts_.id(entity.text) << 2 | 3;
}

void InputRows::write(const Batch& batch, const Slots& slots) {
    make(batch, slots);
    if (rows_.empty()) {
        return;
    }
    for (const FeedRow& row : rows_.rows()) {
        minutes_.see(row.numbers[time_ms], row.numbers[seq]);
    }
    rows_.write();
    minutes_.write(batch.source);
}

void InputRows::make(const Batch& batch, const Slots& slots) {
    Facts facts(*this, batch, slots);
    const auto inferred_before = [&](Seq end) {
        for (Seq next = facts.seq(); next < end; next = facts.seq()) {
            FeedRow& row = rows_.add(next);
            InputKind kind{.source = batch.source};
            facts.take(next, row, kind);
            row.numbers[entity_] = no_time;  // no event names anybody
            row.numbers[kind_id] = kinds_.id(kind);
        }
    };
    for (const EventFact& event : batch.events) {
        if (&batch.events.back() - &event >= ahead) {
            ask_for_row((&event)[ahead].entity, slots);
        }
        inferred_before(event.seq);
        FeedRow& row = rows_.add(event.seq);
        row.numbers[time_ms] = event.time;
        InputKind kind{.source = event.source, .event_type = event.type, .received = !event.own_clock};
        row.numbers[connection] = or_null(static_cast<std::int64_t>(event.connection));
        row.numbers[app_id] = or_null(event.app);
        row.numbers[subject_] = subject(event.entity, slots);
        row.numbers[lag_ms] = event.replay ? no_time : event.received - event.time;
        if (event.deployment != no_slot) {
            row.numbers[entity_] = row.numbers[subject_];
            row.numbers[subject_] = slots.deployments[event.deployment] << 2;
        }
        facts.take(event.seq, row, kind);
        row.numbers[kind_id] = kinds_.id(kind);
    }
    inferred_before(std::numeric_limits<Seq>::max());
    TALLY_ASSERT(facts.seq() == std::numeric_limits<Seq>::max());
}

}  // namespace tally::record
