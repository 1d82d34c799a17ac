#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tally::connect {

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

/// The alphabet of URLs and JWTs, without padding.
[[nodiscard]] std::string base64url(std::string_view bytes);

/// Reads what base64url writes; none: it is something else.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace tally::connect
