#pragma once

#include <cstdint>

#include "tally/base/assert.hpp"

namespace tally::simulate {

/// A small seeded generator (xoshiro256++ of D. Blackman and S. Vigna, filled by splitmix64). Own
/// code and not <random>, whose distributions may differ between libraries: one seed means one
/// stream of bytes.
class Random {
  public:
    explicit Random(std::uint64_t seed) {
        for (std::uint64_t& word : state_) {
            seed += 0x9e3779b97f4a7c15;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }

    std::uint64_t next() {
        const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// 0 to count - 1; count is at least 1 (the bias of the plain product is below 2^-32).
    std::uint32_t below(std::uint32_t count) {
        TALLY_ASSERT(count > 0);
        return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
    }

    /// low to high, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        TALLY_ASSERT(low <= high);
        return low + below(static_cast<std::uint32_t>(high - low + 1));
    }

    bool chance(double probability) {
        return static_cast<double>(next() >> 11) < probability * 9007199254740992.0;  // 2^53
    }

  private:
    static std::uint64_t rotate(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

    std::uint64_t state_[4] = {};
};

}  // namespace tally::simulate
