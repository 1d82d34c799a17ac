#pragma once

#include <optional>
#include <string>

#include "tally/base/time.hpp"

namespace tally::report {

/// What the connection of one source has to show: filled by the daemon, absent in a replay.
struct StreamNumbers {
    std::string source;
    bool connected = false;
    std::optional<TimeMs> last_event;  ///< wall clock when the last event arrived
    std::optional<TimeMs> last_byte;   ///< wall clock when the last byte arrived
};

}  // namespace tally::report
