#pragma once

#include <algorithm>
#include <cstdint>

#include "tally/base/time.hpp"
#include "tally/model/facts.hpp"

namespace tally::model {

/// When the last event of an entity came, and what time it was of, in 8 bytes. Not kept over a restart: whatever
/// came before one came before any snapshot asked for after it.
class Heard {
  public:
    Heard() = default;

    /// An event of `time` that came at `received`. A lag beyond 17 minutes counts as that.
    Heard(TimeMs received, TimeMs time)
        : packed_(static_cast<std::uint64_t>(std::clamp<TimeMs>(received, 0, received_max)) << lag_bits |
                  static_cast<std::uint64_t>(std::clamp<TimeMs>(received - time, 0, lag_max))) {}

    /// By the wall clock; 0: nothing since the start.
    [[nodiscard]] TimeMs received() const { return static_cast<TimeMs>(packed_ >> lag_bits); }

    /// The time of the event, never after it came; no_time: nothing since the start.
    [[nodiscard]] TimeMs time() const {
        return packed_ == 0 ? no_time : received() - static_cast<TimeMs>(packed_ & lag_max);
    }

  private:
    static constexpr unsigned lag_bits = 20;
    static constexpr TimeMs lag_max = (TimeMs{1} << lag_bits) - 1;
    static constexpr TimeMs received_max = (TimeMs{1} << (63 - lag_bits)) - 1;  // the year 2248

    std::uint64_t packed_ = 0;
};

}  // namespace tally::model
