#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tally/record/mark_code.hpp"

// Any bytes, as a damaged file may hold: nothing, or a mark that is written so.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto mark = tally::record::decode_mark(bytes);
    if (mark && tally::record::encode(*mark) != bytes) {
        std::abort();
    }
    return 0;
}
