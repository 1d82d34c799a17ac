#include "decode/event_clock.hpp"

#include <algorithm>

namespace tally::decode {

std::optional<TimeMs> EventClock::read_any_day(std::string_view timestamp) {
    constexpr TimeMs day_ms = 86'400'000;
    const auto time = parse_timestamp(timestamp);
    if (time && timestamp.size() == marathon_bytes && timestamp.back() == 'Z') {
        std::copy_n(timestamp.begin(), day_.size(), day_.begin());
        day_begin_ = *time - ((*time % day_ms) + day_ms) % day_ms;
    }
    return time;
}

}  // namespace tally::decode
