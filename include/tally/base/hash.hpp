#pragma once

#include <cstdint>
#include <string_view>

namespace tally {

/// 128-bit XXH3 of some bytes. Equal hash means equal bytes everywhere in the program (identity of
/// events, keys of tasks): at 10^10 distinct values a chance collision has probability 10^-19.
struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend bool operator==(const Hash128&, const Hash128&) = default;
};

[[nodiscard]] Hash128 hash128(std::string_view bytes);

/// For std and Boost hash tables: the low half is as good as any.
struct Hash128Hasher {
    using is_avalanching = void;
    std::size_t operator()(const Hash128& hash) const { return hash.low; }
};

}  // namespace tally
