#pragma once

#include <string>

#include "record/file_id.hpp"
#include "tally/base/result.hpp"

namespace tally::record {

/// The files that an open connection writes: the database, its -wal and its -shm. SQLite goes on without an error when
/// somebody takes them away. Made while the connection is open. Thread: any.
class OpenFiles {
  public:
    explicit OpenFiles(const std::string& database);
    ~OpenFiles();
    OpenFiles(const OpenFiles&) = delete;
    OpenFiles& operator=(const OpenFiles&) = delete;

    /// Whether all three still have their names: only then another process, or we after a crash, would find what we write.
    [[nodiscard]] bool are_there() const;

    /// What others have put at our names is theirs: it stays, as NAME.replaced-1, -2 ..., the database with its -wal.
    /// Returns the errno, 0 for done.
    [[nodiscard]] int put_others_aside() const;

    /// Waits until the disk has what was written to the -wal; what is in the database and not in the -wal any more,
    /// SQLite has synced itself. (SQLite's locks are not on the -wal, so a descriptor of our own does no harm.)
    /// Returns the errno, 0 for done.
    [[nodiscard]] int sync() const;

  private:
    std::string database_;
    int wal_;
    FileId database_id_, wal_id_, shm_id_;
};

}  // namespace tally::record
