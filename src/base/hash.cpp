#include "tally/base/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tally {

Hash128 hash128(std::string_view bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {.low = hash.low64, .high = hash.high64};
}

}  // namespace tally
