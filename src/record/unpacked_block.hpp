#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/payload_layout.hpp"
#include "record/payload_short.hpp"
#include "tally/base/result.hpp"

struct ZSTD_DCtx_s;

namespace tally::record {

/// A row of table payload_block, unpacked. Knows nothing of SQLite: the extension reads blocks with it, too. Thread: one
/// at a time.
class UnpackedBlock {
  public:
    UnpackedBlock();
    ~UnpackedBlock();
    UnpackedBlock(const UnpackedBlock&) = delete;
    UnpackedBlock& operator=(const UnpackedBlock&) = delete;

    /// The columns of the row. An error: it is damaged, and nothing is covered.
    [[nodiscard]] Result<void> unpack(
        model::Seq first, model::Seq last, std::int64_t events, std::string_view packed, int layout
    );

    [[nodiscard]] bool covers(model::Seq seq) const { return first_ <= seq && seq <= last_; }
    /// The payload of an event whose row has those names, until the next call; nothing if it is not in the block.
    [[nodiscard]] std::optional<std::string_view> find(model::Seq seq, const PayloadNames& names);

  private:
    ZSTD_DCtx_s* context_;
    model::Seq first_ = 0, last_ = -1;
    std::string raw_;
    std::string whole_;
    std::vector<PayloadEntry> entries_;  ///< by seq
};

}  // namespace tally::record
