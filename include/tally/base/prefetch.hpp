#pragma once

#include <cstddef>
#include <string_view>

namespace tally {

// g++ takes a function that only prefetches for one without effect and leaves out its calls, unless it is always inlined.
#define TALLY_PREFETCH [[gnu::always_inline]] inline

/// Asks the memory for all lines of these bytes before they are needed.
TALLY_PREFETCH void prefetch_bytes(std::string_view bytes) {
    constexpr std::size_t line = 64;
    for (std::size_t at = 0; at < bytes.size(); at += line) {
        __builtin_prefetch(bytes.data() + at);
    }
    if (!bytes.empty()) {
        __builtin_prefetch(&bytes.back());
    }
}

/// The same of a value itself.
template <class Value>
TALLY_PREFETCH void prefetch(const Value& value) {
    prefetch_bytes({reinterpret_cast<const char*>(&value), sizeof value});
}

}  // namespace tally
