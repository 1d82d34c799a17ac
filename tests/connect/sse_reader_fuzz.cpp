// Whole and cut at every place that the input itself names, padded and not: always the same frames.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connect/fuzz_frames.hpp"
#include "tally/connect/sse_reader.hpp"

using tally::connect::FuzzFrames;
using tally::connect::SseReader;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto cuts = FuzzFrames::cuts_of(input);
    for (const std::size_t bytes_max : {std::size_t{16}, std::size_t{5000}}) {
        FuzzFrames whole;
        SseReader reader(bytes_max);
        whole.feed_all(reader, {input});
        const bool inside = reader.inside_event();
        reader.reset();
        FuzzFrames pieces;
        pieces.feed_all(reader, cuts);
        if (whole.frames != pieces.frames || inside != reader.inside_event()) {
            std::abort();
        }
    }
    return 0;
}
