#pragma once

#include <string>

#include "simulate/cluster.hpp"
#include "simulate/json_text.hpp"

namespace tally::simulate {

/// The healthCheck object in this dialect's key order.
[[nodiscard]] std::string check_text(const Check& check, Dialect dialect);

/// The app definition as api_post_event and heavy plans carry it; `version` is that of the
/// definition.
void append_definition(
    Json& json, const App& app, Dialect dialect, TimeMs version, std::uint32_t instances
);

}  // namespace tally::simulate
