#pragma once

#include <string>
#include <string_view>

namespace tally::serve {

/// `plain` as one gzip member, level 1, in some milliseconds per MB. Expositions come packed already.
[[nodiscard]] std::string gzip(std::string_view plain);

}  // namespace tally::serve
