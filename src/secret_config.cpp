#include "secret_config.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally {

std::string header_text(const YAML::Node& node, std::string_view name) {
    std::string text = yaml::some_text(node, name);
    if (std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; })) {
        throw yaml::Fault{node.Mark(), fmt::format("{} must be one line", name)};
    }
    return text;
}

void add_secret(yaml::Section& section, const std::string& key, connect::Secret& secret) {
    section.emplace(key, yaml::set(secret.text, header_text));
    section.emplace(key + "_file", yaml::set(secret.file, yaml::some_text));
    section.emplace(key + "_env", yaml::set(secret.env, yaml::some_text));
}

int places_of(const connect::Secret& secret) {
    return static_cast<int>(!secret.text.empty()) + static_cast<int>(!secret.file.empty()) +
           static_cast<int>(!secret.env.empty());
}

}  // namespace tally
