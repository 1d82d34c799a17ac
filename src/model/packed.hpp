#pragma once

#include <algorithm>
#include <cstdint>

#include "labels.hpp"
#include "tally/model/facts.hpp"

// Codes and times in a few bits, for what there is a record of per task.
namespace tally::model {

/// A time in 50 bits: years -15000 to 19000, which no timestamp is beyond.
struct PackedTime {
    static constexpr int bits = 50;
    static constexpr std::uint64_t mask = (std::uint64_t{1} << bits) - 1;

    /// 0 is no_time. For the compiler to see that it fits it is to be masked where it is assigned.
    [[nodiscard]] static constexpr std::uint64_t pack(TimeMs time) {
        return time == no_time ? 0 : static_cast<std::uint64_t>(std::clamp(time, -max, max) + zero);
    }
    [[nodiscard]] static constexpr TimeMs unpack(std::uint64_t packed) {
        return packed == 0 ? no_time : static_cast<TimeMs>(packed) - zero;
    }

  private:
    static constexpr TimeMs zero = TimeMs{1} << (bits - 1);
    static constexpr TimeMs max = zero - 1;
};

/// A code in 8 bits: there are never more than 96 names of a kind, and three codes at the end.
struct PackedCode {
    static constexpr Code first_special = 0xFFF0;

    [[nodiscard]] static constexpr std::uint8_t pack(Code code) {
        return static_cast<std::uint8_t>(code & 0xFF);
    }
    [[nodiscard]] static constexpr Code unpack(std::uint8_t packed) {
        return static_cast<Code>(packed >= (first_special & 0xFF) ? 0xFF00 | packed : packed);
    }
};

}  // namespace tally::model
