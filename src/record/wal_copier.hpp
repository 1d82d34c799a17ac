#pragma once

#include <cstdint>
#include <future>
#include <string>

namespace tally::record {

class Database;

/// Copies what is committed from the WAL into the file (SQLite's checkpoint) beside the connection that writes on, so that it
/// need not wait for the disk. What fails is left to the next checkpoint. Thread: one at a time.
class WalCopier {
  public:
    /// Of the database at `path`. A WAL has `wal_bytes_max` and one transaction at most, or
    /// what is written while a reader holds on to an old state.
    WalCopier(std::string path, std::uintmax_t wal_bytes_max) : path_(std::move(path)), wal_bytes_max_(wal_bytes_max) {}

    /// After a commit: begins, unless a copy is on its way.
    void start();
    /// Before a transaction of `db`: waits until a WAL that has grown too long is copied, so that it begins anew.
    void make_room(Database& db);

  private:
    std::string path_;
    std::uintmax_t wal_bytes_max_;
    std::future<void> copying_;  // its destructor waits
};

}  // namespace tally::record
