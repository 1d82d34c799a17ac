#include "source_config.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "secret_config.hpp"
#include "tally/connect/endpoint.hpp"
#include "yaml_section.hpp"

namespace tally {

namespace {

using yaml::Fault;
using yaml::read_section;
using yaml::scalar;
using yaml::set;
using yaml::some_text;

void check_secret(const YAML::Node& node, const std::string& name, const connect::Secret& secret) {
    if (places_of(secret) != 1) {
        throw Fault{node.Mark(), fmt::format("one of {0}, {0}_file and {0}_env is needed, and one only", name)};
    }
}

std::string user_name(const YAML::Node& node, std::string_view name) {
    std::string user = header_text(node, name);
    if (user.find(':') != std::string::npos) {
        throw Fault{node.Mark(), fmt::format("{} must have no colon", name)};
    }
    return user;
}

connect::BasicAuth basic_auth(const YAML::Node& node, const std::string& name) {
    connect::BasicAuth basic;
    yaml::Section section{{"username", set(basic.username, user_name)}};
    add_secret(section, "password", basic.password);
    read_section(node, name, section);
    if (basic.username.empty()) {
        throw Fault{node.Mark(), fmt::format("{}.username is needed", name)};
    }
    check_secret(node, name + ".password", basic.password);
    return basic;
}

std::string authorization_type(const YAML::Node& node, std::string_view name) {
    std::string type = header_text(node, name);
    if (type.find_first_of(" =,\"") != std::string::npos) {
        throw Fault{node.Mark(), fmt::format("{} must be one word, such as Bearer or token", name)};
    }
    return type;
}

connect::Authorization authorization(const YAML::Node& node, const std::string& name) {
    connect::Authorization authorization;
    yaml::Section section{{"type", set(authorization.type, authorization_type)}};
    add_secret(section, "credentials", authorization.credentials);
    read_section(node, name, section);
    check_secret(node, name + ".credentials", authorization.credentials);
    return authorization;
}

connect::Endpoint login_url(const YAML::Node& node, std::string_view name) {
    auto endpoint = connect::parse_endpoint(some_text(node, name));
    if (!endpoint) {
        throw Fault{node.Mark(), fmt::format("{}: {}", name, endpoint.error().what)};
    }
    if (!endpoint->userinfo.empty()) {
        throw Fault{node.Mark(), fmt::format("{} must have no user and password", name)};
    }
    return std::move(*endpoint);
}

connect::ServiceAccount service_account(const YAML::Node& node, const std::string& name) {
    connect::ServiceAccount account;
    read_section(node, name,
                 {{"uid", set(account.uid, header_text)},
                  {"private_key_file", set(account.private_key.file, some_text)},
                  {"private_key_env", set(account.private_key.env, some_text)},
                  {"login_url", set(account.login, login_url)}});
    if (account.uid.empty()) {
        throw Fault{node.Mark(), fmt::format("{}.uid is needed", name)};
    }
    if (account.private_key.file.empty() == account.private_key.env.empty()) {
        throw Fault{node.Mark(),
                    fmt::format("one of {0}.private_key_file and {0}.private_key_env is needed, and one only", name)};
    }
    return account;
}

connect::Subscription::Tls tls(const YAML::Node& node, const std::string& name) {
    connect::Subscription::Tls tls;
    read_section(node, name,
                 {{"ca_file", set(tls.ca_file, scalar)},
                  {"cert_file", set(tls.cert_file, scalar)},
                  {"key_file", set(tls.key_file, scalar)},
                  {"server_name", set(tls.server_name, scalar)},
                  {"insecure_skip_verify", set(tls.insecure_skip_verify, yaml::boolean)}});
    if (tls.cert_file.empty() && !tls.key_file.empty()) {
        throw Fault{node.Mark(), fmt::format("{0}.key_file needs {0}.cert_file", name)};
    }
    return tls;
}

SourceConfig read_source(const YAML::Node& node, const std::string& name) {
    SourceConfig source{.name = "default", .urls = {}};
    auto& credentials = source.credentials;
    read_section(node, name,
                 {{"name", set(source.name, scalar)},
                  {"urls", set(source.urls, yaml::list)},
                  {"basic_auth", set(credentials.basic, basic_auth)},
                  {"authorization", set(credentials.authorization, authorization)},
                  {"service_account", set(credentials.service_account, service_account)},
                  {"tls", set(source.tls, tls)},
                  {"callback", set(source.callback, read_callback)},
                  {"reconcile", yaml::nested({{"accept_framework", set(source.accept_framework, scalar)}})}});
    if (const auto good = check(source); !good) {
        throw Fault{node.Mark(), good.error().what};
    }
    return source;
}

Result<void> check_urls(const SourceConfig& source) {
    const bool fed_by_callbacks = source.urls.empty() && source.callback;
    const bool has_blank = std::count(source.urls.begin(), source.urls.end(), "") != 0;
    if ((source.urls.empty() && !fed_by_callbacks) || has_blank) {
        return Error{fmt::format("source {} needs a URL", source.name)};
    }
    for (const std::string& url : source.urls) {
        if (const auto endpoint = connect::parse_endpoint(url); !endpoint) {
            return Error{fmt::format("source {}: {}", source.name, endpoint.error().what)};
        }
    }
    return {};
}

/// Of those in URLs, basic_auth, authorization and service_account one at most.
Result<void> check_credentials(const SourceConfig& source) {
    const auto& [basic, authorization, service_account] = source.credentials;
    const bool in_urls = std::any_of(source.urls.begin(), source.urls.end(), [](const std::string& url) {
        return !connect::parse_endpoint(url)->userinfo.empty();
    });
    const auto given = {in_urls, basic.has_value(), authorization.has_value(), service_account.has_value()};
    if (std::count(given.begin(), given.end(), true) > 1) {
        return Error{fmt::format("source {}: a user in its URLs, basic_auth, authorization and service_account "
                                 "exclude each other", source.name)};
    }
    return {};
}

}  // namespace

std::vector<SourceConfig> read_sources(const YAML::Node& node, std::string_view name) {
    if (!node.IsSequence()) {
        throw Fault{node.Mark(), fmt::format("{} must be a list", name)};
    }
    std::vector<SourceConfig> found;
    std::set<std::string> names;
    for (const YAML::Node& item : node) {
        found.push_back(read_source(item, std::string(name)));
        if (!names.insert(found.back().name).second) {
            throw Fault{item.Mark(), fmt::format("there are two sources named {}", found.back().name)};
        }
    }
    return found;
}

Result<SourceConfig> parse_source(const std::string& text) {
    SourceConfig source{.name = "default", .urls = {}};
    std::string_view urls = text;
    const std::size_t equals = urls.find('=');
    if (equals != std::string_view::npos && urls.substr(0, equals).find_first_of("/:") == std::string_view::npos) {
        source.name = urls.substr(0, equals);
        urls.remove_prefix(equals + 1);
    }
    if (source.name.empty()) {
        return Error{"--marathon: the name before the first '=' is empty"};
    }
    if (urls.empty() && equals != std::string_view::npos) {
        source.callback = CallbackConfig{};
    }
    while (!urls.empty()) {
        const std::size_t comma = std::min(urls.find(','), urls.size());
        source.urls.emplace_back(urls.substr(0, comma));
        urls.remove_prefix(std::min(comma + 1, urls.size()));
    }
    return source;
}

Result<void> check_source_name(const std::string& name) {
    constexpr std::size_t bytes_max = 256;
    if (name.empty() || name.size() > bytes_max) {
        return Error{"a source needs a name of 1 to 256 bytes"};
    }
    return {};
}

Result<void> check(const SourceConfig& source) {
    if (const auto good = check_source_name(source.name); !good) {
        return good;
    }
    if (const auto good = check_urls(source); !good) {
        return good;
    }
    if (const auto good = check(source.callback.value_or(CallbackConfig{}), !source.urls.empty()); !good) {
        return Error{fmt::format("source {}: {}", source.name, good.error().what)};
    }
    return check_credentials(source);
}

}  // namespace tally
