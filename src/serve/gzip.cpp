#include "serve/gzip.hpp"

#include <algorithm>
#include <limits>
#include <zlib.h>

#include "tally/base/assert.hpp"

namespace tally::serve {

std::string gzip(std::string_view plain) {
    constexpr int level = 1;
    constexpr int gzip_window = 15 + 16;  // zlib: 16 more asks for the gzip format
    constexpr int memory = 8;
    z_stream stream{};
    TALLY_ASSERT(
        deflateInit2(&stream, level, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY) == Z_OK
    );
    std::string packed;
    int result = Z_OK;
    while (result != Z_STREAM_END) {
        constexpr std::size_t step_max = std::numeric_limits<uInt>::max();
        const std::size_t step = std::min(plain.size(), step_max);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
        stream.avail_in = static_cast<uInt>(step);
        const std::size_t size = packed.size();
        packed.resize(size + std::clamp<std::size_t>(plain.size() / 8, 4096, 1U << 20U));
        stream.next_out = reinterpret_cast<Bytef*>(packed.data() + size);
        stream.avail_out = static_cast<uInt>(packed.size() - size);
        result = deflate(&stream, step == plain.size() ? Z_FINISH : Z_NO_FLUSH);
        TALLY_ASSERT(result != Z_STREAM_ERROR);
        plain.remove_prefix(step - stream.avail_in);
        packed.resize(packed.size() - stream.avail_out);
    }
    deflateEnd(&stream);
    return packed;
}

}  // namespace tally::serve
