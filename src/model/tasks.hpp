#pragma once

#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "books.hpp"
#include "instances.hpp"
#include "keyed_pool.hpp"
#include "name_store.hpp"
#include "packed.hpp"

namespace tally::model {

/// One task (semantics.md section 2). The rules for a status are tried in this order:
///
///   repeat       the same state again: host and version are refreshed
///   late         the state is final, or the event is earlier than it and of lower rank: the state
///   stays transition   anything else: from -> to, marked unexpected outside this graph
///
///     none --> any        STAGING --> STARTING --> RUNNING --> KILLING        any not final -->
///     any final
///                         STAGING ---------------> RUNNING                    any not final -->
///                         recoverable STAGING, STARTING ------------------> KILLING recoverable
///                         --> RUNNING, KILLING
///
///   final: FINISHED FAILED KILLED ERROR DROPPED GONE     recoverable: LOST UNREACHABLE UNKNOWN
///   GONE_BY_OPERATOR rank: STAGING 1, STARTING 2, RUNNING 3, KILLING and recoverable 4, final 5,
///   other names 3
///
/// A snapshot may show what no event told (live.md section 3): that it is in another state, or gone. A task that is
/// gone has ended in state none; what is heard or found later is a transition from there, whatever its time.
struct Task {
    Hash128 key;
    std::uint64_t packed_state : 8 = PackedCode::pack(none_code);
    bool started : 1 = false;
    bool legacy : 1 = false;  ///< while it lives: its id has no instance in it, so its end is the end of its health
    bool idle : 1 = false;    ///< it has ended
    bool changed : 1 = false; ///< it has a row in the batch
    Entry entry : 2 = Entry::observed;
    std::uint64_t packed_since : PackedTime::bits = 0;
    TimeMs staging = no_time;
    union {
        Heard heard{};  ///< while it lives
        Seq ended_seq;
    };
    Apps::Index app = 0;
    union {
        Slot instance = no_slot;  ///< while it lives
        Slot next;
    };
    union {
        NameStore::Handle name = NameStore::none;  ///< while it lives
        Slot previous;
    };
    std::uint32_t row = 0;  ///< where in the batch, if it changed

    [[nodiscard]] Code state() const { return PackedCode::unpack(packed_state); }
    [[nodiscard]] TimeMs since() const { return PackedTime::unpack(packed_since); }
    void set_since(TimeMs time) { packed_since = PackedTime::pack(time) & PackedTime::mask; }
};
static_assert(sizeof(Task) == 56);

/// Words about the states of tasks.
namespace state {
[[nodiscard]] bool is_final(Code code);
[[nodiscard]] bool is_recoverable(Code code);
[[nodiscard]] int rank(Code code);
}  // namespace state

class Tasks {
  public:
    Tasks(Books& books, Instances& instances, std::size_t ended_max)
        : books_(books), instances_(instances), ended_max_(ended_max) {}

    struct Status {
        std::string_view task{}, state{}, host{}, version{}, message{};
        Apps::Index app = 0;
    };

    /// A task by the hash of its id, and its slot or none.
    struct Found {
        Hash128 key;
        Slot slot = no_slot;
    };

    struct Updated {
        Slot slot = no_slot;
        bool began = false;  ///< first sight, and not at its end already
    };

    /// status_update_event.
    Updated update(const Status& status, const Found& found, const Moment& now, Batch& out);

    /// A snapshot shows it in that state. Nothing changes where it is so already, or the end was observed.
    void infer(const Status& status, const Moment& now, Batch& out);
    /// A snapshot does not show it any more. Nothing changes where it is not in the current set.
    void infer_gone(std::string_view task, const Moment& now, Batch& out);

    [[nodiscard]] Slot find(const Hash128& task) const { return pool_.find(task); }

    [[nodiscard]] Slot guess(const Hash128& task) const { return pool_.guess(task); }
    TALLY_PREFETCH void prefetch(Slot slot) const { pool_.prefetch(slot); }
    TALLY_PREFETCH void prefetch_index(const Hash128& task) const { pool_.prefetch_index(task); }

    [[nodiscard]] const Task& operator[](Slot slot) const { return pool_[slot]; }

    /// Whether it is in the current set; no_slot is not.
    [[nodiscard]] bool lives(Slot slot) const { return slot != no_slot && !pool_[slot].idle; }

    /// The id of one that lives.
    [[nodiscard]] std::string name_of(Slot slot) const;

    /// Calls visit(slot) for all of the current set, in the order of slots.
    template <class Visit>
    void each_live(Visit&& visit) const {
        pool_.each_busy(visit);
    }

    /// Whether it is in the state that is sent as `name` and has that code.
    [[nodiscard]] bool is_state(Slot slot, Code code, std::string_view name) const;

    /// The ended_seq of the last one forgotten; 0: none yet.
    [[nodiscard]] Seq forgotten() const { return forgotten_; }
    void restore_forgotten(Seq seq) { forgotten_ = seq; }

    /// Completes the rows of those that changed.
    void finish(Batch& out);

    [[nodiscard]] Slot restore(const TaskRow& row);

  private:
    Slot first_sight(const Status& status, const Hash128& key, const Moment& now, Batch& out);
    void live_again(Slot slot, const Status& status, const Moment& now, Batch& out);
    void enter(Slot slot, const Status& status, Code to, const Moment& now, Batch& out);
    void end(Slot slot, const Moment& now, Batch& out);
    void observe_start(const Task& task, const Moment& now);
    void forget_oldest();
    void keep_name(Slot slot, std::string_view name, std::string_view instance);
    TaskRow& row(Slot slot, Batch& out);
    void refresh(Slot slot, const Status& status, Batch& out);
    [[nodiscard]] std::string_view state_name(Slot slot, Arena& text) const;

    Books& books_;
    Instances& instances_;
    std::size_t ended_max_;
    Seq forgotten_ = 0;
    KeyedPool<Task> pool_;
    NameStore names_;
    std::string short_name_;  // one that is being kept
    boost::unordered_flat_map<Slot, std::string>
        other_names_;  ///< states past the 64th unknown name
};

}  // namespace tally::model
