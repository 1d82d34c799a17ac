#pragma once

#include <string>
#include <string_view>

#include "tally/connect/credentials.hpp"
#include "yaml_section.hpp"

namespace tally {

/// One line of some text: what a header or a URL can carry. Throws yaml::Fault.
[[nodiscard]] std::string header_text(const YAML::Node& node, std::string_view name);

/// Settings `key`, `key_file` and `key_env`, beside the others of a section.
void add_secret(yaml::Section& section, const std::string& key, connect::Secret& secret);

/// How many of the three are set. One is right.
[[nodiscard]] int places_of(const connect::Secret& secret);

}  // namespace tally
