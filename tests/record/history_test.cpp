#include "tally/model/mark.hpp"
#include "tally/record/history.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/database.hpp"
#include "record/history_story.hpp"

namespace tally::record {
namespace {

using model::Difference;
using model::Mark;

class HistoryTest : public HistoryStory {};

TEST_F(HistoryTest, ATaskIsOneRowThatFollowsItsState) {
    open();
    status("a.1", "TASK_RUNNING", 1000);
    commit();
    status("a.1", "TASK_FAILED", 3500, "");
    commit();
    EXPECT_EQ(ask("SELECT task, app, instance, host, state, since, ended FROM v_tasks"),
              "a.1 /a a.marathon-1 h TASK_FAILED 3.500000 3.500000 \n");
    EXPECT_EQ(ask("SELECT from_state, to_state, dwell_s FROM v_task_transitions"),
              "none TASK_RUNNING NULL \nTASK_RUNNING TASK_FAILED 2.500000 \n");
}

TEST_F(HistoryTest, ARestoredWorldGoesOnInTheSameRowsAndCounters) {
    open();
    status("a.1", "TASK_STAGING", 1000);
    commit();
    close();
    open();
    status("a.1", "TASK_RUNNING", 2000);
    status("a.2", "TASK_RUNNING", 2500);
    commit();
    EXPECT_EQ(ask("SELECT task, state FROM v_tasks ORDER BY 1"), "a.1 TASK_RUNNING \na.2 TASK_RUNNING \n");
    EXPECT_EQ(ask("SELECT sum(value) FROM counter WHERE family = 'task_transitions'"), "3 \n");
    EXPECT_EQ(ask("SELECT app_id, count(*) FROM app GROUP BY 1"), "1 1 \n");
}

TEST_F(HistoryTest, ATaskFoundGoneIsHeardOfAgainAfterARestart) {
    open();
    status("a.1", "TASK_RUNNING", 1000);
    world_->apply(
        {.kind = Mark::Kind::reconciled,
         .time = 5000,
         .cause = "ok",
         .differences = {{.kind = Difference::Kind::task, .id = "a.1", .app = "/a", .to = "none", .time_low = 2000}}},
        next_seq_, *batch_
    );
    batch_->marks.push_back(
        {.seq = next_seq_, .last_seq = next_seq_, .source = source_, .time = 5000, .kind = "reconciled", .body = "-"}
    );
    ++next_seq_;
    commit();
    EXPECT_EQ(ask("SELECT state, ended FROM v_tasks"), "none 5.000000 \n");
    EXPECT_EQ(
        ask("SELECT to_state, time, time_low, provenance FROM v_task_transitions WHERE seq = 2"),
        "none 5.000000 2.000000 inferred \n"
    );
    close();
    open();
    status("a.1", "TASK_KILLING", 4000);
    commit();
    EXPECT_EQ(ask("SELECT from_state, dwell_s FROM v_task_transitions ORDER BY seq DESC LIMIT 1"), "none NULL \n");
    EXPECT_EQ(ask("SELECT task, state, ended FROM v_tasks"), "a.1 TASK_KILLING NULL \n");
}

TEST_F(HistoryTest, AForgottenTaskIsFirstSightAgainInTheSameRow) {
    ended_max_ = 1;
    open();
    status("a.1", "TASK_FAILED", 1000);
    status("a.2", "TASK_FAILED", 2000);
    commit();
    status("a.1", "TASK_RUNNING", 3000);
    commit();
    EXPECT_EQ(ask("SELECT task, state, first_seen, ended FROM v_tasks ORDER BY 1"),
              "a.1 TASK_RUNNING 1.000000 NULL \na.2 TASK_FAILED 2.000000 2.000000 \n");
    EXPECT_EQ(ask("SELECT task, from_state, to_state FROM v_task_transitions WHERE seq = 3"),
              "a.1 none TASK_RUNNING \n");
}

TEST_F(HistoryTest, AfterARestartTheSameTasksAreForgotten) {
    ended_max_ = 1;
    open();
    status("a.1", "TASK_FAILED", 1000);
    status("a.2", "TASK_FAILED", 2000);
    commit();
    close();
    open();
    status("a.1", "TASK_RUNNING", 3000);  // forgotten before the restart: first sight
    status("a.2", "TASK_RUNNING", 3000);  // remembered: late
    commit();
    EXPECT_EQ(ask("SELECT task, from_state, to_state FROM v_task_transitions WHERE seq > 2"), "a.1 none TASK_RUNNING \n");
    EXPECT_EQ(ask("SELECT task, to_state FROM v_task_late_events"), "a.2 TASK_RUNNING \n");
    EXPECT_EQ(ask("SELECT count(*) FROM v_tasks"), "2 \n");
}

TEST_F(HistoryTest, OneForgottenAndSeenAgainWithinACommitIsOneRow) {
    ended_max_ = 1;
    open();
    status("a.1", "TASK_FAILED", 1000);
    status("a.2", "TASK_FAILED", 2000);
    status("a.1", "TASK_RUNNING", 3000);
    commit();
    EXPECT_EQ(ask("SELECT task, instance, state, first_seen, ended FROM v_tasks ORDER BY 1"),
              "a.1 a.marathon-1 TASK_RUNNING 1.000000 NULL \na.2 a.marathon-2 TASK_FAILED 2.000000 2.000000 \n");
    EXPECT_EQ(ask("SELECT count(*) FROM instance"), "2 \n");
}

TEST_F(HistoryTest, FactsWrittenBeforeTheirStateComeWithIt) {
    open();
    status("a.1", "TASK_STAGING", 1000);
    Batch next;
    next.source = source_;
    batch_->hand_on_state(next);
    ASSERT_TRUE(history_->write({batch_.get()}, History::Part::facts));
    EXPECT_EQ(ask("SELECT count(*) FROM v_events"), "0 \n") << "the transaction is open";
    *batch_ = std::move(next);
    status("a.1", "TASK_RUNNING", 2000);
    commit();
    EXPECT_EQ(ask("SELECT seq, task, from_state, to_state FROM v_task_transitions"),
              "1 a.1 none TASK_STAGING \n2 a.1 TASK_STAGING TASK_RUNNING \n");
    EXPECT_EQ(ask("SELECT task, state, first_seen FROM v_tasks"), "a.1 TASK_RUNNING 1.000000 \n");
}

TEST_F(HistoryTest, AnAbandonedStartDoesNotGoOn) {
    open();
    for (int i = 0; i < 5000; ++i) {
        status("a." + std::to_string(i), "TASK_RUNNING", 1000);
    }
    commit();
    history_->abandon_start();
    const auto built = history_->build_indices();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().what, "interrupted");
}

TEST_F(HistoryTest, AFailedWriteLeavesTheFileAsItWasAndCanBeRepeated) {
    open();
    status("a.1", "TASK_RUNNING", 1000);
    commit();
    status("a.2", "TASK_RUNNING", 2000);
    world_->finish(*batch_);
    batch_->events.push_back(batch_->events.back());  // the same seq twice: refused by the primary key
    EXPECT_FALSE(history_->write({batch_.get()}));
    EXPECT_EQ(ask("SELECT task FROM v_tasks"), "a.1 \n");
    batch_->events.pop_back();
    EXPECT_TRUE(history_->write({batch_.get()}));
    EXPECT_EQ(ask("SELECT task, host FROM v_tasks ORDER BY 1"), "a.1 h \na.2 h \n");
}

TEST_F(HistoryTest, IndicesOfStateAreBuiltAfterABulkLoad) {
    open();
    const std::string names = "SELECT group_concat(name, ' ') FROM sqlite_schema WHERE tbl_name IN ('input', 'task') AND type = 'index'";
    EXPECT_TRUE(history_->begin_bulk());
    EXPECT_EQ(ask(names), "input_task \n");
    status("a.1", "TASK_RUNNING", 1000);
    commit();
    ASSERT_TRUE(history_->build_indices());
    EXPECT_EQ(ask(names), "input_task task_app task_ended \n");
    EXPECT_FALSE(history_->begin_bulk());  // not while there is history to read
    EXPECT_EQ(ask(names), "input_task task_app task_ended \n");
}

TEST_F(HistoryTest, ANewFileIsItsWritersAloneUntilTheFirstCommitOfABulkLoad) {
    open();
    ASSERT_TRUE(history_->begin_bulk());
    status("a.1", "TASK_RUNNING", 1000);
    ASSERT_TRUE(history_->write({batch_.get()}, History::Part::facts));
    EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
    batch_->clear();
    batch_->source = world_->id();
    world_->finish(*batch_);
    ASSERT_TRUE(history_->write({batch_.get()}));
    Database reader(path_, Database::Mode::read);
    Statement mode = reader.prepare("PRAGMA journal_mode");
    ASSERT_TRUE(mode.step());
    EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(HistoryTest, AFileWithNothingButRejectedInputIsNotNew) {
    open();
    world_->reject({.reason = decode::RejectReason::not_json, .received = 1, .what = "w", .sample = "x"}, *batch_);
    batch_->identities.push_back({.source = source_, .bucket = 1, .connection = 1, .hash = hash128("x")});
    commit();
    EXPECT_FALSE(history_->begin_bulk());
}

TEST_F(HistoryTest, AFileLeftByAKilledBulkLoadIsSaidToBeSoAndPutRight) {
    open();
    ASSERT_TRUE(history_->begin_bulk());
    close();
    const std::string left = scratch_.file("left.db");
    {
        Database db(path_, Database::Mode::write);
        db.execute("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 10; BEGIN;"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                   " INSERT INTO text(value) SELECT hex(randomblob(20)) FROM n");
        std::filesystem::copy(path_, left);  // as kill -9 would leave it
        std::filesystem::copy(path_ + "-journal", left + "-journal");
    }
    path_ = left;
    EXPECT_THROW(
        {
            try {
                (void)ask("SELECT 1");
            } catch (const CannotStart& error) {
                EXPECT_THAT(error.what, testing::HasSubstr("left by a killed replay"));
                throw;
            }
        },
        CannotStart
    );
    open();
    EXPECT_EQ(ask("SELECT count(*) FROM text"), "0 \n");
}

TEST_F(HistoryTest, ABulkLoadOfAFileThatSomebodyReadsDoesNotLockItOut) {
    open();
    Database reader(path_, Database::Mode::read);
    Statement tables = reader.prepare("SELECT name FROM sqlite_schema");
    ASSERT_TRUE(tables.step());
    EXPECT_FALSE(history_->begin_bulk());
    tables.reset();
    status("a.1", "TASK_RUNNING", 1000);
    commit();
    EXPECT_EQ(ask("SELECT task FROM v_tasks"), "a.1 \n");
}

TEST_F(HistoryTest, ASecondWriterIsRefused) {
    open();
    try {
        const History second(path_);
        FAIL() << "it was let in";
    } catch (const CannotStart& error) {
        EXPECT_NE(error.what.find("in use by another marathon-tally"), std::string::npos) << error.what;
    }
    close();
    open();
}

TEST_F(HistoryTest, TheFileIsPrivateAndCarriesOurMarks) {
    open();
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(ask("SELECT * FROM pragma_application_id"), "not authorized");
    close();
}

TEST_F(HistoryTest, EveryConnectionHasItsOwnNumber) {
    open();
    const auto first = history_->next_connection();
    EXPECT_EQ(history_->next_connection(), first + 1);
    close();
    open();
    EXPECT_EQ(history_->next_connection(), first + 2);
}

}  // namespace
}  // namespace tally::record
