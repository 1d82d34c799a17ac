#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "decode/equal_bytes.hpp"
#include "tally/base/time.hpp"

namespace tally::decode {

/// parse_timestamp() for events, of which one like another is of today: remembers the day it read
/// last, and reads only the time of day where that comes again in the form that Marathon writes.
class EventClock {
  public:
    /// The bytes of YYYY-MM-DDThh:mm:ss.SSSZ, Marathon's form.
    static constexpr std::size_t marathon_bytes = 24;

    /// As parse_timestamp().
    [[nodiscard]] std::optional<TimeMs> read(std::string_view timestamp) {
        if (timestamp.size() == marathon_bytes) {
            if (const auto time = read_same_day(timestamp.data())) {
                return time;
            }
        }
        return read_any_day(timestamp);
    }

    /// Of marathon_bytes bytes: the time, if it has Marathon's form and is of the day remembered.
    [[nodiscard, gnu::always_inline]] std::optional<TimeMs> read_same_day(const char* text) const {
        if constexpr (std::endian::native != std::endian::little) {
            return std::nullopt;
        }
        if (!equal_bytes<11>(text, day_.data())) {
            return std::nullopt;
        }
        std::uint64_t clock = 0;  // hh:mm:ss, the first byte lowest
        std::uint32_t rest = 0;   // SSSZ
        std::memcpy(&clock, text + 11, sizeof clock);
        std::memcpy(&rest, text + 20, sizeof rest);
        clock ^= 0x30303A30303A3030;  // digits become their values, all else what is no digit's
        rest ^= 0x5A303030;
        // A byte over 9, or over 0 where a sign stands, reaches the highest bit.
        const std::uint64_t bad_clock = ((clock + 0x76767F76767F7676) | clock) & 0x8080808080808080;
        const std::uint32_t bad_rest = ((rest + 0x7F767676) | rest) & 0x80808080;
        const std::uint64_t pairs = clock * 10 + (clock >> 8);
        const std::uint64_t hour = pairs & 0xFF;
        const std::uint64_t minute = pairs >> 24 & 0xFF;
        const std::uint64_t second = pairs >> 48 & 0xFF;
        if ((bad_clock | bad_rest) != 0 || text[19] != '.' || hour > 23 || minute > 59 ||
            second > 59) {
            return std::nullopt;
        }
        const std::uint32_t millisecond =
            (rest & 0xFF) * 100 + (rest >> 8 & 0xFF) * 10 + (rest >> 16 & 0xFF);
        return day_begin_ +
               static_cast<TimeMs>(((hour * 60 + minute) * 60 + second) * 1000 + millisecond);
    }

  private:
    std::optional<TimeMs> read_any_day(std::string_view timestamp);

    std::array<char, 11> day_{'1', '9', '7', '0', '-', '0', '1', '-', '0', '1', 'T'};
    TimeMs day_begin_ = 0;
};

}  // namespace tally::decode
