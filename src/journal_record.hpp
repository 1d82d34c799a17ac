#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "slab.hpp"
#include "tally/model/facts.hpp"

namespace tally {

/// One record of the journal, as it is appended and read back:
///
///     head (40 bytes) | slab:  Slab::Body x count | bytes with their padding
///                     | mark:  record::encode(Mark)
///                     | release: nothing; the source's held inputs apply now, no snapshot came
///
/// Numbers in the machine's order: a journal does not move between machines.
struct JournalRecord {
    enum class Kind : std::uint8_t { slab = 1, mark = 2, release = 3 };

    Kind kind{};
    model::SourceId source = 0;
    Way way{};
    std::uint64_t connection = 0;
    TimeMs wall = 0;
    std::span<const Slab::Body> bodies{};
    std::string_view bytes{};  ///< of the slab's bodies, or of the mark

    /// The pieces to append, which point into this and `head`.
    using Head = std::array<char, 40>;
    [[nodiscard]] std::array<std::string_view, 3> pieces(Head& head) const;

    /// Nothing for bytes that are no record. Views into `record`; `bodies` are copied to `room` (they may lie unaligned).
    [[nodiscard]] static std::optional<JournalRecord> parse(std::string_view record, std::vector<Slab::Body>& room);
};

}  // namespace tally
