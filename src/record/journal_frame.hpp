#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tally::record {

/// What stands before each record of the journal, as it lies in the file (in the order of this machine's bytes).
///
/// Both checks are over the place too, and over the salt of the segment in which the frame begins: bytes of an earlier
/// use of a segment are no record, though they were one. The length has a check of its own, so that a damaged one
/// does not make the reader ask for a gigabyte. Zeros are no frame.
struct JournalFrame {
    std::uint32_t bytes = 0;  ///< of the record behind it
    std::uint32_t head_check = 0;
    std::uint64_t body_check = 0;
};
static_assert(sizeof(JournalFrame) == 16);

[[nodiscard]] JournalFrame make_frame(
    std::uint64_t position, std::uint64_t salt, std::span<const std::string_view> pieces, std::uint64_t bytes
);

/// Whether its length can be believed.
[[nodiscard]] bool has_whole_head(const JournalFrame& frame, std::uint64_t position, std::uint64_t salt);

/// Whether `body`, of the length it says, is what it was made for.
[[nodiscard]] bool is_of(
    const JournalFrame& frame, std::uint64_t position, std::uint64_t salt, std::string_view body
);

/// A check over any bytes, for headers.
[[nodiscard]] std::uint64_t journal_check(std::string_view bytes);

}  // namespace tally::record
