#pragma once

#include <string>
#include <vector>

#include "tally/base/result.hpp"
#include "tally/connect/credentials.hpp"

namespace YAML {
class Node;
}

namespace tally {

/// The HTTP callbacks of a source (Marathon 1.4 and before).
struct CallbackConfig {
    std::string register_url;  ///< empty: it is not we who register
    connect::Secret secret;    ///< of no place: none is asked for
    std::vector<std::string> allow;  ///< addresses and ranges; empty: everybody may post

    friend bool operator==(const CallbackConfig&, const CallbackConfig&) = default;
};

/// The section `callback` of a source. One without settings says that there are callbacks. Throws yaml::Fault.
[[nodiscard]] CallbackConfig read_callback(const YAML::Node& node, const std::string& name);

/// Files and the environment are not looked at: they may come later. `has_urls`: the source has a Marathon to register
/// with.
[[nodiscard]] Result<void> check(const CallbackConfig& callback, bool has_urls);

}  // namespace tally
