#include "config_change.hpp"

#include <array>

#include <fmt/format.h>

namespace tally {

Result<void> can_become(const Config& now, const Config& next) {
    const std::array<std::pair<const char*, bool>, 2> same{{
        {"database", now.database == next.database},
        {"web.listen_address", now.listen_addresses == next.listen_addresses},
    }};
    for (const auto& [name, is_same] : same) {
        if (!is_same) {
            return Error{fmt::format("{} has changed: that needs a restart", name)};
        }
    }
    return {};
}

void take_over(Config& now, const Config& next) {
    now.sources = next.sources;
    now.log_level = next.log_level;
    now.log_format = next.log_format;
}

bool follows_alike(const Config& one, const Config& other) {
    return one.connect_timeout == other.connect_timeout && one.header_timeout == other.header_timeout &&
           one.silence_timeout == other.silence_timeout && one.max_event_bytes == other.max_event_bytes;
}

}  // namespace tally
