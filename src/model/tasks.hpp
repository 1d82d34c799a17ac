#pragma once

#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "books.hpp"
#include "instances.hpp"
#include "keyed_pool.hpp"

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
struct Task : Keyed {
    Apps::Index app = 0;
    Slot instance = no_slot;
    Code state = none_code;
    bool started = false;
    bool legacy = false;  ///< its id has no instance in it: its end is the end of its health
    TimeMs since = no_time;
    TimeMs staging = no_time;
    Seq ended_seq = 0;
    std::uint32_t row = 0;  ///< where in the batch its row may be
};

class Tasks {
  public:
    Tasks(Books& books, Instances& instances, std::size_t ended_max)
        : books_(books), instances_(instances), ended_max_(ended_max) {}

    struct Status {
        std::string_view task{}, state{}, host{}, version{}, message{};
        Apps::Index app = 0;
    };

    struct Updated {
        Slot slot = no_slot;
        bool began = false;  ///< first sight, and not at its end already
    };

    /// status_update_event.
    Updated update(const Status& status, const Moment& now, Batch& out);

    [[nodiscard]] Slot find(const Hash128& task) const { return pool_.find(task); }

    /// The ended_seq of the last one forgotten; 0: none yet.
    [[nodiscard]] Seq forgotten() const { return forgotten_; }
    void restore_forgotten(Seq seq) { forgotten_ = seq; }

    void finish() { pool_.release_freed(); }

    [[nodiscard]] Slot restore(const TaskRow& row);

  private:
    Slot first_sight(const Status& status, const Hash128& key, const Moment& now, Batch& out);
    void enter(Slot slot, const Status& status, Code to, const Moment& now, Batch& out);
    void observe_start(const Task& task, const Moment& now);
    void forget_oldest();
    TaskRow& row(Slot slot, Batch& out);
    [[nodiscard]] bool is_state(Slot slot, Code code, std::string_view name) const;
    [[nodiscard]] std::string_view state_name(Slot slot, Arena& text) const;

    Books& books_;
    Instances& instances_;
    std::size_t ended_max_;
    Seq forgotten_ = 0;
    KeyedPool<Task> pool_;
    boost::unordered_flat_map<Slot, std::string>
        other_names_;  ///< states past the 64th unknown name
};

}  // namespace tally::model
