#pragma once

#include <string>

#include "tally/record/history.hpp"

struct sqlite3;

namespace tally::record {

/// What SQLite's code means to an operator; `number` is the errno behind it, 0 if that is not known. Pure.
[[nodiscard]] HistoryError::Kind kind_of(int code, int number);

/// The errno behind an I/O error of a write just now, by what SQLite keeps of it for the -wal; where that says nothing, as
/// when the -shm cannot grow, by the state of the disk at `path`.
[[nodiscard]] int system_errno(sqlite3* db, const std::string& path);

}  // namespace tally::record
