#include "record/migrations.hpp"

#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "record/schema.hpp"

namespace tally::record {

namespace {

/// migrations[n - 1] makes the tables of version n those of version n + 1. Views are not its business, nor are
/// indices: both are made anew from today's.
constexpr std::array migrations{
    // 2: what the fold has forgotten, and payloads in blocks.
    "ALTER TABLE source ADD COLUMN tasks_forgotten INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN instances_forgotten INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN deployments_forgotten INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE instance ADD COLUMN health_counts_from_ms INTEGER;"
    "ALTER TABLE histogram ADD COLUMN mixed INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE payload_block(first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, events INTEGER NOT NULL,"
    " packed BLOB NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS event_time ON event(time_ms / 1000.0);"
    "DROP INDEX IF EXISTS task_live; DROP INDEX IF EXISTS task_ended; DROP INDEX IF EXISTS instance_live;"
    "DROP INDEX IF EXISTS instance_idle; DROP INDEX IF EXISTS deployment_closed;",
    // 3: the life of the stream, snapshots, the journal.
    "ALTER TABLE source ADD COLUMN framework TEXT;"
    "ALTER TABLE source ADD COLUMN reconciled INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN by_callback INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN journal_position INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN journal_holds INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE instance_transition ADD COLUMN time_low_ms INTEGER;"
    "ALTER TABLE instance ADD COLUMN since_inferred INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE task ADD COLUMN since_inferred INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE session(source_id INTEGER NOT NULL, number INTEGER NOT NULL, start_ms INTEGER NOT NULL, "
    "last_ms INTEGER NOT NULL, end_ms INTEGER, connection INTEGER NOT NULL, cause TEXT, url TEXT NOT NULL, "
    "events INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY(source_id, number)) STRICT, WITHOUT "
    "ROWID;"
    "CREATE TABLE gap(source_id INTEGER NOT NULL, number INTEGER NOT NULL, start_ms INTEGER NOT NULL, "
    "end_ms INTEGER, cause TEXT NOT NULL, last_error TEXT, attempts INTEGER NOT NULL, lost INTEGER, "
    "reconciled INTEGER NOT NULL, inferred INTEGER NOT NULL, PRIMARY KEY(source_id, number)) STRICT, "
    "WITHOUT ROWID;"
    "CREATE TABLE mark(seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, source_id INTEGER NOT NULL, "
    "time_ms INTEGER NOT NULL, kind TEXT NOT NULL, packed INTEGER NOT NULL, body BLOB NOT NULL) STRICT;",
    // 4: one row for an input and its fact; payloads beside it; no index entry for each event.
    "CREATE TABLE kind(kind_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, event_type TEXT, received INTEGER NOT NULL,"
    " fact INTEGER NOT NULL, from_name TEXT, to_name TEXT) STRICT;"
    "CREATE INDEX kind_names ON kind(source_id, event_type, fact, from_name, to_name);"
    "CREATE TABLE input(seq INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind_id INTEGER NOT NULL, connection INTEGER,"
    " app_id INTEGER, task_id INTEGER, subject INTEGER, entity INTEGER, lag_ms INTEGER, dwell_ms INTEGER, host_id INTEGER,"
    " version_id INTEGER, message TEXT) STRICT;"
    "CREATE TABLE minute(minute INTEGER NOT NULL, source_id INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER"
    " NOT NULL, inputs INTEGER NOT NULL, PRIMARY KEY(minute, source_id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE payload(seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;"
    // The facts of before, each with the name of what went before and after.
    "CREATE TEMP TABLE old_fact(seq INTEGER PRIMARY KEY, source_id, time_ms, low_ms, app_id, fact, task_id, subject,"
    " from_name, to_name, dwell_ms, host_id, version_id, message);"
    "INSERT INTO old_fact SELECT seq, a.source_id, time_ms, time_low_ms, x.app_id, 1 + unexpected, task_id, NULL, f.value,"
    " o.value, dwell_ms, host_id, version_id, message FROM task_transition x JOIN app a USING (app_id)"
    " JOIN text f ON f.text_id = from_id JOIN text o ON o.text_id = to_id;"
    "INSERT INTO old_fact SELECT seq, a.source_id, time_ms, NULL, x.app_id, 3, task_id, NULL, f.value, o.value, NULL, NULL,"
    " NULL, NULL FROM task_late_event x JOIN app a USING (app_id)"
    " JOIN text f ON f.text_id = from_id JOIN text o ON o.text_id = to_id;"
    "INSERT INTO old_fact SELECT seq, a.source_id, time_ms, time_low_ms, x.app_id, 4, NULL, instance_id << 2 | 2, f.value,"
    " o.value, dwell_ms, host_id, NULL, NULL FROM instance_transition x JOIN app a USING (app_id)"
    " JOIN text f ON f.text_id = from_id JOIN text o ON o.text_id = to_id;"
    "INSERT INTO old_fact SELECT seq, a.source_id, time_ms, NULL, x.app_id, 5, NULL, entity, f.value, o.value, NULL, NULL,"
    " NULL, NULL FROM health_failure x JOIN app a USING (app_id)"
    " JOIN text f ON f.text_id = protocol_id JOIN text o ON o.text_id = check_id;"
    "INSERT INTO old_fact SELECT seq, a.source_id, time_ms, time_low_ms, x.app_id, 6, NULL, entity,"
    " CASE from_health WHEN 0 THEN 'unknown' WHEN 1 THEN 'healthy' ELSE 'unhealthy' END,"
    " CASE to_health WHEN 0 THEN 'unknown' WHEN 1 THEN 'healthy' ELSE 'unhealthy' END, dwell_ms, NULL, NULL, NULL"
    " FROM health_transition x JOIN app a USING (app_id);"
    "CREATE TEMP VIEW old_input AS"
    " SELECT e.seq, e.time_ms, e.source_id, t.value AS event_type, e.received, coalesce(f.fact, 0) AS fact, f.from_name,"
    "  f.to_name, nullif(e.connection, 0) AS connection, e.app_id, f.task_id,"
    "  CASE WHEN f.task_id IS NULL THEN coalesce(f.subject, e.deployment_id << 2, e.entity) END AS subject,"
    "  CASE WHEN f.seq IS NOT NULL THEN CASE WHEN e.entity IS NOT coalesce(f.task_id << 2 | 1, f.subject)"
    "   THEN coalesce(e.entity, 0) END WHEN e.deployment_id IS NOT NULL THEN e.entity END AS entity,"
    "  e.lag_ms, f.dwell_ms, f.host_id, f.version_id, f.message"
    " FROM event e JOIN text t ON t.text_id = e.type_id LEFT JOIN old_fact f USING (seq)"
    " UNION ALL SELECT seq, time_ms, source_id, NULL, 0, fact, from_name, to_name, NULL, app_id, task_id, subject, NULL,"
    "  time_ms - low_ms, dwell_ms, host_id, version_id, message FROM old_fact WHERE seq NOT IN (SELECT seq FROM event);"
    "INSERT INTO kind(source_id, event_type, received, fact, from_name, to_name)"
    " SELECT DISTINCT source_id, event_type, received, fact, from_name, to_name FROM old_input;"
    "INSERT INTO input SELECT o.seq, o.time_ms, k.kind_id, o.connection, o.app_id, o.task_id, o.subject, o.entity, o.lag_ms,"
    " o.dwell_ms, o.host_id, o.version_id, o.message FROM old_input o CROSS JOIN kind k ON k.source_id = o.source_id"
    " AND k.event_type IS o.event_type AND k.received = o.received AND k.fact = o.fact AND k.from_name IS o.from_name"
    " AND k.to_name IS o.to_name;"
    "INSERT INTO payload SELECT seq, payload FROM event WHERE payload IS NOT NULL;"
    "INSERT INTO minute SELECT (time_ms - (time_ms % 60000 + 60000) % 60000) / 60000, source_id, min(seq), max(seq), count(*)"
    " FROM input JOIN kind USING (kind_id) GROUP BY 1, 2;"
    // Of times that follow from others only the difference.
    "DROP INDEX IF EXISTS task_current; DROP INDEX IF EXISTS task_app;"
    "ALTER TABLE task ADD COLUMN staging_after_ms INTEGER;"
    "UPDATE task SET staging_after_ms = staging_ms - first_seen_ms WHERE staging_ms IS NOT NULL;"
    "ALTER TABLE task DROP COLUMN staging_ms; ALTER TABLE task DROP COLUMN ended_ms;"
    "ALTER TABLE instance ADD COLUMN ended INTEGER NOT NULL DEFAULT 0; ALTER TABLE instance ADD COLUMN created_after_ms INTEGER;"
    "UPDATE instance SET ended = ended_ms IS NOT NULL, created_after_ms = last_created_ms - first_seen_ms;"
    "ALTER TABLE instance DROP COLUMN ended_ms; ALTER TABLE instance DROP COLUMN last_created_ms;"
    // Names of counters once each.
    "CREATE TABLE series(series_id INTEGER PRIMARY KEY, family TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL,"
    " UNIQUE(family, a, b)) STRICT;"
    "CREATE TABLE cell(source_id INTEGER NOT NULL, cell INTEGER NOT NULL, series_id INTEGER NOT NULL, app_id INTEGER NOT NULL,"
    " value INTEGER NOT NULL, PRIMARY KEY(source_id, cell)) STRICT, WITHOUT ROWID;"
    "INSERT INTO series(family, a, b) SELECT DISTINCT family, a, b FROM counter;"
    "INSERT INTO cell SELECT source_id, cell, series_id, app_id, value FROM counter JOIN series USING (family, a, b);"
    "DROP TABLE counter;"
    // NOT NULL of its hashes can only be taken off by a new table.
    "CREATE TABLE new_identity(identity_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, bucket INTEGER NOT NULL,"
    " connection INTEGER NOT NULL, hashes BLOB, first_seq INTEGER, last_seq INTEGER) STRICT;"
    "INSERT INTO new_identity SELECT identity_id, source_id, bucket, connection, hashes, NULL, NULL FROM identity;"
    "DROP TABLE identity; ALTER TABLE new_identity RENAME TO identity;"
    "CREATE INDEX identity_bucket ON identity(source_id, bucket);"
    "ALTER TABLE payload_block ADD COLUMN layout INTEGER NOT NULL DEFAULT 0;"
    "DROP VIEW old_input; DROP TABLE old_fact; DROP TABLE event; DROP TABLE task_transition; DROP TABLE task_late_event;"
    "DROP TABLE instance_transition; DROP TABLE health_failure; DROP TABLE health_transition;"
    "DROP INDEX IF EXISTS task_name; DROP INDEX IF EXISTS instance_name;"
    "ALTER TABLE source ADD COLUMN pruned_ms INTEGER;"
    "CREATE TABLE checkpoint(seq INTEGER PRIMARY KEY, taken_ms INTEGER NOT NULL, written_bytes INTEGER NOT NULL, whole INTEGER"
    " NOT NULL, last_app INTEGER NOT NULL, last_task INTEGER NOT NULL, last_instance INTEGER NOT NULL, last_deployment"
    " INTEGER NOT NULL, last_label INTEGER NOT NULL, last_rejected INTEGER NOT NULL) STRICT;"
    "CREATE TABLE checkpoint_source(seq INTEGER NOT NULL, source_id INTEGER NOT NULL, tasks_forgotten INTEGER NOT NULL,"
    " instances_forgotten INTEGER NOT NULL, PRIMARY KEY(seq, source_id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE checkpoint_part(seq INTEGER NOT NULL, part INTEGER NOT NULL, table_name TEXT NOT NULL, packed BLOB NOT NULL,"
    " PRIMARY KEY(seq, part)) STRICT;"
    "CREATE TABLE pruned_counter(source_id INTEGER NOT NULL, family TEXT NOT NULL, app_id INTEGER NOT NULL, a TEXT NOT NULL,"
    " b TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY(source_id, family, app_id, a, b)) STRICT, WITHOUT ROWID;",
};
static_assert(migrations.size() == schema_version - 1);

void drop_views(Database& db) {
    std::vector<std::string> names;
    Statement views = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'");
    while (views.step()) {
        names.emplace_back(views.text(0));
    }
    views.reset();
    for (const std::string& name : names) {
        db.execute(fmt::format("DROP VIEW {}", name).c_str());
    }
}

}  // namespace

void migrate(Database& db) {
    const std::int64_t version = db.pragma("user_version");
    if (version == schema_version) {
        return;
    }
    db.execute("BEGIN EXCLUSIVE");
    drop_views(db);  // they name columns that may go
    for (auto from = version; from < schema_version; ++from) {
        db.execute(migrations.at(static_cast<std::size_t>(from - 1)));
    }
    db.execute(views_sql);
    db.execute(fmt::format("PRAGMA user_version = {}", schema_version).c_str());
    db.execute("COMMIT");
}

}  // namespace tally::record
