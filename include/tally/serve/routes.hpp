#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tally/serve/http.hpp"

namespace tally::serve {

enum class Method : std::uint8_t { get, post };

/// What is answered where. `path` is matched as a whole; one that ends in `{name}` takes any one
/// non-empty segment there. GET routes answer HEAD too: the server leaves the body away.
struct Route {
    Method method{};
    std::string_view path;  ///< a literal
    Handler handler;
    std::size_t body_bytes_max = std::size_t{64} << 10;  ///< more: 413
    /// Asked with the header alone, before any of the body is read; what it returns is the answer.
    /// For who may ask here, when that shows in the header. Empty: all may. Called on the io thread.
    std::function<std::optional<Response>(const Request&)> gate{};
};

/// The table of routes, read on the io thread only once the server runs.
class Routes {
  public:
    /// What a request line leads to: a route with its parameter, or the methods to be named in
    /// Allow (empty: there is no such path).
    struct Found {
        const Route* route = nullptr;
        std::string parameter;
        std::string allow;
    };

    explicit Routes(std::vector<Route> routes) : routes_(std::move(routes)) {}

    /// `path` without query, as sent. The route lives as long as this table.
    [[nodiscard]] Found find(std::string_view method, std::string_view path) const;

  private:
    std::vector<Route> routes_;
};

}  // namespace tally::serve
