#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "ahead.hpp"
#include "books.hpp"
#include "keyed_pool.hpp"
#include "name_store.hpp"
#include "packed.hpp"

namespace tally::model {

/// An instance, or what stands for one: every task belongs to an instance (a legacy task `a.UUID`
/// to `a.marathon-UUID`), and health is kept per instance.
///
///   condition:  (none) --instance_changed--> any <--> any     no end state: since 1.8 an id is
///   relaunched health:     unknown <--> healthy <--> unhealthy           ended: nothing moves it
///   until it lives again
///
/// It is idle, and may be forgotten, when its condition is final or unheard of, its health unknown
/// and none of its tasks live.
///
/// A snapshot may show another condition or health, or that it is gone (live.md section 3): then it has no
/// condition any more, as before the first one.
struct Instance {
    struct Live {
        NameStore::Handle name = NameStore::none;
        std::uint32_t tasks = 0;
    };

    Hash128 key;
    std::uint64_t packed_condition : 8 = PackedCode::pack(none_code);
    Health health : 2 = Health::unknown;
    bool health_ended : 1 = false;
    bool has_instance_health : 1 = false;
    bool gone : 1 = false;  ///< found gone by a snapshot; its condition is none
    bool idle : 1 = false;
    std::uint64_t packed_since : PackedTime::bits = 0;
    Entry entry : 2 = Entry::observed;
    bool changed : 1 = false;  ///< it has a row in the batch
    std::uint64_t packed_created : PackedTime::bits = 0;
    TimeMs health_since = no_time;
    Heard heard;
    union {
        Live live{};  ///< while it is not idle
        Seq idle_seq;
    };
    Apps::Index app = 0;
    Slot previous = no_slot;
    Slot next = no_slot;
    std::uint32_t row = 0;  ///< where in the batch, if it changed

    [[nodiscard]] Code condition() const { return PackedCode::unpack(packed_condition); }
    [[nodiscard]] TimeMs since() const { return PackedTime::unpack(packed_since); }
    void set_since(TimeMs time) { packed_since = PackedTime::pack(time) & PackedTime::mask; }
    /// When it was Created or Provisioned last.
    [[nodiscard]] TimeMs last_created() const { return PackedTime::unpack(packed_created); }
    void set_created(TimeMs time) { packed_created = PackedTime::pack(time) & PackedTime::mask; }
    [[nodiscard]] std::uint32_t live_tasks() const { return idle ? 0 : live.tasks; }
};
static_assert(sizeof(Instance) == 72);

/// Words about conditions.
namespace condition {
[[nodiscard]] bool is_final(Code code);
}

class Instances {
  public:
    Instances(Books& books, std::size_t idle_max) : books_(books), idle_max_(idle_max) {}

    /// The instance of that canonical id, made if it is not there.
    Slot find_or_make(std::string_view canonical, Apps::Index app, const Moment& now, Batch& out);

    /// The same for an instance that is there: events about it follow.
    void speak_of(Slot slot, std::string_view canonical) {
        if (pool_[slot].idle || pool_[slot].live.name == NameStore::none) {
            spoken_of_ = slot;
            spoken_name_ = canonical;
        }
    }

    [[nodiscard]] Slot find(const Hash128& canonical) const { return pool_.find(canonical); }

    /// Calls visit(slot) for all that are not idle, in the order of slots.
    template <class Visit>
    void each_live(Visit&& visit) const {
        pool_.each_busy(visit);
    }

    /// The id of one that is not idle.
    [[nodiscard]] std::string name_of(Slot slot) const;

    TALLY_PREFETCH void prefetch(Slot slot) const { pool_.prefetch(slot); }
    [[nodiscard]] Slot guess(const Hash128& canonical) const { return pool_.guess(canonical); }
    TALLY_PREFETCH void prefetch_index(const Hash128& canonical) const { pool_.prefetch_index(canonical); }

    [[nodiscard]] const Instance& operator[](Slot slot) const { return pool_[slot]; }

    struct Changed {
        std::string_view condition{}, host{};
    };

    /// Whether it is in the condition that is sent as `name` and has that code.
    [[nodiscard]] bool is_condition(Slot slot, Code code, std::string_view name) const;

