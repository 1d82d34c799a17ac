#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tally/record/query.hpp"

struct sqlite3_stmt;

namespace tally::record {

[[nodiscard]] std::vector<std::string> columns_of(sqlite3_stmt* statement);

/// The row the statement stands on. BLOBs as lower-case hex.
[[nodiscard]] std::vector<Value> row_of(sqlite3_stmt* statement, int columns);

/// About how large that row's value is in JSON, found without copying it.
[[nodiscard]] std::size_t shown_bytes(sqlite3_stmt* statement, int column);

}  // namespace tally::record
