#pragma once

#include <string_view>

#include "tally/base/result.hpp"

namespace tally::decode {

/// Whether `body`, the answer to GET /v2/eventSubscriptions (`{"callbackUrls":[...]}`), lists this URL, to the letter.
/// An error where it is not such an answer. Pure; copies the body.
[[nodiscard]] Result<bool> lists_callback(std::string_view body, std::string_view url);

}  // namespace tally::decode
