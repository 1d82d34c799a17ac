#include "record/verify_story.hpp"

namespace tally::record {
namespace {

using VerifyTest = VerifyStory;

TEST_F(VerifyTest, AHistoryAsItWasWrittenHasNoDifference) {
    live();
    const Verified verified = run();
    EXPECT_EQ(verified.events, 10);
    EXPECT_EQ(verified.differences, 0) << lines_.at(0);
}

TEST_F(VerifyTest, EveryStoredFactIsCompared) {
    live();
    for (const char* tampering :
         {"UPDATE input SET time_ms = time_ms + 1 WHERE seq = 2", "UPDATE input SET app_id = NULL WHERE seq = 1",
          "UPDATE input SET kind_id = (SELECT kind_id FROM input WHERE seq = 2) WHERE seq = 1",
          "UPDATE kind SET event_type = 'x' WHERE fact = 6", "UPDATE kind SET to_name = 'x' WHERE fact = 4",
          "UPDATE input SET entity = 0 WHERE seq = 1", "UPDATE minute SET inputs = 1", "DELETE FROM minute",
          "DELETE FROM input WHERE seq = 3", "UPDATE input SET subject = NULL WHERE task_id IS NULL", "DELETE FROM identity", "UPDATE identity SET hashes = zeroblob(length(hashes))",
          "UPDATE input SET task_id = NULL WHERE seq = 2", "UPDATE input SET dwell_ms = 7 WHERE seq = 2",
          "UPDATE task SET state_id = (SELECT text_id FROM text WHERE value = 'TASK_FAILED') WHERE name = 'a.1'",
          "UPDATE task SET ended_seq = NULL", "UPDATE task SET staging_after_ms = NULL", "UPDATE task SET started = 0",
          "UPDATE instance SET health = 1 WHERE health = 2", "UPDATE instance SET idle_seq = 1 WHERE name = 'a.marathon-2'",
          "UPDATE app SET ended = 0", "UPDATE app SET accrued_until_ms = 1 WHERE name = '/a'",
          "UPDATE app SET last_received_ms = 1 WHERE name = '/b'", "UPDATE app SET last_deployment_ms = 1",
          "UPDATE deployment SET outcome = 'failed'", "UPDATE deployment SET succeeded_ms = NULL",
          "UPDATE deployment SET has_info = 0", "UPDATE deployment SET plan_known = 0", "UPDATE deployment SET action_bits = 0",
          "UPDATE deployment SET closed_seq = 1", "UPDATE deployment_step SET open = 0",
          "UPDATE deployment_step SET started_ms = NULL", "UPDATE deployment_app SET counted = 0",
          "UPDATE cell SET value = value + 1 WHERE series_id = (SELECT series_id FROM series WHERE family = 'events' AND a = 'status_update_event')",
          "DELETE FROM cell WHERE series_id = (SELECT series_id FROM series WHERE family = 'tasks')", "UPDATE histogram SET sum_ms = sum_ms + 1",
          "DELETE FROM rejected", "UPDATE source SET last_event_ms = 0", "UPDATE source SET tasks_forgotten = 3",
          "UPDATE kind SET fact = 0 WHERE fact = 6", "UPDATE app_hour SET observed_ms = observed_ms + 1", "DELETE FROM source"}) {
        expect_difference_after(tampering);
    }
}

TEST_F(VerifyTest, ALifeOfAStreamHasNoDifference) {
    follow();
    EXPECT_EQ(run().differences, 0) << lines_.at(0);
    Database db(path_, Database::Mode::read);
    Statement gaps = db.prepare("SELECT group_concat(cause || ' ' || coalesce(lost, '-'), ', ') FROM gap");
    ASSERT_TRUE(gaps.step());
    EXPECT_EQ(gaps.text(0), "history_unwritable 3, leader_changed -, crash -");
    Statement observed = db.prepare("SELECT value FROM counter WHERE family = 'stream_observed_ms'");
    ASSERT_TRUE(observed.step());
    EXPECT_EQ(observed.integer(0), 5000 - 1000 + 1500);  // the last event came half a second after its time
}

TEST_F(VerifyTest, EveryPartOfALifeOfAStreamIsCompared) {
    follow();
    for (const char* tampering :
         {"UPDATE session SET start_ms = start_ms - 1 WHERE number = 1", "UPDATE session SET last_ms = last_ms + 1",
          "UPDATE session SET cause = 'reset' WHERE number = 1", "UPDATE session SET events = events + 1",
          "UPDATE session SET url = ''", "DELETE FROM session", "UPDATE gap SET end_ms = end_ms + 1 WHERE number = 2",
          "UPDATE gap SET cause = 'closed' WHERE number = 2", "UPDATE gap SET last_error = NULL",
          "UPDATE gap SET attempts = 0", "UPDATE gap SET lost = 4 WHERE lost = 3", "UPDATE gap SET reconciled = 0",
          "DELETE FROM gap WHERE number = 1", "UPDATE source SET framework = 'other'", "UPDATE source SET reconciled = 0",
          "UPDATE source SET stopped = 1", "DELETE FROM mark WHERE kind = 'alive'", "DELETE FROM mark WHERE kind = 'attempt'",
          "UPDATE mark SET body = x'00' WHERE kind = 'alive'", "UPDATE mark SET packed = 1 WHERE kind = 'attempt'",
          "UPDATE mark SET source_id = 9 WHERE kind = 'shed'", "UPDATE mark SET last_seq = last_seq + 1 WHERE kind = 'shed'",
          "UPDATE cell SET value = value + 1 WHERE series_id IN (SELECT series_id FROM series WHERE family = 'stream_observed_ms')",
          "UPDATE cell SET value = value + 1 WHERE series_id IN (SELECT series_id FROM series WHERE family = 'stream_gap_ms')",
          "UPDATE cell SET value = value + 1 WHERE series_id IN (SELECT series_id FROM series WHERE family = 'stream_gaps')",
          "UPDATE cell SET value = value + 1 WHERE series_id IN (SELECT series_id FROM series WHERE family = 'events_shed')",
          "UPDATE cell SET value = value + 1 WHERE series_id IN (SELECT series_id FROM series WHERE family = 'reconciliations')",
          "DELETE FROM cell WHERE series_id IN (SELECT series_id FROM series WHERE family = 'stream_reconnects')"}) {
        expect_difference_after(tampering);
    }
}

TEST_F(VerifyTest, AMarkOfALargeSnapshotIsPackedAndFoldedAgain) {
    say({.kind = Mark::Kind::attached}, 0);
    Mark mark{.kind = Mark::Kind::reconciled, .cause = "ok"};
    // Apps that nobody has heard of: what they become is not the business of this test.
    for (int i = 0; i < 1000; ++i) {
        mark.differences.push_back({.kind = Difference::Kind::app, .id = "/app-" + std::to_string(i), .to = "none"});
    }
    say(mark, 1);
    status("b.1", "TASK_RUNNING", 2);
    commit();
    Database db(path_, Database::Mode::read);
    Statement packed = db.prepare("SELECT packed, last_seq - seq, length(body) FROM mark WHERE kind = 'reconciled'");
    ASSERT_TRUE(packed.step());
    EXPECT_EQ(packed.integer(0), 1);
    EXPECT_EQ(packed.integer(1), 999);
    EXPECT_LT(packed.integer(2), 20'000);
    EXPECT_EQ(run().differences, 0) << lines_.at(0);
}

TEST_F(VerifyTest, AnInstanceWhoseTimeIsNoLongerAheadIsStoredAnew) {
    status("a.1", "TASK_RUNNING", 1);
    say({.kind = Mark::Kind::reconciled,
         .cause = "ok",
         .differences = {{.kind = Difference::Kind::health, .id = "a.1", .app = "/a", .to = "healthy", .time_low = begin_ms}}},
        5);
    commit();
    Database db(path_, Database::Mode::read);
    Statement ahead = db.prepare("SELECT count(*) FROM instance WHERE health_counts_from_ms IS NOT NULL");
    ASSERT_TRUE(ahead.step());
    EXPECT_EQ(ahead.integer(0), 1) << "its time counts from 5 s on, and the clock is at 1 s";
    ahead.reset();
    status("b.1", "TASK_RUNNING", 8);
    commit();
    ASSERT_TRUE(ahead.step());
    EXPECT_EQ(ahead.integer(0), 0);
    ahead.reset();
    EXPECT_EQ(run().differences, 0) << lines_.at(0);
}

TEST_F(VerifyTest, OtherBucketsAreNoDifferenceAndKeepWhatCanBeKept) {
    live();
    World::Options options;
    options.buckets.task_state = {700, 1000, 9000};
    restart(options);
    status("a.1", "TASK_KILLED", 7);  // RUNNING for 5 s; both before were 1 s
    commit();
    EXPECT_EQ(run().differences, 0) << lines_.at(0);
    restart({});
    status("a.3", "TASK_RUNNING", 8);
    status("a.3", "TASK_FAILED", 9);
    commit();
    EXPECT_EQ(run().differences, 0) << lines_.at(0);
    Database db(path_, Database::Mode::read);
    Statement counts = db.prepare("SELECT counts, mixed FROM histogram WHERE family = 'task_state_duration' AND a = 'TASK_RUNNING'");
    ASSERT_TRUE(counts.step());
    EXPECT_EQ(counts.integer(1), 1);
    // Two of 1 s, which is a bound in both; one of 5 s, of which only "at most 9 s" was kept: at most 10 s.
    EXPECT_TRUE(counts.text(0).starts_with("[0,2,0,0,1,0,")) << counts.text(0);
}

TEST_F(VerifyTest, AWriterBesideItIsNoDifference) {
    live();
    bool first = true;
    int task = 10;
    // The moment is that of the first look: what is written from then on is not seen. Telling happens in between.
    {
        Database db(path_, Database::Mode::write);
        db.execute("UPDATE cell SET value = value + 1 WHERE series_id IN (SELECT series_id FROM series WHERE family = 'events')");  // so that something is told early
    }
    std::vector<std::string> lines;
    const auto verified = verify(path_, scratch_.file("again.db"), [&](std::string_view line) {
        lines.emplace_back(line);
        if (first) {
            first = false;
            status("a." + std::to_string(++task), "TASK_RUNNING", 8);
            commit();
        }
    });
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->events, 10);
    for (const std::string& line : lines) {
        EXPECT_TRUE(line.starts_with("counter")) << line;
    }
}

}  // namespace
}  // namespace tally::record
