#pragma once

#include <string_view>

#include "tally/decode/event.hpp"

namespace tally::decode {

/// The type with exactly this wire name, else EventType::unknown (also for the name "unknown").
[[nodiscard]] EventType find_event_type(std::string_view name);

}  // namespace tally::decode
