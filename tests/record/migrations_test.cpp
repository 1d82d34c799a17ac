#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "record/database.hpp"
#include "record/schema.hpp"
#include "support/scratch.hpp"
#include "tally/record/history.hpp"
#include "tally/record/query.hpp"
#include "tally/record/verify.hpp"

namespace tally::record {
namespace {

/// A file as version 1 made it, with one task in it.
class MigrationsTest : public testing::Test {
  protected:
    MigrationsTest() {
        std::ifstream file(TALLY_TEST_SOURCES "/history_v1.sql");
        std::stringstream sql;
        sql << file.rdbuf();
        Database db(path_, Database::Mode::write);
        db.execute(sql.str().c_str());
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
        History history(path, {});
        ASSERT_TRUE(history.build_indices());
    }
    Database old_db(path_, Database::Mode::read);
    Database new_db(fresh, Database::Mode::read);
    EXPECT_EQ(shape_of(old_db), shape_of(new_db));
    EXPECT_EQ(old_db.pragma("user_version"), schema_version);
}

TEST_F(MigrationsTest, WhatWasStoredIsStillThere) {
    const History history(path_, {});
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
    EXPECT_THROW(History(path_, {}), CannotStart);
    Database db(path_, Database::Mode::read);
    EXPECT_EQ(db.pragma("user_version"), 1);
    EXPECT_NE(shape_of(db).find("v_tasks.task"), std::string::npos);
    EXPECT_EQ(shape_of(db).find("tasks_forgotten"), std::string::npos);
}

}  // namespace
}  // namespace tally::record
