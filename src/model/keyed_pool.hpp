#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "tally/base/hash.hpp"
#include "tally/base/prefetch.hpp"
#include "tally/model/facts.hpp"

namespace tally::model {

/// What a record of a KeyedPool has, or has in its place: `previous` and `next` may share their room with what only a
/// record that is not idle needs, and are no_slot when it ceases to be idle.
struct Keyed {
    Hash128 key;
    Slot previous = no_slot;  ///< in the idle list
    Slot next = no_slot;      ///< in the idle list, or in the free list
    bool idle = false;
};

/// Records found by a 128-bit key, in slots that do not move, with a list of the idle ones in the
/// order in which they became so: the front is the one to forget.
///
///     index  [ 7+tag | . | 2+tag | . | 0+tag | ... ]   slots, open addressing by key.low, half to 3/4 full
///     blocks [ record 0 .. 4095 ][ record 4096 .. 8191 ] ...
///
/// The bits of an index entry that no slot needs are a tag from the key, so that hardly ever a record is
/// looked at, far away in memory, that is not the one. A record costs its size and 5 to 8 bytes. A freed slot is
/// not given out again before release_freed(): the facts and rows of a batch may still name it, and its record stays
/// as it was.
template <class Record>
class KeyedPool {
  public:
    [[nodiscard]] Slot find(const Hash128& key) const {
        return search(key, [&](Slot slot) { return (*this)[slot].key == key; });
    }

    /// What find() of that key will say, most likely, or another slot: no record is looked at.
    [[nodiscard]] Slot guess(const Hash128& key) const {
        return search(key, [](Slot) { return true; });
    }

    /// A new record; `key` must not be there.
    Slot insert(const Hash128& key) {
        const Slot slot = take_slot();
        if ((count_ + 1) * 4 > index_.size() * 3) {
            index_again(index_.empty() ? 1024 : index_.size() / 2 * 3);
        } else if (slot >= slot_mask_) {
            index_again(index_.size());
        }
        (*this)[slot] = Record{};
        (*this)[slot].key = key;
        index_[place_of(key)] = slot | tag_of(key);
        ++count_;
        return slot;
    }

    void erase(Slot slot) {
        Record& record = (*this)[slot];
        if (record.idle) {
            unlink(record);
        }
        record.idle = true;  // for each_busy(); it is in no list
        std::size_t at = home_of(record.key);
        while ((index_[at] & slot_mask_) != slot) {
            at = behind(at);
        }
        close_hole(at);
        freed_.push_back(slot);
        freed_by_key_.insert_or_assign(record.key, slot);
        --count_;
    }

    /// The slot a record of that key had that was erased since the last release_freed(), or no_slot.
    [[nodiscard]] Slot freed(const Hash128& key) const {
        if (freed_.empty()) {
            return no_slot;
        }
        const auto found = freed_by_key_.find(key);
        return found == freed_by_key_.end() ? no_slot : found->second;
    }

    /// From now on freed slots may be used again.
    void release_freed() {
        for (const Slot slot : freed_) {
            (*this)[slot].next = free_;
            free_ = slot;
        }
        freed_.clear();
        freed_by_key_.clear();
    }

    /// Calls visit(slot) for each that is not idle, in the order of slots.
    template <class Visit>
    void each_busy(Visit&& visit) const {
        for (Slot slot = 0; slot < slots_; ++slot) {
            if (!(*this)[slot].idle) {
                visit(slot);
            }
        }
    }

    /// Asks for the record before it is needed.
    TALLY_PREFETCH void prefetch(Slot slot) const { tally::prefetch((*this)[slot]); }

    /// Asks for what find() of that key looks at first.
    TALLY_PREFETCH void prefetch_index(const Hash128& key) const {
        if (!index_.empty()) {
            __builtin_prefetch(&index_[home_of(key)]);
        }
    }

    Record& operator[](Slot slot) { return blocks_[slot / block_size][slot % block_size]; }

    const Record& operator[](Slot slot) const {
        return blocks_[slot / block_size][slot % block_size];
    }

    [[nodiscard]] std::size_t size() const { return count_; }

    [[nodiscard]] std::size_t idle_count() const { return idle_count_; }

    [[nodiscard]] Slot idle_front() const { return idle_first_; }

