#pragma once

#include <functional>

#include "config.hpp"

namespace tally {

/// Follows the sources, keeps the history, serves metrics, until SIGTERM, SIGINT or /-/quit. The exit code: 0
/// when all that was received is committed. CannotStart when it cannot begin.
/// `read_config` reads the configuration again for a reload.
using ReadConfig = std::function<Result<Config>()>;
[[nodiscard]] int run_daemon(const Config& config, ReadConfig read_config);

}  // namespace tally
