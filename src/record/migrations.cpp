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
};
static_assert(migrations.size() == schema_version - 1);

void drop_views(Database& db) {
    std::vector<std::string> names;
    Statement views = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v_*'");
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