    /// To the end of the idle list; a record that is there already stays where it is.
    void make_idle(Slot slot) {
        Record& record = (*this)[slot];
        if (record.idle) {
            return;
        }
        record.idle = true;
        record.previous = idle_last_;
        record.next = no_slot;
        (idle_last_ == no_slot ? idle_first_ : (*this)[idle_last_].next) = slot;
        idle_last_ = slot;
        ++idle_count_;
    }

    void make_busy(Slot slot) {
        Record& record = (*this)[slot];
        if (!record.idle) {
            return;
        }
        unlink(record);
        record.idle = false;
        record.previous = record.next = no_slot;
    }

  private:
    static constexpr std::size_t block_size = 4096;

    /// The first slot of that tag that is the one.
    template <class IsIt>
    [[nodiscard]] Slot search(const Hash128& key, const IsIt& is_it) const {
        if (index_.empty()) {
            return no_slot;
        }
        const Slot tag = tag_of(key);
        for (std::size_t at = home_of(key); index_[at] != no_slot; at = behind(at)) {
            const Slot slot = index_[at] & slot_mask_;
            if ((index_[at] & ~slot_mask_) == tag && is_it(slot)) {
                return slot;
            }
        }
        return no_slot;
    }

    [[nodiscard]] std::size_t home_of(const Hash128& key) const {
        return static_cast<std::size_t>((key.low >> 32) * index_.size() >> 32);
    }

    [[nodiscard]] std::size_t behind(std::size_t at) const {
        return at + 1 == index_.size() ? 0 : at + 1;
    }

    /// How many places `at` is behind `from`.
    [[nodiscard]] std::size_t distance(std::size_t from, std::size_t at) const {
        return at >= from ? at - from : at + index_.size() - from;
    }

    [[nodiscard]] Slot tag_of(const Hash128& key) const {
        return static_cast<Slot>(key.high >> 32) & ~slot_mask_;
    }

    [[nodiscard]] std::size_t place_of(const Hash128& key) const {
        std::size_t at = home_of(key);
        while (index_[at] != no_slot) {
            at = behind(at);
        }
        return at;
    }

    void unlink(const Record& record) {
        (record.previous == no_slot ? idle_first_ : (*this)[record.previous].next) = record.next;
        (record.next == no_slot ? idle_last_ : (*this)[record.next].previous) = record.previous;
        --idle_count_;
    }

    /// The index with `size` places, and as many bits for slots as the slots given out and those that fit need: one
    /// more, so that no entry looks like an empty place.
    void index_again(std::size_t size) {
        std::vector<Slot> old(size, no_slot);
        old.swap(index_);
        const Slot old_mask = slot_mask_;
        const auto bits = std::bit_width(std::max<std::size_t>(size, slots_) * 2 - 1);
        slot_mask_ = bits >= 32 ? no_slot : (Slot{1} << bits) - 1;
        for (const Slot entry : old) {
            if (entry != no_slot) {
                const Hash128& key = (*this)[entry & old_mask].key;
                index_[place_of(key)] = (entry & old_mask) | tag_of(key);
            }
        }
    }

    Slot take_slot() {
        if (free_ != no_slot) {
            const Slot slot = free_;
            free_ = (*this)[slot].next;
            return slot;
        }
        if (slots_ % block_size == 0) {
            blocks_.push_back(std::make_unique<Record[]>(block_size));
        }
        return slots_++;
    }

    /// Deletion by shifting back (Knuth 6.4 R): no tombstones, so lookups stay short for ever.
    void close_hole(std::size_t hole) {
        for (std::size_t at = behind(hole); index_[at] != no_slot; at = behind(at)) {
            const std::size_t home = home_of((*this)[index_[at] & slot_mask_].key);
            if (distance(home, at) >= distance(hole, at)) {
                index_[hole] = index_[at];
                hole = at;
            }
        }
        index_[hole] = no_slot;
    }

    std::vector<Slot> index_;
    Slot slot_mask_ = 0;  ///< the bits of an index entry that are its slot
    std::vector<std::unique_ptr<Record[]>> blocks_;
    std::vector<Slot> freed_;
    boost::unordered_flat_map<Hash128, Slot, Hash128Hasher> freed_by_key_;
    Slot slots_ = 0;
    Slot free_ = no_slot;
    std::size_t count_ = 0;
    Slot idle_first_ = no_slot;
    Slot idle_last_ = no_slot;
    std::size_t idle_count_ = 0;
};

}  // namespace tally::model
