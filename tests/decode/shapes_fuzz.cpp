#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "decode/describe.hpp"
#include "decode/event_shapes.hpp"
#include "tally/decode/decoder.hpp"

// Any bytes: what a shape takes, the parser takes too and reads the same in it. No shape begins
// with a blank, so a blank in front leads a body to the parser.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static tally::decode::EventShapes shapes;
    static tally::decode::Decoder decoder;
    std::vector<char> bytes(size + tally::decode::body_padding, size % 2 == 0 ? '"' : '}');
    std::copy(data, data + size, bytes.begin());
    const std::string_view body(bytes.data(), size);
    tally::decode::Event event;
    if (!shapes.read(body, event)) {
        return 0;
    }
    const std::string shaped = tally::decode::describe(event);
    const std::string parsed = tally::decode::decoded(decoder, " " + std::string(body));
    if (shaped != parsed) {
        std::fprintf(stderr, "shaped: %s\nparsed: %s\n", shaped.c_str(), parsed.c_str());
        std::abort();
    }
    return 0;
}
