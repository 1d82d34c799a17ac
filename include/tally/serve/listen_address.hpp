#pragma once

#include <string>
#include <string_view>

#include "tally/base/result.hpp"

namespace tally::serve {

struct ListenAddress {
    std::string host;  ///< without brackets; empty: all addresses
    std::string port;  ///< digits
};

/// `HOST:PORT`, `:PORT`, `[v6]:PORT`.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace tally::serve
