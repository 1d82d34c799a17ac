#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tally::serve {

/// Lets `burst` go at once and then one per `interval`. Pure. An interval of 0 lets all go.
class TokenBucket {
  public:
    using Clock = std::chrono::steady_clock;

    TokenBucket(std::chrono::nanoseconds interval, std::int64_t burst)
        : interval_(interval), burst_(burst), tokens_(burst) {}

    [[nodiscard]] bool take(Clock::time_point now) {
        if (interval_.count() == 0) {
            return true;
        }
        const std::int64_t grown = (now - filled_) / interval_;
        if (tokens_ >= burst_ || grown >= burst_ - tokens_) {
            tokens_ = burst_;
            filled_ = now;
        } else {
            tokens_ += grown;
            filled_ += interval_ * grown;
        }
        if (tokens_ <= 0) {
            return false;
        }
        --tokens_;
        return true;
    }

  private:
    std::chrono::nanoseconds interval_;
    std::int64_t burst_;
    std::int64_t tokens_;
    Clock::time_point filled_{};
};

}  // namespace tally::serve
