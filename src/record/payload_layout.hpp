#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tally/model/facts.hpp"

namespace tally::record {

/// What a block of payloads is before zstd packs it: for each event, in the order of seq, the seq less that before, the group
/// and the length, as columns of bytes (each 32 bits; all lowest bytes first); then the bodies, those of a group together:
/// what is alike packs best side by side.
struct PayloadEntry {
    model::Seq seq = 0;
    std::uint32_t group = 0;  ///< below the number of entries
    std::uint32_t bytes = 0;
    std::size_t begin = 0;    ///< of its body in the block; when read
};

/// What the columns of layout 1 (payload_block.layout) take.
[[nodiscard]] std::size_t columns_bytes(std::size_t entries);

/// Writes them, without the bodies. `first` is the seq of the block.
void write_columns(char* to, model::Seq first, std::span<const PayloadEntry> entries);

/// Reads the entries of a block of either layout, in the order of seq. False if it is damaged: no length leads out of it.
[[nodiscard]] bool read_entries(
    std::string_view block, int layout, model::Seq first, std::uint64_t count, std::vector<PayloadEntry>& to
);

}  // namespace tally::record
