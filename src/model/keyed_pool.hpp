#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "tally/base/assert.hpp"
#include "tally/base/hash.hpp"
#include "tally/model/facts.hpp"

namespace tally::model {

/// What every record of a KeyedPool begins with.
struct Keyed {
    Hash128 key;
    Slot previous = no_slot;  ///< in the idle list
    Slot next = no_slot;      ///< in the idle list, or in the free list
    bool idle = false;
};

/// Records found by a 128-bit key, in slots that do not move, with a list of the idle ones in the
/// order in which they became so: the front is the one to forget.
///
///     index  [ 7 | . | 2 | . | 0 | ... ]     slots, open addressing by key.low, 3/4 full at most
///     blocks [ record 0 .. 4095 ][ record 4096 .. 8191 ] ...
///
/// A record costs its size and about 6 bytes. A freed slot is not given out again before
/// release_freed(): the facts and rows of a batch may still name it.
template <class Record>
class KeyedPool {
  public:
    [[nodiscard]] Slot find(const Hash128& key) const {
        if (index_.empty()) {
            return no_slot;
        }
        for (std::size_t at = key.low & mask();; at = (at + 1) & mask()) {
            const Slot slot = index_[at];
            if (slot == no_slot || (*this)[slot].key == key) {
                return slot;
            }
        }
    }

    /// A new record; `key` must not be there.
    Slot insert(const Hash128& key) {
        if ((count_ + 1) * 4 > index_.size() * 3) {
            grow();
        }
        const Slot slot = take_slot();
        (*this)[slot] = Record{};
        (*this)[slot].key = key;
        index_[place_of(key)] = slot;
        ++count_;
        return slot;
    }

    void erase(Slot slot) {
        Record& record = (*this)[slot];
        if (record.idle) {
            make_busy(slot);
        }
        std::size_t at = record.key.low & mask();
        while (index_[at] != slot) {
            at = (at + 1) & mask();
        }
        close_hole(at);
        freed_.push_back(slot);
        freed_by_key_.insert_or_assign(record.key, slot);
        --count_;
    }

    /// The slot a record of that key had that was erased since the last release_freed(), or no_slot.
    [[nodiscard]] Slot freed(const Hash128& key) const {
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
        (record.previous == no_slot ? idle_first_ : (*this)[record.previous].next) = record.next;
        (record.next == no_slot ? idle_last_ : (*this)[record.next].previous) = record.previous;
        record.idle = false;
        --idle_count_;
    }

  private:
    static constexpr std::size_t block_size = 4096;

    [[nodiscard]] std::size_t mask() const { return index_.size() - 1; }

    [[nodiscard]] std::size_t place_of(const Hash128& key) const {
        std::size_t at = key.low & mask();
        while (index_[at] != no_slot) {
            at = (at + 1) & mask();
        }
        return at;
    }

    void grow() {
        std::vector<Slot> old(index_.empty() ? 1024 : index_.size() * 2, no_slot);
        old.swap(index_);
        for (const Slot slot : old) {
            if (slot != no_slot) {
                index_[place_of((*this)[slot].key)] = slot;
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
        for (std::size_t at = (hole + 1) & mask(); index_[at] != no_slot; at = (at + 1) & mask()) {
            const std::size_t home = (*this)[index_[at]].key.low & mask();
            if (((at - home) & mask()) >= ((at - hole) & mask())) {
                index_[hole] = index_[at];
                hole = at;
            }
        }
        index_[hole] = no_slot;
    }

    std::vector<Slot> index_;
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
