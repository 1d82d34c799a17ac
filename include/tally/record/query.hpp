#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tally/base/result.hpp"

namespace tally::record {

/// One SQL value as it is shown.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<Value>> rows;
    bool truncated = false;
};

struct QueryLimits {
    std::size_t rows_max = 0;   ///< 0: all
    std::size_t bytes_max = 0;  ///< of text, about; 0: all
};

/// Runs one read-only statement on the history at `path` by a connection of its own: anything but SELECT,
/// WITH and EXPLAIN is refused by SQLite's authorizer. `parameters` are bound by name (`:app`), as
/// numbers where they read like one. Errors are
/// SQLite's words. CannotStart if the file is no history. BLOBs come as lower-case hex.
[[nodiscard]] Result<Table> query(
    const std::string& path, const std::string& sql,
    const std::vector<std::pair<std::string, std::string>>& parameters, QueryLimits limits
);

}  // namespace tally::record
