#pragma once

#include <cstddef>
#include <string_view>

namespace tally {

// g++ takes a function that only prefetches for one without effect and leaves out its calls, unless it is always inlined.
#define TALLY_PREFETCH [[gnu::always_inline]] inline

/// Asks the memory for all lines of a value before they are needed.
template <class Value>
TALLY_PREFETCH void prefetch(const Value& value) {
    constexpr std::size_t line = 64;
    const char* begin = reinterpret_cast<const char*>(&value);
    for (std::size_t at = 0; at < sizeof(Value); at += line) {
        __builtin_prefetch(begin + at);
    }
    __builtin_prefetch(begin + sizeof(Value) - 1);
}

/// The same of text.
TALLY_PREFETCH void prefetch(std::string_view text) {
    constexpr std::size_t line = 64;
    for (std::size_t at = 0; at < text.size(); at += line) {
        __builtin_prefetch(text.data() + at);
    }
}

}  // namespace tally
