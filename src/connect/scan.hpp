#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "tally/connect/frame.hpp"

namespace tally::connect {

/// The first `wanted` in [from, to), else `to`.
inline const char* find_byte(char wanted, const char* from, const char* to) {
    const void* found = std::memchr(from, wanted, static_cast<std::size_t>(to - from));
    return found == nullptr ? to : static_cast<const char*>(found);
}

inline std::string_view view_of(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

/// Whether body_padding bytes behind `end_of_body` are readable, in bytes that end at `end`.
inline bool has_padding(const char* end_of_body, const char* end, bool padded) {
    return padded || end - end_of_body >= static_cast<std::ptrdiff_t>(body_padding);
}

}  // namespace tally::connect
