#pragma once

#include <string>
#include <vector>

#include "config.hpp"

namespace tally {

struct ReplayOptions {
    std::vector<std::string> files;  ///< "-" is stdin
    std::string source = "default";
    std::string format = "auto";     ///< auto, sse, ndjson
    std::string metrics;             ///< file for the exposition afterwards, "-" for stdout, empty: none
    bool strict = false;             ///< any rejected input: exit code 1
    bool json = false;               ///< the summary as one JSON object on stdout
};

/// Replays recorded streams into the history. The exit code: 0 done, 1 something could not be read, written
/// or (strict) was rejected. CannotStart before anything is stored.
[[nodiscard]] int replay(const ReplayOptions& options, const Config& config);

}  // namespace tally
