#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "callback_config.hpp"
#include "tally/base/result.hpp"
#include "tally/connect/credentials.hpp"
#include "tally/connect/subscription.hpp"

namespace YAML {
class Node;
}

namespace tally {

/// One Marathon cluster: its name, the URLs of its members, and how we come to be let in. Without URLs it is fed by
/// callbacks only.
struct SourceConfig {
    std::string name;
    std::vector<std::string> urls;
    connect::CredentialSettings credentials = {};
    connect::Subscription::Tls tls = {};
    std::string accept_framework = {};  ///< reconcile.accept_framework: another cluster's id we may go on with
    std::optional<CallbackConfig> callback = {};  ///< set where there is such a section; any source takes callbacks

    friend bool operator==(const SourceConfig&, const SourceConfig&) = default;
};

/// `[NAME=]URL[,URL...]`: the name is what stands before the first `=`, if that holds no `/` and no `:`. `NAME=` alone is
/// a source fed by callbacks only.
[[nodiscard]] Result<SourceConfig> parse_source(const std::string& text);

/// The list of a settings file. Throws yaml::Fault.
[[nodiscard]] std::vector<SourceConfig> read_sources(const YAML::Node& node, std::string_view name);

/// 1 to 256 bytes: it is a label value.
[[nodiscard]] Result<void> check_source_name(const std::string& name);

/// Everything that can be known to be wrong without trying. The error repeats no URL, which may hold a password.
[[nodiscard]] Result<void> check(const SourceConfig& source);

}  // namespace tally
