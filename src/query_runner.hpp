#pragma once

#include <string>

#include "config.hpp"
#include "tally/serve/query_api.hpp"

namespace tally {

/// Runs the queries of HTTP clients on the history at `database`, each by a connection of its own, within `size` and
/// until the task's deadline.
[[nodiscard]] serve::RunQuery query_runner(std::string database, QuerySize size);

}  // namespace tally
