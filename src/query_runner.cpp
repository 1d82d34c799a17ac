#include "query_runner.hpp"

#include <algorithm>

#include "tally/base/assert.hpp"
#include "tally/record/query.hpp"
#include "tally/record/table_text.hpp"

namespace tally {

namespace {

using Kind = serve::QueryFault::Kind;
using Clock = record::QueryLimits::Clock;

Kind kind_of(record::QueryError::Kind kind) {
    using From = record::QueryError::Kind;
    switch (kind) {
        case From::wrong:
            return Kind::wrong;
        case From::refused:
            return Kind::refused;
        case From::deadline:
            return Kind::deadline;
        case From::cancelled:
            return Kind::cancelled;
        case From::unavailable:
            return Kind::unavailable;
    }
    TALLY_ASSERT(false);
    return {};
}

record::QueryLimits limits_of(const serve::QueryTask& task, QuerySize size) {
    constexpr std::size_t value_max = 1'000'000'000;  // SQLite's own
    auto limits = record::QueryLimits::for_strangers(task.deadline);
    limits.rows_max = size.rows_max;
    limits.bytes_max = size.bytes_max;
    limits.value_bytes_max = static_cast<int>(std::min(size.value_bytes_max, value_max));
    limits.cancelled = task.cancelled;
    return limits;
}

boost::system::result<serve::QueryText, serve::QueryFault> run(
    const std::string& database, const serve::QueryTask& task, QuerySize size
) {
    const Clock::time_point begin = Clock::now();
    const auto table = record::query(database, task.sql, {}, limits_of(task, size));
    if (!table) {
        return serve::QueryFault{kind_of(table.error().kind), table.error().what};
    }
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    const bool csv = task.format == serve::QueryFormat::csv;
    return serve::QueryText{
        .body = csv ? record::table_as_csv(*table) : record::table_as_json(*table, elapsed),
        .truncated = table->truncated};
}

}  // namespace

serve::RunQuery query_runner(std::string database, QuerySize size) {
    return [database = std::move(database), size](const serve::QueryTask& task) {
        try {
            return run(database, task, size);
        } catch (const CannotStart& error) {  // moved away, or replaced by something else, while we run
            return boost::system::result<serve::QueryText, serve::QueryFault>(
                serve::QueryFault{Kind::unavailable, error.what}
            );
        }
    };
}

}  // namespace tally
