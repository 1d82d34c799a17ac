#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "record/database.hpp"
#include "record/schema.hpp"
#include "support/scratch.hpp"
#include "tally/base/hash.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"
#include "tally/record/mark_code.hpp"
#include "tally/record/query.hpp"
#include "tally/record/verify.hpp"

namespace tally::record {
namespace {

using namespace model;

std::string schema_of(int version) {
    std::ifstream file(TALLY_TEST_SOURCES "/history_v" + std::to_string(version) + ".sql");
    std::stringstream sql;
    sql << file.rdbuf();
    return sql.str();
}

/// A file as version 1 made it, with one task in it.
class MigrationsTest : public testing::Test {
  protected:
    MigrationsTest() {
        Database db(path_, Database::Mode::write);
        db.execute(schema_of(1).c_str());
        db.execute(
            "PRAGMA application_id = 1297375596; PRAGMA user_version = 1;"
            "INSERT INTO source VALUES (1, 's', 1000);"
            "INSERT INTO text VALUES (1, 'none'), (2, 'TASK_RUNNING'), (3, 'status_update_event');"
            "INSERT INTO app VALUES (1, 1, '/a', 0, 0, 1000, 0, 0, 0, NULL, 0, 0, NULL, NULL);"
            "INSERT INTO instance VALUES (1, 1, 'a.marathon-1', 1, NULL, NULL, 1000, NULL, NULL, 0, NULL, 0, 0, NULL, NULL);"
            "INSERT INTO task VALUES (1, 1, 'a.1', 1, 1, 2, 1000, 1000, NULL, NULL, 1, NULL, NULL, NULL);"
            "INSERT INTO event VALUES (1, 1, 1000, NULL, 0, 0, 3, 1, 5, NULL, '{}');"
        );
    }

    std::string ask(const std::string& sql) {
        const auto table = query(path_, sql, {}, {});
        return table ? std::get<std::string>(table->rows.at(0).at(0)) : table.error().what;
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
};

/// Every object of the schema by name, but indices by columns alone: those of UNIQUE stay in old files.
std::string shape_of(Database& db) {
    std::string shape;
    Statement columns = db.prepare(
        "SELECT m.name || '.' || c.name || ' ' || c.type || c.\"notnull\" || c.pk FROM sqlite_schema m, pragma_table_info(m.name) c"
        " WHERE m.type IN ('table', 'view') ORDER BY m.name, c.name"
    );
    while (columns.step()) {
        shape += std::string(columns.text(0)) + "\n";
    }
    Statement indices = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name");
    while (indices.step()) {
        shape += std::string(indices.text(0)) + "\n";
    }
    return shape;
}

TEST_F(MigrationsTest, AnOldFileGetsTheShapeOfANewOne) {
    const std::string fresh = scratch_.file("new.db");
    for (const std::string& path : {path_, fresh}) {
        History history(path);
        ASSERT_TRUE(history.build_indices());
    }
    Database old_db(path_, Database::Mode::read);
    Database new_db(fresh, Database::Mode::read);
    EXPECT_EQ(shape_of(old_db), shape_of(new_db));
    EXPECT_EQ(old_db.pragma("user_version"), schema_version);
}

TEST_F(MigrationsTest, WhatWasStoredIsStillThere) {
    const History history(path_);
    EXPECT_EQ(ask("SELECT task || ' ' || app || ' ' || state FROM v_tasks"), "a.1 /a TASK_RUNNING");
    EXPECT_EQ(ask("SELECT event_type || payload FROM v_events"), "status_update_event{}");
}

TEST_F(MigrationsTest, AReaderOfAnOldFileSaysWhatToDo) {
    try {
        (void)query(path_, "SELECT 1", {}, {});
        FAIL() << "it was read";
    } catch (const CannotStart& error) {
        EXPECT_NE(error.what.find("written by an older marathon-tally"), std::string::npos) << error.what;
    }
}

TEST_F(MigrationsTest, AFailedMigrationLeavesTheFileAsItWas) {
    {
        Database db(path_, Database::Mode::write);
        db.execute("CREATE TABLE payload_block(x)");  // in the way of the last step
    }
    EXPECT_THROW(std::make_unique<History>(path_), CannotStart);
    Database db(path_, Database::Mode::read);
    EXPECT_EQ(db.pragma("user_version"), 1);
    EXPECT_NE(shape_of(db).find("v_tasks.task"), std::string::npos);
    EXPECT_EQ(shape_of(db).find("tasks_forgotten"), std::string::npos);
}

/// A source in the middle of its life, written by this program.
class Life {
  public:
    explicit Life(const std::string& path)
        : history_(path),
          next_app_(history_.next_app()),
          seq_(history_.last_seq()),
          world_(history_.source("s"), "s", World::Options{}, next_app_) {
        history_.restore(world_);
        batch_.source = world_.id();
    }

