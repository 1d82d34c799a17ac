#include "record/input_rows.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "record/input_feed.hpp"
#include "tally/base/assert.hpp"

namespace tally::record {

using namespace model;

namespace {

enum Column { seq, time_ms, kind_id, connection, app_id, task_id, subject_, entity_, lag_ms, dwell_ms, host_id, version_id };

std::int64_t or_null(std::int64_t id) { return id == 0 ? no_time : id; }

/// The next fact of one kind, as long as there is one.
template <class Fact>
struct Head {
    explicit Head(const std::vector<Fact>& facts) : next(facts.data()), end(facts.data() + facts.size()) {}

    [[nodiscard]] Seq seq() const { return next == end ? std::numeric_limits<Seq>::max() : next->seq; }

    const Fact* next;
    const Fact* end;
};

InputRow empty_row(Seq seq) {
    InputRow row;
    std::fill(std::begin(row.numbers), std::end(row.numbers), no_time);
    row.numbers[Column::seq] = seq;
    return row;
}

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
    void take(Seq seq, InputRow& row, InputKind& kind) {
        if (tasks_.seq() == seq) {
            take(*tasks_.next++, row, kind);
        } else if (instances_.seq() == seq) {
            take(*instances_.next++, row, kind);
        } else if (failures_.seq() == seq) {
            take(*failures_.next++, row, kind);
        } else if (health_.seq() == seq) {
            take(*health_.next++, row, kind);
        } else if (late_.seq() == seq) {
            take(*late_.next++, row, kind);
        }
    }

  private:
    void take(const TaskTransition& fact, InputRow& row, InputKind& kind) {
        kind.fact = fact.unexpected ? FactKind::unexpected_task_transition : FactKind::task_transition;
        move(fact, row, kind);
        about_task(fact.task, row);
        row.numbers[host_id] = or_null(rows_.texts_.id(fact.host));
        row.numbers[version_id] = or_null(rows_.texts_.id(fact.version));
        row.message = fact.message;
    }

    void take(const TaskLateEvent& fact, InputRow& row, InputKind& kind) {
        kind.fact = FactKind::task_late_event;
        kind.from = fact.from;
        kind.to = fact.to;
        begin(fact, row);
        about_task(fact.task, row);
    }

    void take(const InstanceTransition& fact, InputRow& row, InputKind& kind) {
        kind.fact = FactKind::instance_transition;
        move(fact, row, kind);
        about(slots_.instances[fact.instance] << 2 | 2, row);
        row.numbers[host_id] = or_null(rows_.texts_.id(fact.host));
    }

    void take(const HealthFailure& fact, InputRow& row, InputKind& kind) {
        kind.fact = FactKind::health_failure;
        kind.from = fact.protocol;
        kind.to = fact.check_key;
        begin(fact, row);
        about(rows_.subject(fact.entity, slots_), row);
    }

    void take(const HealthTransition& fact, InputRow& row, InputKind& kind) {
        kind.fact = FactKind::health_transition;
        move(fact, row, kind);
        about(rows_.subject(fact.entity, slots_), row);
    }

    /// Of an event the time is there already; of a difference the fact alone tells it.
    template <class Fact>
    static void begin(const Fact& fact, InputRow& row) {
        row.numbers[time_ms] = fact.time;
        row.numbers[app_id] = fact.app;
    }

    template <class Transition>
    static void move(const Transition& fact, InputRow& row, InputKind& kind) {
        kind.from = fact.from;
        kind.to = fact.to;
        begin(fact, row);
        row.numbers[dwell_ms] = fact.dwell_ms;
        if (fact.inferred && fact.time_low != no_time) {
            row.numbers[lag_ms] = fact.time - fact.time_low;
        }
    }

    /// The event's own entity is told only where it is another one.
    static void about(std::int64_t whom, InputRow& row) {
        const std::int64_t named = row.numbers[subject_];
        row.numbers[subject_] = whom;
        if (named != whom) {
            row.numbers[entity_] = named == no_time ? 0 : named;
        }
    }

    void about_task(Slot slot, InputRow& row) {
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
    : texts_(texts), kinds_(db), minutes_(db), greatest_(db.prepare("SELECT max(seq) FROM input")) {
    show_as_table(db, rows_);
    insert_ = db.prepare("INSERT OR ROLLBACK INTO input SELECT * FROM input_feed");
}

InputRows::~InputRows() = default;

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
    rows_.clear();
    make(batch, slots);
    if (rows_.empty()) {
        return;
    }
    for (const InputRow& row : rows_) {
        minutes_.see(row.numbers[time_ms], row.numbers[seq]);
    }
    leave_out_seqs();
    (void)insert_.step();
    insert_.reset();
    minutes_.write(batch.source);
}

/// A row without a rowid gets that after the greatest, and SQLite need not look for its place: a tenth of an insert's time
/// (bench/README.md).
void InputRows::leave_out_seqs() {
    if (!last_) {
        last_ = greatest_.step() ? greatest_.integer(0) : 0;  // NULL is 0
        greatest_.reset();
    }
    const Seq greatest = std::max(*last_, rows_.back().numbers[seq]);
    if (rows_.front().numbers[seq] > *last_) {
        Seq before = rows_.front().numbers[seq];
        for (InputRow& row : std::span(rows_).subspan(1)) {
            const Seq here = row.numbers[seq];
            row.numbers[seq] = here == before + 1 ? no_time : here;
            before = here;
        }
    }
    last_ = greatest;
}

void InputRows::make(const Batch& batch, const Slots& slots) {
    Facts facts(*this, batch, slots);
    const auto inferred_before = [&](Seq end) {
        for (Seq next = facts.seq(); next < end; next = facts.seq()) {
            InputRow row = empty_row(next);
            InputKind kind{.source = batch.source};
            facts.take(next, row, kind);
            row.numbers[entity_] = no_time;  // no event names anybody
            row.numbers[kind_id] = kinds_.id(kind);
            rows_.push_back(row);
        }
    };
    for (const EventFact& event : batch.events) {
        inferred_before(event.seq);
        InputRow row = empty_row(event.seq);
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
        rows_.push_back(row);
    }
    inferred_before(std::numeric_limits<Seq>::max());
    TALLY_ASSERT(facts.seq() == std::numeric_limits<Seq>::max());
}

}  // namespace tally::record
