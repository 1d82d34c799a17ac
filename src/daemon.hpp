#pragma once

#include "config.hpp"

namespace tally {

/// Follows the sources, keeps the history, serves metrics, until SIGTERM, SIGINT or /-/quit. The exit code: 0
/// when all that was received is committed. CannotStart when it cannot begin.
[[nodiscard]] int run_daemon(const Config& config);

}  // namespace tally
