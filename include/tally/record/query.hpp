#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
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
    bool truncated = false;  ///< there were more rows than the limits let through
};

/// What a statement may cost. The default is no limit, for one's own program; for_strangers() is
/// what others get.
struct QueryLimits {
    using Clock = std::chrono::steady_clock;

    std::size_t rows_max = 0;   ///< 0: all
    std::size_t bytes_max = 0;  ///< of text as JSON shows it, about; 0: all
    int value_bytes_max = 0;    ///< a larger value is an error; 0: SQLite's own limit of 1 GB
    Clock::time_point deadline = Clock::time_point::max();
    std::function<Clock::time_point()> now = Clock::now;
    std::function<bool()> cancelled =
        nullptr;  ///< asked often, on the caller's thread; empty: never

    /// Those of GET /api/v1/query: 10 000 rows, 16 MiB, values of 4 MiB; until `deadline`.
    [[nodiscard]] static QueryLimits for_strangers(Clock::time_point deadline);
};

struct QueryError {
    enum class Kind : std::uint8_t {
        wrong,        ///< no SQL, several statements, an unknown name, a value too large, a failing
                      ///< function
        refused,      ///< it would do more than read
        deadline,     ///< it took too long
        cancelled,    ///< as QueryLimits::cancelled said
        unavailable,  ///< the database could not be read: locked, damaged
    };
    Kind kind{};
    std::string what;
};

using QueryResult = boost::system::result<Table, QueryError>;

/// Runs one read-only statement on the history at `path` by a connection of its own: SELECT, WITH
/// and EXPLAIN of those; all else is refused before it runs, by its first word or by SQLite's
/// authorizer. `parameters` are bound by name (`:app`), as numbers where they read like one. Errors
/// are SQLite's words. CannotStart if the file is no history or cannot be opened. BLOBs come as
/// lower-case hex. Limits that end the rows give a truncated Table, all others an error. SQLite
/// looks at the clock between the steps of its machine, so a single long step (a LIKE over
/// megabytes) ends late. Thread: any; it waits for the disk.
[[nodiscard]] QueryResult query(
    const std::string& path,
    const std::string& sql,
    const std::vector<std::pair<std::string, std::string>>& parameters,
    const QueryLimits& limits
);

}  // namespace tally::record
