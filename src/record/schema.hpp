#pragma once

namespace tally::record {

/// "MTal": what `PRAGMA application_id` of our files says.
inline constexpr int application_id = 0x4D54616C;
/// Version of schema/history.sql; migrations.cpp leads to it from every older one.
inline constexpr int schema_version = 4;

extern const char* const history_sql;
extern const char* const views_sql;
extern const char* const indices_sql;
extern const char* const questions_sql;
/// What names are looked up with once the fold has forgotten some. Not before: they are an eighth of a history's bytes.
inline constexpr const char* name_indices_sql =
    "CREATE INDEX IF NOT EXISTS task_name ON task(name, source_id);"
    "CREATE INDEX IF NOT EXISTS instance_name ON instance(name, source_id);";

}  // namespace tally::record
