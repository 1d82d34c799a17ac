#pragma once

#include "record/database.hpp"

namespace tally::record {

/// Makes a file of an older version one of ours, in one transaction: all or nothing. Throws SqliteError.
void migrate(Database& db);

}  // namespace tally::record
