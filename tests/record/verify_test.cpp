#include "tally/record/verify.hpp"

#include <gtest/gtest.h>

#include "record/database.hpp"
#include "support/scratch.hpp"
#include "tally/base/hash.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"
#include "tally/record/mark_code.hpp"

namespace tally::record {
namespace {

using namespace model;

constexpr std::string_view second = "2020-01-01T00:00:0";

constexpr TimeMs begin_ms = 1'577'836'800'000;  // the same in numbers

std::string at(int seconds) { return std::string(second) + std::to_string(seconds) + ".000Z"; }

/// A history as ingest writes it, of one source.
class VerifyTest : public testing::Test {
  protected:
    VerifyTest()
        : history_(std::make_unique<History>(path_)),
          identity_(std::make_unique<Identity>(path_)),
          world_(std::make_unique<World>(history_->source("s"), "s", World::Options{}, next_app_)) {
        batch_.source = world_->id();
    }

    /// As after a restart with other settings.
    void restart(World::Options options) {
        world_ = std::make_unique<World>(history_->source("s"), "s", std::move(options), next_app_);
        history_->restore(*world_);
    }

    void hear(std::string body) {
        const std::size_t size = body.size();
        body.resize(size + decode::body_padding);
        const std::string_view text(body.data(), size);
        const auto event = decoder_.decode(text);
        ASSERT_TRUE(event) << text;
        ASSERT_TRUE(identity_->is_new(
            {.source = world_->id(), .connection = 1, .own_time = event->timestamp, .hash = hash128(text)}, batch_
        ));
        Stamp stamp = world_->stamp(event->timestamp, 4'000'000'000'000, false);
        stamp.received = stamp.time + 500;
        world_->apply(
            *event,
            {.seq = ++seq_,
             .stamp = stamp,
             .connection = connection_,
             .body = text},
            batch_
        );
    }

    /// What the daemon says itself, at that second.
    void say(Mark mark, int seconds) {
        mark.time = begin_ms + seconds * 1000;
        mark.connection = mark.kind == Mark::Kind::attached ? ++connection_ : 0;
        world_->apply(mark, seq_ + 1, batch_);
        batch_.marks.push_back({.seq = seq_ + 1,
                                .last_seq = seq_ + mark.seqs(),
                                .source = world_->id(),
                                .time = mark.time,
                                .kind = to_string(mark.kind),
                                .body = batch_.text.keep(encode(mark))});
        seq_ += mark.seqs();
    }

    /// Two sessions with all that can happen to them, and a start that follows a crash.
    void follow() {
        using Kind = Mark::Kind;
        say({.kind = Kind::started}, 0);
        say({.kind = Kind::attached, .url = "http://one"}, 0);
        say({.kind = Kind::reconciled, .cause = "failed"}, 0);
        status("b.1", "TASK_RUNNING", 1);
        hear(R"({"eventType":"health_status_changed_event","appId":"/b","taskId":"b.1","alive":true,"timestamp":")" + at(1) +
             R"("})");
        say({.kind = Kind::alive, .bytes = 100}, 2);
        Mark shed{.kind = Kind::shed, .from = begin_ms + 3000, .lost = 3, .cause = "queue"};
        say(shed, 4);
        say({.kind = Kind::ended, .cause = "closed"}, 5);
        say({.kind = Kind::attempt, .cause = "leader_changed"}, 6);
        say({.kind = Kind::failed, .cause = "refused", .detail = "connection refused"}, 6);
        say({.kind = Kind::attempt, .cause = "refused"}, 6);
        say({.kind = Kind::attached, .url = "http://two"}, 7);
        Mark ok{.kind = Kind::reconciled, .cause = "ok", .framework = "f"};
        say(ok, 7);
        status("b.2", "TASK_RUNNING", 8);
        commit();
        restart({});
        say({.kind = Kind::started}, 9);
        commit();
    }

    void status(const std::string& task, const std::string& state, int seconds) {
        hear(R"({"eventType":"status_update_event","taskId":")" + task + R"(","taskStatus":")" + state +
             R"(","appId":"/a","host":"h","timestamp":")" + at(seconds) + R"("})");
    }

    void commit() {
        world_->finish(batch_);
        ASSERT_TRUE(history_->write({&batch_}));
        batch_.clear();
        batch_.source = world_->id();
    }

    /// A bit of everything.
    void live() {
        status("a.1", "TASK_STAGING", 1);
        status("a.1", "TASK_RUNNING", 2);
        status("a.2", "TASK_RUNNING", 2);
        status("a.2", "TASK_FAILED", 3);
        hear(R"({"eventType":"instance_changed_event","instanceId":"b.marathon-1","runSpecId":"/b","condition":"Running",)"
             R"("timestamp":")" + at(3) + R"("})");
        hear(R"({"eventType":"health_status_changed_event","appId":"/a","taskId":"a.1","alive":true,"timestamp":")" +
             at(4) + R"("})");
        hear(R"({"eventType":"deployment_info","plan":{"id":"d","version":"2020-01-01T00:00:01.000Z","steps":[{"actions":)"
             R"([{"action":"StartApplication","app":"/a"}]}]},"currentStep":{"actions":[{"action":"StartApplication",)"
             R"("app":"/a"}]},"timestamp":")" + at(5) + R"("})");
        hear(R"({"eventType":"deployment_success","id":"d","timestamp":")" + at(6) + R"("})");
        hear(R"({"eventType":"health_status_changed_event","appId":"/a","taskId":"a.1","alive":false,"timestamp":")" +
             at(6) + R"("})");
        hear(R"({"eventType":"app_terminated_event","appId":"/b","timestamp":")" + at(7) + R"("})");
        world_->reject({.reason = decode::RejectReason::not_json, .received = 1, .what = "w", .sample = "x"}, batch_);
        batch_.identities.push_back({.source = world_->id(), .bucket = 0, .connection = 1, .hash = {}});
        commit();
    }

    /// Verifies a copy of the file in which something was changed.
    void expect_difference_after(const char* tampering) {
        const std::string copy = scratch_.file("copy.db");
        std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::copy_file(path_ + "-wal", copy + "-wal", std::filesystem::copy_options::overwrite_existing);
        std::filesystem::remove(copy + "-shm");
        {
            Database db(copy, Database::Mode::write);
            db.execute(tampering);
        }
        std::int64_t told = 0;
        const auto verified = verify(copy, scratch_.file("again.db"), [&told](std::string_view) { ++told; });
        ASSERT_TRUE(verified) << tampering << ": " << verified.error().what;
        EXPECT_GT(verified->differences, 0) << tampering;
        EXPECT_GT(told, 0) << tampering;
    }

    Verified run() {
        lines_.clear();
        const auto verified = verify(path_, scratch_.file("again.db"), [this](std::string_view line) {
            lines_.emplace_back(line);
        });
        EXPECT_TRUE(verified) << verified.error().what;
        return *verified;
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
    std::unique_ptr<History> history_;
    std::unique_ptr<Identity> identity_;
    AppId next_app_ = 1;
    std::unique_ptr<World> world_;
    Batch batch_;
    decode::Decoder decoder_;
    Seq seq_ = 0;
    std::uint64_t connection_ = 1;
    std::vector<std::string> lines_;
};

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
