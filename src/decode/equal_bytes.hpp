#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tally::decode {

/// Whether `length` bytes are equal, in as few loads as there are: GCC calls memcmp() for more than
/// eight, which takes longer than the rest of the work.
template <std::size_t length>
[[nodiscard, gnu::always_inline]] inline bool equal_bytes(const char* one, const char* other) {
    if constexpr (length < 8) {
        return std::memcmp(one, other, length) == 0;
    } else {
        const auto difference = [one, other](std::size_t at) {
            std::uint64_t here = 0;
            std::uint64_t there = 0;
            std::memcpy(&here, one + at, sizeof here);
            std::memcpy(&there, other + at, sizeof there);
            return here ^ there;
        };
        std::uint64_t differences = difference(length - 8);
        for (std::size_t at = 0; at + 8 < length; at += 8) {
            differences |= difference(at);
        }
        return differences == 0;
    }
}

}  // namespace tally::decode