    void status(const std::string& task, const std::string& state, int seconds) {
        hear(R"({"eventType":"status_update_event","appId":"/a","taskId":")" + task + R"(","taskStatus":")" + state + '"',
             seconds);
    }

    void hear(const std::string& begin, int seconds) {
        std::string body = begin + R"(,"timestamp":"2020-01-01T00:00:0)" + std::to_string(seconds) + R"(.000Z"})";
        const std::size_t size = body.size();
        body.resize(size + decode::body_padding);
        const std::string_view text(body.data(), size);
        const auto event = decoder_.decode(text);
        ASSERT_TRUE(event);
        batch_.identities.push_back({.source = world_.id(),
                                     .bucket = identity_bucket(event->timestamp, hash128(text)),
                                     .connection = 1,
                                     .hash = hash128(text)});
        world_.apply(
            *event,
            {.seq = ++seq_, .stamp = {.time = *event->timestamp, .received = *event->timestamp}, .connection = 1, .body = text},
            batch_
        );
    }

    void mark(const Mark& mark) {
        const Seq first = seq_ + 1;
        seq_ += mark.seqs();
        world_.apply(mark, first, batch_);
        batch_.marks.push_back({.seq = first,
                                .last_seq = seq_,
                                .source = world_.id(),
                                .time = mark.time,
                                .kind = to_string(mark.kind),
                                .body = batch_.text.keep(encode(mark))});
    }

    void commit() {
        world_.finish(batch_);
        ASSERT_TRUE(history_.write({&batch_}));
        batch_.clear();
        batch_.source = world_.id();
    }

