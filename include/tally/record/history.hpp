#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tally/base/result.hpp"
#include "tally/model/facts.hpp"
#include "tally/model/world.hpp"

namespace tally::record {

/// Why the history could not be written.
struct HistoryError {
    enum class Kind : std::uint8_t {
        full,       ///< no room on the disk
        read_only,  ///< the disk, or the file
        busy,       ///< another process holds a lock on it
        io,         ///< the disk fails
        removed,    ///< the file was taken away: see restore_if_removed()
        damaged,    ///< it is no database any more
        other,
    };
    Kind kind{};
    std::string what;  ///< SQLite's words
};

/// "full", "read_only" ...: for the log. Pure.
[[nodiscard]] std::string_view name(HistoryError::Kind kind);

template <class T>
using HistoryResult = boost::system::result<T, HistoryError>;

/// The history file: the one writer of it. Everything a batch says goes in with one transaction.
///
/// Opening makes or migrates the file and takes its lock (a file beside it, `FILE.lock`), so that a second
/// writer is refused. Errors while opening are CannotStart; later ones are returned, and what was not
/// written can be written again, as soon as what was in the way is gone.
///
/// **Durability.** What write() returned for survives kill -9. Against loss of power SQLite alone (synchronous = NORMAL)
/// would keep what was checkpointed, minutes ago perhaps; FULL waits for the disk at every commit, ten times a second.
/// live.md grants a second, so the wiring calls sync() once a second, beside the writing, and only then releases the
/// journal up to the position committed before: what is not synced here is still there. One fdatasync a second here and
/// one of the Journal, none on the way of an event.
///
/// Thread: one at a time, but where it says "any"; other threads read by their own connections.
class History {
  public:

    explicit History(const std::string& path);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    /// The row of the source of that name, made if it is not there.
    [[nodiscard]] model::SourceId source(const std::string& name);
    /// Every source in the file, by id.
    struct Source {
        model::SourceId id = 0;
        std::string name;
    };
    [[nodiscard]] std::vector<Source> sources();

    /// The last input committed; the next one has a higher seq.
    [[nodiscard]] model::Seq last_seq();
    /// Where a source goes on in the journal: all before `position` is in the file; 0: it had none so far.
    struct JournalPlace {
        std::uint64_t position = 0;
        bool holds = false;  ///< what comes next is held until a snapshot is compared
    };
    [[nodiscard]] JournalPlace journal_place(model::SourceId source);
    /// Where the journal is to be read from, for all sources; 0: there was none so far.
    [[nodiscard]] std::uint64_t journal_begin();
    /// The next free AppId.
    [[nodiscard]] model::AppId next_app();
    /// A number no connection or file had before.
    [[nodiscard]] std::uint64_t next_connection();
    /// The number of a recording, told from others by how it begins: the same for the same one, so that a
    /// replay that goes on after an interruption tells the same story. 0 < number < 2^20 in the first million.
    [[nodiscard]] std::uint64_t recording(const Hash128& beginning);

    /// Puts the World of a source back to its last commit. The World must be new.
    void restore(model::World& world);

    /// A number that no other history has, for Journal::Options::history. Never 0.
    [[nodiscard]] std::uint64_t number();

    /// Writes batches (at most one per source) in one transaction, all or nothing. An error names SQLite's
    /// reason, a lock of another process after a second; the file is as it was after the last whole write, and the call
    /// may be repeated if that was the one before. `facts` writes what happened and leaves the transaction open for more: it ends with the next
    /// `whole`, whose batches bring the state of all since then (Batch::hand_on_state).
    enum class Part { facts, whole };
    [[nodiscard]] HistoryResult<void> write(const std::vector<model::Batch*>& batches, Part part = Part::whole);

    /// Moves a block of the oldest payloads, if there is a whole one received (or, where that is not known, that happened)
    /// before that time, out of their rows: v_events.payload is then NULL for plain SQLite tools. How many events; 0: there
    /// is nothing to do yet. Some 20 ms, in a transaction of its own. Not between Part::facts and Part::whole.
    [[nodiscard]] HistoryResult<std::uint64_t> pack_payloads(TimeMs received_before);

    /// How long, and how large without what is free in the file, a history is kept: 0: for ever, however large.
    struct Retention {
        TimeMs now = 0;  ///< wall clock
        std::chrono::milliseconds time{0};
        std::uint64_t bytes = 0;
    };
    /// A slice of what that needs: checkpoints, pruning up to one, giving pages back. False: there is nothing to do now. Some
    /// 20 ms, in a transaction of its own. Not between Part::facts and Part::whole.
    [[nodiscard]] HistoryResult<bool> retain(const Retention& retention);

    /// The time of the oldest event kept; nothing: there is none, or it cannot be read now.
    [[nodiscard]] std::optional<TimeMs> oldest_event();

    /// Waits until the disk has all that write() returned for before the call. An error too (`removed`) when the file is
    /// not where it was. From any thread.
    [[nodiscard]] HistoryResult<void> sync();

    /// When the file, its -wal or its -shm were removed or replaced: writes the history again to its path (beside, then
    /// renamed), and goes on with that file. True: it did. An error: it could not, the history is still whole in the
    /// removed files, and write() fails until a later call succeeds. Copies the whole file: seconds for gigabytes; otherwise some
    /// microseconds. Not between Part::facts and Part::whole.
    [[nodiscard]] HistoryResult<bool> restore_if_removed();
    /// How often that has happened. Who reads by a connection of their own have to reopen() it when it rises, before
    /// they forget anything that write() returned for since. From any thread.
    [[nodiscard]] std::uint64_t restorations() const;

    /// From here on the WAL is copied into the file beside what write() does (256 MB of it may wait). While the file is empty
    /// there is no WAL before the first commit. True: that is so, and until then nobody else can read the file (SQLITE_BUSY).
    [[nodiscard]] bool begin_bulk();
    /// Builds the indices that a new file does not have while it is loaded: after the load, and at every start, if a crash came
    /// between.
    [[nodiscard]] Result<void> build_indices();

    /// Makes build_indices() and restore() fail soon instead of going on: for a stop during a long start. From any
    /// thread; nothing can be done with the History afterwards.
    void abandon_start();

    struct Sizes {
        std::uint64_t database_bytes = 0, wal_bytes = 0, free_disk_bytes = 0;
    };
    [[nodiscard]] Sizes sizes() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::record
