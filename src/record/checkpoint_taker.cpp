#include "record/checkpoint_taker.hpp"

#include <fmt/format.h>

#include "record/checkpoint_tables.hpp"
#include "record/packed_bytes.hpp"

namespace tally::record {

namespace {

constexpr std::int64_t rows_at_once = 10'000;

/// A number of rows, and these as a JSON array of arrays, from ?1 on.
std::string select_of(const CheckpointTable& table) {
    return table.key != nullptr
               ? fmt::format("SELECT max({2}) <= ?1 + {4}, (SELECT json_group_array(json_array({1})) FROM {0} WHERE {2} > ?1"
                             " AND {2} <= ?1 + {4} AND {3}) FROM {0}",
                             table.name, table.columns, table.key, table.where, rows_at_once)
               : fmt::format("SELECT count(*) < {3}, json_group_array(json_array({1})) FROM (SELECT * FROM {0} WHERE {2}"
                             " LIMIT {3} OFFSET ?1)",
                             table.name, table.columns, table.where, rows_at_once);
}

}  // namespace

CheckpointTaker::CheckpointTaker(Database& db, std::string path)
    : db_(db),
      path_(std::move(path)),
      insert_(db.prepare("INSERT INTO checkpoint VALUES (?,?,?,0,?,?,?,?,?,?)")),
      insert_part_(db.prepare("INSERT INTO checkpoint_part VALUES (?,?,?,?)")),
      finish_(db.prepare("UPDATE checkpoint SET whole = 1 WHERE seq = ?")) {}

bool CheckpointTaker::begin(TimeMs now, std::int64_t written_bytes) {
    auto reader = std::make_unique<Database>(path_, Database::Mode::read);
    reader->execute("BEGIN");
    Statement moment = reader->prepare(
        "SELECT max(coalesce((SELECT max(seq) FROM input), 0), coalesce((SELECT max(last_seq) FROM mark), 0)),"
        " (SELECT coalesce(max(app_id), 0) FROM app), (SELECT coalesce(max(task_id), 0) FROM task),"
        " (SELECT coalesce(max(instance_id), 0) FROM instance), (SELECT coalesce(max(deployment_id), 0) FROM deployment),"
        " (SELECT coalesce(max(label_id), 0) FROM label), (SELECT coalesce(max(rejected_id), 0) FROM rejected),"
        " (SELECT coalesce(max(seq), 0) FROM checkpoint)"
    );
    (void)moment.step();
    if (moment.integer(0) <= moment.integer(7)) {
        return false;
    }
    seq_ = moment.integer(0);
    insert_.run(
        seq_, now, written_bytes, moment.integer(1), moment.integer(2), moment.integer(3), moment.integer(4),
        moment.integer(5), moment.integer(6)
    );
    Statement sources = reader->prepare("SELECT source_id, tasks_forgotten, instances_forgotten FROM source");
    Statement insert = db_.prepare("INSERT INTO checkpoint_source VALUES (?,?,?,?)");
    while (sources.step()) {
        insert.run(seq_, sources.integer(0), sources.integer(1), sources.integer(2));
    }
    table_ = 0;
    at_ = 0;
    parts_ = 0;
    sources = {};
    moment = {};
    reader_ = std::move(reader);
    return true;
}

void CheckpointTaker::go_on() {
    const CheckpointTable& table = checkpoint_tables.at(table_);
    Statement select = reader_->prepare(select_of(table));
    select.bind_all(at_);
    (void)select.step();
    const bool is_end = select.is_null(0) || select.integer(0) != 0;
    if (select.text(1).size() > 2) {  // []
        write_part(select.text(1));
    }
    at_ = is_end ? 0 : at_ + rows_at_once;
    table_ += is_end ? 1 : 0;
    if (table_ == checkpoint_tables.size()) {
        select = {};
        finish_.run(seq_);
        reader_.reset();
    }
}

void CheckpointTaker::write_part(std::string_view rows) {
    const std::string packed = pack_bytes(rows);
    insert_part_.run(seq_, ++parts_, std::string_view(checkpoint_tables.at(table_).name), Blob{packed});
}

bool CheckpointTaker::give_up() {
    reader_.reset();
    db_.execute("DELETE FROM checkpoint_part WHERE seq IN (SELECT seq FROM checkpoint WHERE NOT whole);"
                "DELETE FROM checkpoint_source WHERE seq IN (SELECT seq FROM checkpoint WHERE NOT whole);"
                "DELETE FROM checkpoint WHERE NOT whole");
    return db_.changes() != 0;
}

}  // namespace tally::record
