#pragma once

#include <chrono>
#include <cstdint>

namespace tally::connect {

/// The wait before the next connection attempt: doubles on each failure, begins again after a
/// session that lasted. Pure arithmetic: clock and chance come in as arguments. Thread: one at a
/// time.
class Backoff {
  public:
    struct Limits {
        std::chrono::milliseconds wait_first{200};  ///< after failure 0, without jitter
        std::chrono::milliseconds wait_max{4000};   ///< after the jitter
        std::chrono::milliseconds stable_min{
            10000};  ///< a session this long makes the next failure number 0
        friend bool operator==(const Limits&, const Limits&) = default;
    };

    explicit Backoff(Limits limits) : limits_(limits) {}

    /// wait_first x 2^n, 20 % less to 20 % more as `random` goes from 0 to 1, at most wait_max.
    /// `lasted` is the length of the session that ended, 0 for an attempt that failed.
    [[nodiscard]] std::chrono::milliseconds after_failure(
        std::chrono::milliseconds lasted, double random
    );

  private:
    Limits limits_;
    std::uint32_t failures_ = 0;
};

}  // namespace tally::connect
