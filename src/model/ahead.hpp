#pragma once

#include <set>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "tally/model/facts.hpp"

namespace tally::model {

/// The instances whose health was changed by an event without a time of its own that arrived ahead
/// of the source's clock: up to there their time is counted already, from there on it is counted
/// when the clock is there. Seldom any.
class Ahead {
  public:
    [[nodiscard]] bool empty() const { return from_.empty(); }

    /// Where the time of a slot counts from, or no_time.
    [[nodiscard]] TimeMs of(Slot slot) const {
        if (empty()) {
            return no_time;
        }
        const auto found = from_.find(slot);
        return found == from_.end() ? no_time : found->second;
    }

    /// `slot` must not be there.
    void put(Slot slot, TimeMs from) {
        from_.emplace(slot, from);
        in_order_.emplace(from, slot);
    }

    void erase(Slot slot) {
        in_order_.erase({of(slot), slot});
        from_.erase(slot);
    }

    /// The first in time; there must be one.
    [[nodiscard]] std::pair<TimeMs, Slot> first() const { return *in_order_.begin(); }

  private:
    boost::unordered_flat_map<Slot, TimeMs> from_;
    std::set<std::pair<TimeMs, Slot>> in_order_;
};

}  // namespace tally::model
