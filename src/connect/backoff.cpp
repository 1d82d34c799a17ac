#include "tally/connect/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace tally::connect {
namespace {

constexpr double jitter = 0.2;
constexpr std::uint32_t doublings_max = 30;  // long past every wait_max; keeps the power small

}  // namespace

std::chrono::milliseconds Backoff::after_failure(std::chrono::milliseconds lasted, double random) {
    if (lasted >= limits_.stable_min) {
        failures_ = 0;
    }
    const auto doublings = static_cast<int>(std::min(failures_, doublings_max));
    failures_ = std::min(failures_ + 1, doublings_max);
    const double factor = 1 - jitter + 2 * jitter * std::clamp(random, 0.0, 1.0);
    const double wait =
        std::ldexp(static_cast<double>(limits_.wait_first.count()), doublings) * factor;
    const double wait_max = static_cast<double>(limits_.wait_max.count());
    return std::chrono::milliseconds(std::llround(std::min(wait, wait_max)));
}

}  // namespace tally::connect
