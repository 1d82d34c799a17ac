#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"

namespace tally::record {

/// What was received and is not in the history yet, in order, as it came (live.md section 0): memory queue, spill
/// and crash safety in one. A record survives kill -9 once append() has returned, loss of power about a second later.
///
/// Records lie one behind the other in an endless run of bytes; a Position is a place in it, never used again. The
/// bytes are kept in segment files beside the database, `PATH.0`, `PATH.1` ...: a reserve of them has its space on
/// the disk from the beginning, further ones are made while there is room and removed again, a released one is
/// written over. Damaged or half-written bytes end the run: what stands before them is whole.
///
/// Thread: one (ingest); bytes() from any.
class Journal {
  public:
    using Position = std::uint64_t;

    struct Options {
        std::uint64_t bytes_max = std::uint64_t{1} << 30;     ///< of records that are not released
        std::uint64_t reserve_bytes = std::uint64_t{64} << 20;  ///< or an eighth of the free space, if that is less
    };

    /// Opens what is there. `committed`: the smallest position that may still be asked for; a journal that ends before
    /// it begins anew there. CannotStart where the files cannot be used.
    Journal(std::string path, Options options, Position committed);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Calls `visit(record, behind)` for each whole record from `from` on, in order; the bytes are valid inside the call
    /// and have 64 readable bytes behind them. False from `visit` ends the reading. Returns the position reached.
    Result<Position> read(Position from, const std::function<bool(std::string_view, Position)>& visit);

    /// Adds one record, all or nothing, put together from its pieces; returns the position behind it. An error says
    /// why there is no room (bytes_max, full disk); nothing was added then, and it may work later.
    Result<Position> append(std::span<const std::string_view> pieces);

    /// Asks the disk to keep what was appended so far. May take long; not needed against kill -9.
    Result<void> sync();

    /// All before it is in the history: its room may be used again.
    void release(Position committed);

    [[nodiscard]] Position end() const;
    /// From the released position to the end.
    [[nodiscard]] std::uint64_t bytes() const;
    /// Whether a record of that size would find room now; looks at the disk only when the reserve is used up.
    [[nodiscard]] bool has_room(std::uint64_t bytes) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::record
