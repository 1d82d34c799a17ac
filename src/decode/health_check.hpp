#pragma once

#include <optional>

#include <simdjson.h>

#include "tally/decode/event.hpp"

namespace tally::decode {

/// A `healthCheck` object as far as it is counted; all empty when it is none. Views into the
/// document.
[[nodiscard]] HealthCheck health_check_of(const std::optional<simdjson::dom::element>& value);

}  // namespace tally::decode
