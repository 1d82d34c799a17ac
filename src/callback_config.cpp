#include "callback_config.hpp"

#include <fmt/format.h>

#include "address_range.hpp"
#include "secret_config.hpp"
#include "tally/connect/endpoint.hpp"
#include "yaml_section.hpp"

namespace tally {

namespace {

/// Nobody, or everybody? An empty list says neither.
std::vector<std::string> ranges(const YAML::Node& node, std::string_view name) {
    std::vector<std::string> found = yaml::list(node, name);
    if (found.empty()) {
        throw yaml::Fault{node.Mark(), fmt::format("{} is empty", name)};
    }
    return found;
}

}  // namespace

CallbackConfig read_callback(const YAML::Node& node, const std::string& name) {
    CallbackConfig found;
    if (!node.IsNull()) {
        yaml::Section section{{"register", yaml::set(found.register_url, yaml::some_text)},
                              {"allow", yaml::set(found.allow, ranges)}};
        add_secret(section, "secret", found.secret);
        yaml::read_section(node, name, section);
    }
    return found;
}

Result<void> check(const CallbackConfig& callback, bool has_urls) {
    if (places_of(callback.secret) > 1) {
        return Error{"callback: one of secret, secret_file and secret_env is enough"};
    }
    if (!callback.register_url.empty()) {
        if (const auto endpoint = connect::parse_endpoint(callback.register_url); !endpoint) {
            return Error{fmt::format("callback: register: {}", endpoint.error().what)};
        }
        if (!has_urls) {
            return Error{"callback: register: without urls there is no Marathon to register with"};
        }
    }
    for (const std::string& range : callback.allow) {
        if (const auto parsed = AddressRange::parse(range); !parsed) {
            return Error{fmt::format("callback: allow: {}", parsed.error().what)};
        }
    }
    return {};
}

}  // namespace tally
