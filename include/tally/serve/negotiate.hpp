#pragma once

#include <string_view>

#include "tally/report/exposition.hpp"

namespace tally::serve {

/// The exposition format for an Accept header: OpenMetrics when it is named (with version 1.0.0 or
/// none) with a weight not below that of text, else text 0.0.4; also when neither is acceptable, as
/// every client that asks for protobuf can read text.
[[nodiscard]] report::Format negotiate_format(std::string_view accept);

/// Whether an Accept-Encoding header allows gzip: named, or by `*`, with a weight above 0. No
/// header: no.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace tally::serve
