#include "serve/gzip.hpp"

#include <libdeflate.h>
#include <memory>

#include "tally/base/assert.hpp"

namespace tally::serve {

std::string gzip(std::string_view plain) {
    constexpr int level = 1;
    const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> packer(
        libdeflate_alloc_compressor(level), &libdeflate_free_compressor
    );
    TALLY_ASSERT(packer != nullptr);
    std::string packed(libdeflate_gzip_compress_bound(packer.get(), plain.size()), '\0');
    const std::size_t size = libdeflate_gzip_compress(
        packer.get(), plain.data(), plain.size(), packed.data(), packed.size()
    );
    TALLY_ASSERT(size != 0);
    packed.resize(size);
    packed.shrink_to_fit();
    return packed;
}

}  // namespace tally::serve
