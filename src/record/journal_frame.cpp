#include "record/journal_frame.hpp"

#include <array>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tally::record {

namespace {

std::uint64_t hash(std::span<const std::string_view> pieces) {
    if (pieces.size() == 1) {
        return journal_check(pieces[0]);
    }
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    for (const std::string_view piece : pieces) {
        XXH3_64bits_update(&state, piece.data(), piece.size());
    }
    return XXH3_64bits_digest(&state);
}

/// Tied to its place.
std::uint64_t seal(std::uint64_t hash, std::uint64_t position, std::uint64_t salt) {
    const std::array<std::uint64_t, 3> all{hash, position, salt};
    return XXH3_64bits(all.data(), sizeof all);
}

std::uint32_t head_check(std::uint32_t bytes, std::uint64_t position, std::uint64_t salt) {
    return static_cast<std::uint32_t>(seal(bytes, position, salt) >> 32U);
}

}  // namespace

std::uint64_t journal_check(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

JournalFrame make_frame(
    std::uint64_t position, std::uint64_t salt, std::span<const std::string_view> pieces, std::uint64_t bytes
) {
    const auto length = static_cast<std::uint32_t>(bytes);
    return {.bytes = length,
            .head_check = head_check(length, position, salt),
            .body_check = seal(hash(pieces), position, salt)};
}

bool has_whole_head(const JournalFrame& frame, std::uint64_t position, std::uint64_t salt) {
    return frame.head_check == head_check(frame.bytes, position, salt);
}

bool is_of(const JournalFrame& frame, std::uint64_t position, std::uint64_t salt, std::string_view body) {
    return body.size() == frame.bytes && frame.body_check == seal(journal_check(body), position, salt);
}

}  // namespace tally::record
