#pragma once

#include <array>
#include <string_view>

#include "record/journal_run.hpp"

namespace tally::record {

/// Pieces on their way to the run: one call of the system for each segment touched (and for each 1000 pieces).
class JournalGather {
  public:
    explicit JournalGather(JournalRun& run) : run_(run) {}

    void begin(Journal::Position at);
    /// The bytes must live until flush(). Segments for them must be there.
    [[nodiscard]] Result<void> put(std::string_view bytes);
    [[nodiscard]] Result<void> flush();
    /// Of the segment in which the next byte will be.
    [[nodiscard]] std::uint64_t salt();

  private:
    void find_segment();

    static constexpr std::size_t pieces_max = 1024;  // IOV_MAX

    JournalRun& run_;
    JournalSegment* segment_ = nullptr;  ///< nullptr: not looked up yet
    Journal::Position at_ = 0;           ///< of the next byte
    Journal::Position written_ = 0;      ///< of the first one that waits
    std::array<iovec, pieces_max> pieces_{};  ///< the first place is the segment's
    std::size_t count_ = 1;
};

}  // namespace tally::record
