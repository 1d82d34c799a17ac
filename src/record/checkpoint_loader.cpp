#include "record/checkpoint_loader.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sqlite3.h>

#include "record/checkpoint_tables.hpp"
#include "record/packed_bytes.hpp"

namespace tally::record {

namespace {

/// What is copied before the rows of the checkpoint are put over it; ?1: its seq.
struct Copy {
    const char* table;
    const char* select;
};
#define TALLY_LAST(column) "(SELECT " column " FROM checkpoint WHERE seq = ?1)"
constexpr std::array copies{
    Copy{"text", "SELECT text_id, value FROM text WHERE ?1 = ?1"},
    Copy{"series", "SELECT series_id, family, a, b FROM series WHERE ?1 = ?1"},
    Copy{"source(source_id, name)", "SELECT source_id, name FROM source WHERE ?1 = ?1"},
    Copy{"label", "SELECT * FROM label WHERE label_id <= " TALLY_LAST("last_label")},
    Copy{"app", "SELECT app_id, source_id, name, counted_as_other, 0, 0, 0, 0, 0, NULL, 0, 0, NULL, NULL FROM app"
                " WHERE app_id <= " TALLY_LAST("last_app")},
    Copy{"instance", "SELECT instance_id, source_id, name, app_id, condition_id, since_ms, first_seen_ms, ended, created_after_ms,"
                     " health, health_since_ms, health_ended, has_instance_health, 0, host_id, health_counts_from_ms,"
                     " since_inferred FROM instance WHERE instance_id <= " TALLY_LAST("last_instance")},
    Copy{"task", "SELECT task_id, source_id, name, instance_id, app_id, state_id, since_ms, first_seen_ms, staging_after_ms,"
                 " started, 0, host_id, version_id, since_inferred FROM task WHERE task_id <= " TALLY_LAST("last_task")},
    Copy{"deployment", "SELECT deployment_id, source_id, name, kind, outcome, requested_ms, started_ms, ended_ms, succeeded_ms,"
                       " failed_ms, steps, steps_done, reruns, reason, counted_outcome, counted_kind, plan_known, has_info,"
                       " reason_cancels, contradicted, action_bits, 0, inferred FROM deployment WHERE deployment_id <= "
                       TALLY_LAST("last_deployment")},
    Copy{"group_change", "SELECT * FROM group_change WHERE result = 'failed' AND seq <= ?1"},
};
#undef TALLY_LAST

void copy(Database& from, model::Seq seq, Database& to, const Copy& what) {
    Statement rows = from.prepare(what.select);
    std::string values = "?";
    for (int i = 1; i < rows.columns(); ++i) {
        values += ",?";
    }
    Statement insert = to.prepare(fmt::format("INSERT INTO {} VALUES ({})", what.table, values));
    rows.bind_all(seq);
    while (rows.step()) {
        insert.bind_row(rows);
        (void)insert.step();
        insert.reset();
    }
}

/// Puts rows, ?1 a JSON array of arrays, into a table: over those of their keys, or as they are.
std::string load_sql(const CheckpointTable& table) {
    std::string sets, values;
    int index = 0;
    const std::string_view columns = table.columns;
    for (std::size_t begin = 0; begin < columns.size(); ++index) {
        const std::size_t end = std::min(columns.find(", ", begin), columns.size());
        values += fmt::format("{}v.value ->> {}", index == 0 ? "" : ", ", index);
        if (index != 0) {
            sets += fmt::format("{}{} = v.value ->> {}", sets.empty() ? "" : ", ", columns.substr(begin, end - begin), index);
        }
        begin = end + 2;
    }
    return table.key != nullptr
               ? fmt::format("UPDATE {0} SET {1} FROM json_each(?1) v WHERE {0}.{2} = v.value ->> 0", table.name, sets, table.key)
               : fmt::format("INSERT INTO {}({}) SELECT {} FROM json_each(?1) v", table.name, table.columns, values);
}

SqliteError damaged(model::Seq seq, std::string_view what) {
    return {SQLITE_CORRUPT, fmt::format("checkpoint {}: {}", seq, what)};
}

}  // namespace

void load_checkpoint(Database& from, model::Seq seq, const std::string& to_path) {
    Database to(to_path, Database::Mode::write);
    to.execute("BEGIN");
    for (const Copy& what : copies) {
        copy(from, seq, to, what);
    }
    Statement parts = from.prepare("SELECT table_name, packed FROM checkpoint_part WHERE seq = ? ORDER BY part");
    parts.bind_all(seq);
    std::string rows;
    while (parts.step()) {
        const std::string_view name = parts.text(0);
        const auto* table = std::find_if(checkpoint_tables.begin(), checkpoint_tables.end(),
                                         [name](const CheckpointTable& one) { return name == one.name; });
        if (table == checkpoint_tables.end()) {
            throw damaged(seq, "of no table");
        }
        if (!unpack_bytes(parts.blob(1), rows)) {
            throw damaged(seq, "cannot be unpacked");
        }
        Statement load = to.prepare(load_sql(*table));
        load.run(std::string_view(rows));
    }
    to.execute("COMMIT");
}

}  // namespace tally::record
