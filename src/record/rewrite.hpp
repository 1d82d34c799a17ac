#pragma once

#include <atomic>
#include <string>

#include "record/database.hpp"
#include "record/open_files.hpp"

namespace tally::record {

/// Writes all that `db` shows, its -wal included, to a new file at `path`, whatever is there; `db`, whose files `open`
/// knows, must not be in a transaction, and goes on with the files it had. The new file has its name only once it is whole and on the disk; until
/// then it is `path`.restoring. Throws SqliteError; what was at `path` is untouched then. `stop` ends it early.
void rewrite(Database& db, const OpenFiles& open, const std::string& path, const std::atomic<bool>& stop);

/// What a rewrite that did not come to its end (kill -9) has left is half-made, and goes.
void remove_half_made(const std::string& path);

/// Makes an empty file, mode 0600 from the first moment (SQLite would make it with the umask's mode), if there is none.
void make_private(const std::string& path);

}  // namespace tally::record
