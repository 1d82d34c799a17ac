#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "record/journal_frame.hpp"
#include "record/journal_run.hpp"

namespace tally::record {

/// Records out of the run, through a buffer. Believes nothing that a check has not proved. Thread: that of the Journal.
class JournalReader {
  public:
    explicit JournalReader(const JournalRun& run) : run_(run) {}

    /// The record whose frame begins at `at` and which ends by `limit`; nothing: there is no whole one. Bytes, and 64
    /// readable ones behind them, until the next call. Error: the disk does not say.
    [[nodiscard]] Result<std::optional<std::string_view>> record(Journal::Position at, Journal::Position limit);

    /// What was read may have been written over.
    void forget();

  private:
    /// That many bytes from `at` on; nothing: they are not there.
    [[nodiscard]] Result<std::optional<const char*>> bytes(Journal::Position at, std::size_t count, Journal::Position limit);
    void make_room(Journal::Position at, std::size_t count);

    const JournalRun& run_;
    std::unique_ptr<char[]> buffer_;
    std::size_t buffer_bytes_ = 0;
    Journal::Position begin_ = 0;  ///< of what is in the buffer
    std::size_t filled_ = 0;
};

}  // namespace tally::record
