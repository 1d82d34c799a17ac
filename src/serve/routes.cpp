#include "tally/serve/routes.hpp"

#include <optional>

namespace tally::serve {

namespace {

/// The decoded parameter (empty for a path without one), or nothing when `path` is another.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
    const std::size_t brace = pattern.find('{');
    if (brace == std::string_view::npos) {
        return pattern == path ? std::optional(std::string()) : std::nullopt;
    }
    if (!path.starts_with(pattern.substr(0, brace))) {
        return std::nullopt;
    }
    const std::string_view segment = path.substr(brace);
    if (segment.empty() || segment.find('/') != std::string_view::npos) {
        return std::nullopt;
    }
    return percent_decode(segment, Plus::kept);
}

bool serves(Method method, std::string_view name) {
    return method == Method::get ? name == "GET" || name == "HEAD" : name == "POST";
}

}  // namespace

Routes::Found Routes::find(std::string_view method, std::string_view path) const {
    Found found;
    for (const Route& route : routes_) {
        auto parameter = match(route.path, path);
        if (!parameter) {
            continue;
        }
        if (serves(route.method, method)) {
            return {.route = &route, .parameter = *std::move(parameter), .allow = {}};
        }
        found.allow.append(found.allow.empty() ? "" : ", ");
        found.allow += route.method == Method::get ? "GET, HEAD" : "POST";
    }
    return found;
}

}  // namespace tally::serve
