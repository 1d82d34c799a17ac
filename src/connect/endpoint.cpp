#include "tally/connect/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "connect/base64.hpp"

namespace tally::connect {
namespace {

constexpr std::size_t url_bytes_max = 8192;
constexpr std::size_t host_bytes_max = 253;
constexpr std::string_view events_path = "/v2/events";
constexpr std::string_view letters_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
    return result;
}

std::uint16_t default_port(bool tls) {
    return tls ? 443 : 80;
}

/// `text` up to the first of `marks`; cuts that off `text`.
std::string_view take_until(std::string_view& text, std::string_view marks) {
    const auto end = std::min(text.find_first_of(marks), text.size());
    const auto taken = text.substr(0, end);
    text.remove_prefix(end);
    return taken;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, code] = std::from_chars(digits.data(), end, port);
    if (code != std::errc() || stop != end || port == 0) {
        return {};
    }
    return port;
}

bool is_host_name(std::string_view host) {
    const auto known = [](char c) {
        return letters_and_digits.find(c) != std::string_view::npos || c == '-' || c == '.' ||
               c == '_';
    };
    return !host.empty() && host.size() <= host_bytes_max && std::ranges::all_of(host, known);
}

bool is_ipv6_literal(std::string_view host) {
    return host.find(':') != std::string_view::npos && host.size() <= 45 &&
           host.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
}

/// Reads host and port; an error message or nothing.
std::optional<Error> read_host(std::string_view text, Endpoint& endpoint) {
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) {
            return Error{"the IPv6 address has no closing bracket"};
        }
        endpoint.host = lower(text.substr(1, close - 1));
        port = text.substr(close + 1);
        if (!is_ipv6_literal(endpoint.host)) {
            return Error{"not an IPv6 address between the brackets"};
        }
    } else {
        endpoint.host = lower(take_until(text, ":"));
        port = text;
        if (!is_host_name(endpoint.host)) {
            return Error{"no usable host name"};
        }
    }
    if (port.empty() || port == ":") {
        return {};
    }
    const auto number = port.front() == ':' ? parse_port(port.substr(1)) : std::nullopt;
    if (!number) {
        return Error{"the port is not a number from 1 to 65535"};
    }
    endpoint.port = *number;
    return {};
}

void read_path(std::string_view text, Endpoint& endpoint) {
    text = take_until(text, "#");
    endpoint.path = take_until(text, "?");
    endpoint.query = text.empty() ? "" : text.substr(1);
}

/// Nothing that could end a header line or a request target early.
std::optional<Error> check_bytes(std::string_view url) {
    if (url.size() > url_bytes_max) {
        return Error{"longer than 8192 bytes"};
    }
    if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c >= '\x7F'; })) {
        return Error{"a blank, a control character or a byte beyond ASCII"};
    }
    return {};
}

int hex_digit(char c) {
    const auto at = std::string_view("0123456789abcdef").find(lower(c));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string percent_decode(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool escape = text[at] == '%' && at + 2 < text.size() &&
                            hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
        if (escape) {
            result += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
    if (auto error = check_bytes(url)) {
        return *error;
    }
    const auto scheme_end = url.find("://");
    const auto scheme = lower(url.substr(0, std::min(scheme_end, url.size())));
    if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
        return Error{"does not begin with http:// or https://"};
    }
    Endpoint endpoint;
    endpoint.tls = scheme == "https";
    endpoint.port = default_port(endpoint.tls);
    url.remove_prefix(scheme_end + 3);
    auto server = take_until(url, "/?#");
    if (const auto at = server.rfind('@'); at != std::string_view::npos) {
        endpoint.userinfo = server.substr(0, at);
        server.remove_prefix(at + 1);
    }
    if (auto error = read_host(server, endpoint)) {
        return *error;
    }
    read_path(url, endpoint);
    return endpoint;
}

Result<Endpoint> parse_location(const Endpoint& from, std::string_view location) {
    if (location.starts_with("//")) {
        return parse_location(from, (from.tls ? "https:" : "http:") + std::string(location));
    }
    if (location.starts_with('/')) {
        if (auto error = check_bytes(location)) {
            return *error;
        }
        Endpoint endpoint = from;
        endpoint.userinfo.clear();
        read_path(location, endpoint);
        return endpoint;
    }
    auto endpoint = parse_endpoint(location);
    if (endpoint) {
        endpoint->userinfo.clear();
    }
    return endpoint;
}

std::string shown(const Endpoint& endpoint) {
    return (endpoint.tls ? "https://" : "http://") + authority(endpoint) + endpoint.path;
}

std::string authority(const Endpoint& endpoint) {
    const bool literal = endpoint.host.find(':') != std::string::npos;
    const auto host = literal ? "[" + endpoint.host + "]" : endpoint.host;
    return endpoint.port == default_port(endpoint.tls) ? host
                                                       : host + ":" + std::to_string(endpoint.port);
}

std::string request_target(const Endpoint& endpoint) {
    const auto path = endpoint.path.empty() ? "/" : endpoint.path;
    return endpoint.query.empty() ? path : path + "?" + endpoint.query;
}

std::string events_target(const Endpoint& endpoint) {
    const auto target = rest_target(endpoint, events_path) + "?plan-format=light";
    return endpoint.query.empty() ? target : target + "&" + endpoint.query;
}

std::string rest_target(const Endpoint& endpoint, std::string_view target) {
    std::string_view path = endpoint.path;
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    if (path.ends_with(events_path)) {
        path.remove_suffix(events_path.size());
    }
    return std::string(path) + std::string(target);
}

bool same_server(const Endpoint& a, const Endpoint& b) {
    return a.tls == b.tls && a.host == b.host && a.port == b.port;
}

std::string basic_authorization(std::string_view userinfo) {
    auto user = take_until(userinfo, ":");
    const auto password = userinfo.empty() ? userinfo : userinfo.substr(1);
    return basic_authorization(percent_decode(user), percent_decode(password));
}

std::string basic_authorization(std::string_view user, std::string_view password) {
    return "Basic " + base64(std::string(user) + ":" + std::string(password));
}

}  // namespace tally::connect
