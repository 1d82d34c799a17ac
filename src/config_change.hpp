#pragma once

#include "config.hpp"

namespace tally {

/// Whether a running program can go from one configuration to the other. The error names the first setting that needs a
/// restart: what is opened once at the start (files, ports), and what decides how the history is counted.
[[nodiscard]] Result<void> can_become(const Config& now, const Config& next);

/// Takes over what a reload may change; what needs a restart is the same in both.
void take_over(Config& now, const Config& next);

/// Whether the streams of a source that is itself unchanged can go on under the other configuration.
[[nodiscard]] bool follows_alike(const Config& one, const Config& other);

}  // namespace tally
