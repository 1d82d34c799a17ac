#pragma once

#include <cstdint>
#include <string_view>

namespace tally {

/// How an input came; the label `path` of the duplicates.
enum class Way : std::uint8_t { stream, callback, replay };
[[nodiscard]] std::string_view to_string(Way way);

}  // namespace tally
