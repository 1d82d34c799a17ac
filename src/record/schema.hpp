#pragma once

namespace tally::record {

/// "MTal": what `PRAGMA application_id` of our files says.
inline constexpr int application_id = 0x4D54616C;
/// Version of schema/history.sql; a migration to each later one is in database.cpp.
inline constexpr int schema_version = 1;

extern const char* const history_sql;
extern const char* const indices_sql;

}  // namespace tally::record
