#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tally::serve {

struct Credentials {
    std::string user;
    std::string password;
};

/// What an Authorization header of `Basic` says; nothing when it is of another scheme, not base64,
/// or has no colon. Pure.
[[nodiscard]] std::optional<Credentials> basic_credentials(std::string_view authorization);

}  // namespace tally::serve
