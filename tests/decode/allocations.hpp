#pragma once

#include <cstddef>

/// Bytes and calls of every operator new in this program, the parser's library included.
struct Allocations {
    std::size_t calls = 0;
    std::size_t largest = 0;
    std::size_t limit = static_cast<std::size_t>(-1);  ///< larger ones fail
    std::size_t live = 0;                              ///< bytes
    std::size_t peak = 0;                              ///< the most that lived; may be set back
};

extern Allocations allocations;