    /// instance_changed_event, or what a snapshot shows.
    void change(Slot slot, Apps::Index app, const Changed& event, const Moment& now, Batch& out);

    struct HealthEvent {
        Health health{};
        bool of_instance = false;  ///< instance_health_changed_event; it is not overruled
        EntityRef entity{};
    };

    /// health_status_changed_event, instance_health_changed_event.
    void set_health(
        Slot slot, Apps::Index app, const HealthEvent& event, const Moment& now, Batch& out
    );

    /// A snapshot does not show it any more.
    void infer_gone(Slot slot, const Moment& now, Batch& out);
    /// A snapshot shows another health.
    void infer_health(
        Slot slot, Apps::Index app, Health health, const EntityRef& entity, const Moment& now, Batch& out
    );

    void task_began(Slot slot, const Moment& now, Batch& out);
    void task_ended(Slot slot, bool legacy, const Moment& now, Batch& out);
    /// A task of it entered a state that is not final: its health may move again.
    void revive(Slot slot, const Moment& now, Batch& out);

    /// Forgets those that have been idle for the longest. At the end of an event: until then a new
    /// one, idle before it has a task or a condition, must not push another out.
    void forget_oldest();

    /// The idle_seq of the last one forgotten; 0: none yet.
    [[nodiscard]] Seq forgotten() const { return forgotten_; }

    void restore_forgotten(Seq seq) { forgotten_ = seq; }

    /// The source's clock has moved: time that was ahead of it may count now, gaps may have been
    /// reached.
    void catch_up(Batch& out) {
        if (!ahead_.empty() || !books_.health_clock.coming.empty()) {
            reach_gaps(out);
            catch_up_ahead(books_.health_now(), out);
        }
    }

    // Gaps of the stream. Their time counts for no health; what was counted already, since the
    // source's clock was ahead of the stream, stays counted.

    void gap_begins(std::uint32_t number, TimeMs begin, Batch& out);
    /// The one that is open.
    void gap_ends(TimeMs end);
    /// Events were lost on our side.
    void gap_was(std::uint32_t number, TimeMs begin, TimeMs end, Batch& out);

    /// Completes the rows of those that changed.
    void finish(Batch& out);

    [[nodiscard]] Slot restore(const InstanceRow& row);

    void restore_live_task(Slot slot) {
        wake(slot);
        ++pool_[slot].live.tasks;
    }

  private:
    InstanceRow& row(Slot slot, Batch& out);
    void leave_condition(Slot slot, const Moment& now);
    void tell_health(
        Slot slot, Apps::Index app, Health to, const EntityRef& entity, const Moment& now, Batch& out
    );
    void end_health(Slot slot, const Moment& now, Batch& out);
    void move_health(Slot slot, Health to, const Moment& now, Batch& out);
    void catch_up_ahead(TimeMs clock, Batch& out);
    void count_from_now(Slot slot, TimeMs from, Batch& out);
    void reach_gaps(Batch& out);
    void stand(TimeMs begin, TimeMs counted_until, Batch& out);
    void skip(TimeMs end, TimeMs counted_until, Batch& out);
    void add_time(const Instance& instance, TimeMs begin, TimeMs end, Batch& out);
    void move_to_app(Slot slot, Apps::Index app, const Moment& now, Batch& out);
    void count_current(const Instance& instance, std::int64_t n);
    void settle(Slot slot, const Moment& now, Batch& out);
    void wake(Slot slot);
    void keep_name(Slot slot, std::string_view name);
    [[nodiscard]] std::string_view condition_name(Slot slot, Arena& text) const;

    Books& books_;
    std::size_t idle_max_;
    Seq forgotten_ = 0;
    KeyedPool<Instance> pool_;
    NameStore names_;
    std::string short_name_;  // one that is being kept
    Slot spoken_of_ = no_slot;
    std::string spoken_name_;  // of spoken_of_: should it live from now on, this is its name
    Ahead ahead_;
    boost::unordered_flat_map<Slot, std::string>
        other_names_;  ///< conditions past the 64th unknown name
};

}  // namespace tally::model
