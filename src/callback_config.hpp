#pragma once

#include <string>
#include <vector>

#include "tally/base/result.hpp"

namespace YAML {
class Node;
}

namespace tally {

/// The HTTP callbacks of a source (Marathon 1.4 and before). At most one of the secret's three is set.
struct CallbackConfig {
    std::string register_url;  ///< empty: it is not we who register
    std::string secret;
    std::string secret_file;
    std::string secret_env;
    std::vector<std::string> allow;  ///< addresses and ranges; empty: everybody may post

    friend bool operator==(const CallbackConfig&, const CallbackConfig&) = default;
};

/// The section `callback` of a source. One without settings says that there are callbacks. Throws yaml::Fault.
[[nodiscard]] CallbackConfig read_callback(const YAML::Node& node, const std::string& name);

/// Files and the environment are not looked at: they may come later. `has_urls`: the source has a Marathon to register
/// with.
[[nodiscard]] Result<void> check(const CallbackConfig& callback, bool has_urls);

}  // namespace tally
