#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"

namespace tally::connect {

/// A JWT that says `uid`, holds until `expires` (seconds since 1970) and is signed with RS256. The error says what is
/// wrong with the key, and nothing of what it holds.
[[nodiscard]] Result<std::string> login_jwt(
    std::string_view uid, std::int64_t expires, const std::string& private_key_pem
);

/// When a JWT says that it expires, in seconds since 1970; none: it does not say, or is no JWT. The signature is not
/// looked at: whoever gave it to us knows.
[[nodiscard]] std::optional<std::int64_t> expiry_of(std::string_view jwt);

/// The `token` of a login's answer, an object with little else in it.
[[nodiscard]] std::optional<std::string> token_of(std::string_view answer);

}  // namespace tally::connect