  private:
    History history_;
    AppId next_app_;
    Seq seq_;
    World world_;
    Batch batch_;
    decode::Decoder decoder_;
};

/// What `path` holds, as that version would have written it: rows of their own for events and each kind of fact.
void copy_to_version(int version, const std::string& path, const std::string& old_path) {
    Database db(old_path, Database::Mode::write);
    db.execute(schema_of(version).c_str());
    Statement attach = db.prepare("ATTACH ? AS fresh");
    attach.run(std::string_view(path));
    std::vector<std::string> copies;
    Statement tables = db.prepare(
        "SELECT m.name, group_concat(c.name, ', ') FROM main.sqlite_schema m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name NOT IN ('task', 'instance', 'counter') AND m.name IN (SELECT name FROM fresh.sqlite_schema)"
        " GROUP BY 1"
    );
    while (tables.step()) {
        const std::string name(tables.text(0)), columns(tables.text(1));
        copies.push_back("INSERT INTO main." + name + "(" + columns + ") SELECT " + columns + " FROM fresh." + name);
    }
    tables.reset();
    for (const std::string& copy : copies) {
        db.execute(copy.c_str());
    }
    // Columns that have gone since then, and the one that version 2 did not know.
    const std::string inferred = version > 2 ? ", since_inferred" : "";
    db.execute(("INSERT INTO main.counter SELECT * FROM fresh.counter;"
                "INSERT INTO main.task(task_id, source_id, name, instance_id, app_id, state_id, since_ms, first_seen_ms,"
                " ended_ms, staging_ms, started, ended_seq, host_id, version_id" + inferred +
                ") SELECT task_id, source_id, name, instance_id, app_id, state_id, since_ms, first_seen_ms,"
                " CASE WHEN ended_seq IS NOT NULL THEN since_ms END, staging_after_ms + first_seen_ms, started, ended_seq,"
                " host_id, version_id" + inferred + " FROM fresh.task;"
                "INSERT INTO main.instance(instance_id, source_id, name, app_id, condition_id, since_ms, first_seen_ms,"
                " ended_ms, last_created_ms, health, health_since_ms, health_ended, has_instance_health, idle_seq, host_id,"
                " health_counts_from_ms" + inferred +
                ") SELECT instance_id, source_id, name, app_id, condition_id, since_ms, first_seen_ms,"
                " CASE ended WHEN 1 THEN since_ms END, created_after_ms + first_seen_ms, health, health_since_ms,"
                " health_ended, has_instance_health, idle_seq, host_id, health_counts_from_ms" + inferred +
                " FROM fresh.instance").c_str());
    db.execute(
        "INSERT OR IGNORE INTO main.text(value) SELECT event_type FROM fresh.kind WHERE event_type IS NOT NULL"
        " UNION SELECT from_name FROM fresh.kind WHERE from_name IS NOT NULL"
        " UNION SELECT to_name FROM fresh.kind WHERE to_name IS NOT NULL;"
        "CREATE TEMP VIEW i AS SELECT i.*, k.*, f.text_id AS from_id, o.text_id AS to_id, t.text_id AS type_id,"
        " coalesce(task_id << 2 | 1, subject) AS whom, event_type IS NULL AS inferred,"
        " CASE WHEN event_type IS NULL THEN time_ms - lag_ms END AS low_ms"
        " FROM fresh.input i JOIN fresh.kind k USING (kind_id) LEFT JOIN main.text f ON f.value = from_name"
        " LEFT JOIN main.text o ON o.value = to_name LEFT JOIN main.text t ON t.value = event_type;"
        "INSERT INTO event SELECT seq, source_id, time_ms, lag_ms, received, coalesce(connection, 0), type_id, app_id,"
        " nullif(coalesce(entity, CASE WHEN whom & 3 THEN whom END), 0), CASE WHEN NOT whom & 3 THEN whom >> 2 END, body"
        " FROM i LEFT JOIN fresh.payload USING (seq) WHERE NOT inferred;"
        "INSERT INTO task_transition(seq, time_ms, time_low_ms, app_id, task_id, from_id, to_id, dwell_ms, host_id, version_id,"
        " message, unexpected, inferred) SELECT seq, time_ms, low_ms, app_id, task_id, from_id, to_id, dwell_ms, host_id,"
        " version_id, message, fact = 2, inferred FROM i WHERE fact IN (1, 2);"
        "INSERT INTO task_late_event SELECT seq, time_ms, app_id, task_id, from_id, to_id FROM i WHERE fact = 3;"
        "INSERT INTO instance_transition(seq, time_ms, app_id, instance_id, from_id, to_id, dwell_ms, host_id, inferred)"
        " SELECT seq, time_ms, app_id, whom >> 2, from_id, to_id, dwell_ms, host_id, inferred FROM i WHERE fact = 4;"
        "INSERT INTO health_failure SELECT seq, time_ms, app_id, whom, from_id, to_id FROM i WHERE fact = 5;"
        "INSERT INTO health_transition(seq, time_ms, time_low_ms, app_id, entity, from_health, to_health, dwell_ms, inferred)"
        " SELECT seq, time_ms, low_ms, app_id, whom, CASE from_name WHEN 'unknown' THEN 0 WHEN 'healthy' THEN 1 ELSE 2 END,"
        " CASE to_name WHEN 'unknown' THEN 0 WHEN 'healthy' THEN 1 ELSE 2 END, dwell_ms, inferred FROM i WHERE fact = 6;"
        "DROP VIEW i"
    );
    if (version > 2) {
        db.execute("UPDATE instance_transition SET time_low_ms = time_ms - (SELECT lag_ms FROM fresh.input i"
                   " WHERE i.seq = instance_transition.seq) WHERE inferred");
    }
    db.execute(("PRAGMA application_id = 1297375596; PRAGMA user_version = " + std::to_string(version)).c_str());
}

std::string differences_of(const std::string& path, const test::Scratch& scratch, std::int64_t events) {
    std::string lines;
    const auto verified = verify(path, scratch.file("again.db"), [&lines](std::string_view line) { (lines += line) += '\n'; });
    EXPECT_TRUE(verified) << verified.error().what;
    EXPECT_EQ(verified->events, events);
    return lines;
}

TEST(MigrationFromThreeTest, EveryEventAndFactIsWhatItWas) {
    const test::Scratch scratch;
    const std::string path = scratch.file("old.db");
    {
        Life before(scratch.file("fresh.db"));
        before.mark({.kind = Mark::Kind::started, .time = 1'577'836'800'000});
        before.status("a.1", "TASK_STAGING", 1);
        before.status("a.1", "TASK_RUNNING", 2);
        before.status("a.1", "TASK_STAGING", 1);
        before.status("a.2", "TASK_FINISHED", 3);
        before.status("a.2", "TASK_RUNNING", 3);
        before.hear(R"({"eventType":"instance_changed_event","instanceId":"b.marathon-1","runSpecId":"/b","condition":"Running",)"
                    R"("host":"h")", 3);
        before.hear(R"({"eventType":"failed_health_check_event","appId":"/a","taskId":"a.1","healthCheck":{"protocol":"HTTP"})", 4);
        before.hear(R"({"eventType":"health_status_changed_event","appId":"/a","taskId":"a.1","alive":true)", 4);
        before.hear(R"({"eventType":"health_status_changed_event","appId":"/c","taskId":"nobody we know","alive":true)", 4);
        before.hear(R"({"eventType":"deployment_success","id":"d")", 5);
        before.hear(R"({"eventType":"something_new","taskId":"x y")", 5);
        before.mark({.kind = Mark::Kind::reconciled,
                     .time = 1'577'836'806'000,
                     .cause = "ok",
                     .differences = {{.kind = Difference::Kind::task,
                                      .id = "a.3",
                                      .app = "/a",
                                      .to = "TASK_RUNNING",
                                      .time_low = 1'577'836'801'000,
                                      .since = 1'577'836'806'000,
                                      .host = "h"},
                                     {.kind = Difference::Kind::instance,
                                      .id = "b.marathon-1",
                                      .to = "none",
                                      .time_low = 1'577'836'801'000},
                                     {.kind = Difference::Kind::health,
                                      .id = "a.1",
                                      .app = "/a",
                                      .to = "unhealthy",
                                      .time_low = 1'577'836'801'000}}});
        before.commit();
    }
    EXPECT_EQ(differences_of(scratch.file("fresh.db"), scratch, 11), "");
    copy_to_version(3, scratch.file("fresh.db"), path);
    { const History migrated(path); }
    EXPECT_EQ(differences_of(path, scratch, 11), "");
    const auto facts = query(
        path,
        "SELECT (SELECT count(*) FROM v_task_transitions) || ' ' || (SELECT count(*) FROM v_task_late_events) || ' ' ||"
        " (SELECT count(*) FROM v_instance_transitions) || ' ' || (SELECT count(*) FROM v_health_failures) || ' ' ||"
        " (SELECT count(*) FROM v_health_transitions) || ' ' || (SELECT count(*) FROM v_health_transitions"
        " WHERE provenance = 'inferred')",
        {}, {}
    );
    ASSERT_TRUE(facts) << facts.error().what;
    EXPECT_EQ(std::get<std::string>(facts->rows.at(0).at(0)), "4 2 2 1 3 1");
}

TEST(MigrationFromTwoTest, AHistoryIsOpenedAndGoesOn) {
    const test::Scratch scratch;
    const std::string path = scratch.file("old.db");
    {
        Life before(scratch.file("fresh.db"));
        before.status("a.1", "TASK_STAGING", 1);
        before.status("a.1", "TASK_RUNNING", 2);
        before.commit();
    }
    copy_to_version(2, scratch.file("fresh.db"), path);
    {
        Life after(path);
        after.mark({.kind = Mark::Kind::started, .time = 1'577'836'803'000});
        after.mark({.kind = Mark::Kind::attached, .time = 1'577'836'803'000, .connection = 1});
        after.status("a.1", "TASK_FAILED", 4);
        after.commit();
    }
    const auto table = query(
        path,
        "SELECT (SELECT group_concat(to_state, ' ') FROM v_task_transitions) || ' ' || (SELECT events FROM v_sessions)",
        {}, {}
    );
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(std::get<std::string>(table->rows.at(0).at(0)), "TASK_STAGING TASK_RUNNING TASK_FAILED 1");
    EXPECT_EQ(differences_of(path, scratch, 3), "");
}

}  // namespace
}  // namespace tally::record
