#pragma once

#include <cstdio>
#include <cstdlib>

/// Our own bug, never the world's: stays on in release builds. Crash, do not limp.
#define TALLY_ASSERT(condition)                                                          \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                \
        }                                                                                \
    } while (false)
