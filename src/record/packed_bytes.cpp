#include "record/packed_bytes.hpp"

#include <cstdint>

#include <zstd.h>

#include "tally/base/assert.hpp"

namespace tally::record {

std::string pack_bytes(std::string_view bytes) {
    constexpr int level = 3;
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), level);
    TALLY_ASSERT(!ZSTD_isError(size));
    packed.resize(size);
    return packed;
}

bool unpack_bytes(std::string_view packed, std::string& to) {
    constexpr unsigned long long bytes_max = std::uint64_t{1} << 30;
    const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size > bytes_max) {  // as are the numbers for `unknown` and `error`
        return false;
    }
    to.resize(size);
    return ZSTD_decompress(to.data(), to.size(), packed.data(), packed.size()) == size;
}

}  // namespace tally::record
