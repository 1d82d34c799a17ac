#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tally/base/time.hpp"
#include "way.hpp"

namespace tally {

/// Bodies of one source that arrived together, each followed by body_padding, on their way to ingest.
struct Slab {
    struct Body {
        std::uint64_t at = 0;    ///< in `bytes`
        std::uint64_t size = 0;
        std::uint64_t bytes = 0;  ///< true length, more than size when it was too large
        std::uint64_t too_large = 0;  ///< 1: only its beginning is here
    };

    std::string source;
    Way way = Way::stream;
    std::uint64_t connection = 0;
    TimeMs wall = 0;
    std::string bytes;
    std::vector<Body> bodies;
};

}  // namespace tally
