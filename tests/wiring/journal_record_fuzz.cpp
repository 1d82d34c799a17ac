// Any bytes are a record whose bodies lie within it, which is then written as the same bytes but for the unused ones, or
// none.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "journal_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t unused_at = 2, unused_bytes = 2;
    static std::vector<tally::Slab::Body> room;
    std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto record = tally::JournalRecord::parse(bytes, room);
    if (!record) {
        return 0;
    }
    std::uint64_t sum = 0;
    for (const tally::Slab::Body& body : record->bodies) {
        for (const char c : record->bytes.substr(body.at, body.size)) {
            sum += static_cast<unsigned char>(c);
        }
        if (body.at + body.size > record->bytes.size()) {
            std::abort();
        }
    }
    tally::JournalRecord::Head head{};
    std::string again;
    for (const std::string_view piece : record->pieces(head)) {
        again += piece;
    }
    bytes.replace(unused_at, unused_bytes, unused_bytes, '\0');
    if (again != bytes || sum == ~std::uint64_t{0}) {
        std::abort();
    }
    return 0;
}
