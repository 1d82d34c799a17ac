#pragma once

#include <string>

#include "simulate/life.hpp"
#include "simulate/request.hpp"

namespace tally::simulate {

/// The REST bodies, from what the life is now. Compact JSON.
[[nodiscard]] std::string apps_snapshot(const Life& life, const Request& request);
[[nodiscard]] std::string tasks_snapshot(const Life& life, const Request& request);
/// The TAB table that a client gets which does not ask for JSON.
[[nodiscard]] std::string tasks_table(const Life& life);
[[nodiscard]] std::string deployments_snapshot(const Life& life);
[[nodiscard]] std::string pods_snapshot(const Life& life);
/// `leader`: "host:port"
[[nodiscard]] std::string info_snapshot(const Life& life, std::string_view leader);

}  // namespace tally::simulate
