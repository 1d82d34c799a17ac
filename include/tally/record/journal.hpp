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
/// Positions count the bytes of the run, a little more than those of the records: bytes_of(). While a disk has room, a
/// further segment is made only if that leaves as much as the reserve to the history, without which the journal cannot be
/// emptied. Files named PATH.n that are not ours are left alone. PATH must not be DATABASE-journal or -wal.
///
/// Thread: one (ingest); sync(), end() and bytes() from any.
class Journal {
  public:
    using Position = std::uint64_t;

    struct Options {
        std::uint64_t bytes_max = std::uint64_t{1} << 30;     ///< of records that are not released
        std::uint64_t reserve_bytes = std::uint64_t{64} << 20;  ///< or an eighth of the free space, if that is less
        std::uint64_t history = 0;  ///< History::number(): what was received for another history is not read
    };

    /// A record: the pieces it is put together from.
    using Record = std::span<const std::string_view>;

    /// What a record of that many bytes takes of the run: the position behind it is so much further.
    [[nodiscard]] static constexpr std::uint64_t bytes_of(std::uint64_t record_bytes) { return record_bytes + 16; }

    /// Opens what is there. `committed`: the smallest position that may still be asked for; a journal that ends before
    /// it begins anew there. CannotStart where the files cannot be used.
    Journal(std::string path, Options options, Position committed);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Calls `visit(record, behind)` for each whole record from `from` on, in order; the bytes are valid inside the call
    /// and have 64 readable bytes behind them. False from `visit` ends the reading. Returns the position reached, less
    /// than end() also where bytes were damaged since. `visit` may append and release, not read. Error: the disk fails.
    [[nodiscard]] Result<Position> read(Position from, const std::function<bool(std::string_view, Position)>& visit);

    /// Adds one record, all or nothing, put together from its pieces; returns the position behind it. An error says
    /// why there is no room (bytes_max, full disk); nothing was added then, and it may work later.
    [[nodiscard]] Result<Position> append(Record record);
    /// The same for many, with one write: all or none. (After kill -9 inside the call some may be there, the first ones.)
    [[nodiscard]] Result<Position> append_all(std::span<const Record> records);

    /// Asks the disk to keep what was appended so far. May take long; not needed against kill -9: see History::sync().
    [[nodiscard]] Result<void> sync();

    /// All before it is in the history, and safe there (History::sync()): its room may be used again.
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
