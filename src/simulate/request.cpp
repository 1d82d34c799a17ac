#include "simulate/request.hpp"

#include <algorithm>
#include <charconv>

namespace tally::simulate {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// %XX decoded (and + as a blank in a query); a % without two hex digits stays.
std::string decode(std::string_view text, bool query) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
                text.data() + i + 3) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += query && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::vector<std::string_view> values(
    const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name
) {
    std::vector<std::string_view> found;
    for (const auto& [key, value] : pairs) {
        if (key == name) {
            found.emplace_back(value);
        }
    }
    return found;
}

bool parse_line(std::string_view line, Request& request) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == 0 || first == std::string_view::npos || last <= first + 1) {
        return false;
    }
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        return false;
    }
    request.minor_version = version.back() - '0';
    request.method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::size_t mark = target.find('?');
    request.path = decode(target.substr(0, mark), false);
    if (mark == std::string_view::npos) {
        return true;
    }
    request.query = target.substr(mark + 1);
    std::string_view rest = request.query;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        const std::string_view value =
            equals == std::string_view::npos ? "" : pair.substr(equals + 1);
        request.parameters.emplace_back(decode(pair.substr(0, equals), true), decode(value, true));
    }
    return true;
}

}  // namespace

std::vector<std::string_view> Request::header(std::string_view name) const {
    return values(headers, name);
}

std::vector<std::string_view> Request::parameter(std::string_view name) const {
    return values(parameters, name);
}

bool Request::keeps_alive() const {
    for (const std::string_view value : header("connection")) {
        const std::string word = lower(value);
        if (word == "close") {
            return false;
        }
        if (word == "keep-alive") {
            return true;
        }
    }
    return minor_version == 1;
}

std::optional<std::size_t> Request::content_length() const {
    const std::vector<std::string_view> lengths = header("content-length");
    std::size_t length = 0;
    if (lengths.size() != 1 ||
        std::from_chars(lengths[0].data(), lengths[0].data() + lengths[0].size(), length).ptr !=
            lengths[0].data() + lengths[0].size()) {
        return std::nullopt;
    }
    return length;
}

std::optional<Request> parse_request(std::string_view head) {
    Request request;
    bool first = true;
    while (!head.empty()) {
        std::string_view line = head.substr(0, head.find('\n'));
        head.remove_prefix(std::min(head.size(), line.size() + 1));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty()) {
            break;
        }
        if (first) {
            if (!parse_line(line, request)) {
                return std::nullopt;
            }
            first = false;
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) {
            return std::nullopt;
        }
        request.headers.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    return first ? std::nullopt : std::optional<Request>(std::move(request));
}

std::optional<HttpUrl> parse_http_url(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (!text.starts_with(scheme)) {
        return std::nullopt;
    }
    text.remove_prefix(scheme.size());
    const std::size_t slash = text.find_first_of("/?");
    HttpUrl url;
    if (slash != std::string_view::npos) {
        url.target = text.substr(slash);
        if (url.target.front() == '?') {
            url.target.insert(0, 1, '/');
        }
    }
    std::string_view authority = text.substr(0, slash);
    const std::size_t bracket = authority.find(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        url.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (bracket != std::string_view::npos && authority.size() >= 2) {
        authority = authority.substr(1, authority.size() - 2);
    }
    url.host = authority;
    unsigned port = 0;
    const char* end = url.port.data() + url.port.size();
    const bool numeric = std::from_chars(url.port.data(), end, port).ptr == end &&
                         !url.port.empty() && port < 65'536;
    if (url.host.empty() || !numeric || url.host.find('@') != std::string::npos) {
        return std::nullopt;
    }
    return url;
}

}  // namespace tally::simulate
