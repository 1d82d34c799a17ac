#include "tally/record/verify.hpp"

#include <gtest/gtest.h>

#include "record/database.hpp"
#include "support/scratch.hpp"
#include "tally/base/hash.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {
namespace {

using namespace model;

constexpr std::string_view second = "2020-01-01T00:00:0";

std::string at(int seconds) { return std::string(second) + std::to_string(seconds) + ".000Z"; }

/// A history as ingest writes it, of one source.
class VerifyTest : public testing::Test {
  protected:
    VerifyTest()
        : history_(std::make_unique<History>(path_, Buckets{})),
          identity_(std::make_unique<Identity>(path_)),
          world_(history_->source("s"), "s", {}, next_app_) {
        batch_.source = world_.id();
    }

    void hear(std::string body) {
        const std::size_t size = body.size();
        body.resize(size + decode::body_padding);
        const std::string_view text(body.data(), size);
        const auto event = decoder_.decode(text);
        ASSERT_TRUE(event) << text;
        ASSERT_TRUE(identity_->is_new(
            {.source = world_.id(), .connection = 1, .own_time = event->timestamp, .hash = hash128(text)}, batch_
        ));
        world_.apply(*event, {.seq = ++seq_, .stamp = world_.stamp(event->timestamp, 4'000'000'000'000, true), .body = text},
                     batch_);
    }

    void status(const std::string& task, const std::string& state, int seconds) {
        hear(R"({"eventType":"status_update_event","taskId":")" + task + R"(","taskStatus":")" + state +
             R"(","appId":"/a","host":"h","timestamp":")" + at(seconds) + R"("})");
    }

    void commit() {
        world_.finish(batch_);
        ASSERT_TRUE(history_->write({&batch_}));
        batch_.clear();
        batch_.source = world_.id();
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
        world_.reject({.reason = decode::RejectReason::not_json, .received = 1, .what = "w", .sample = "x"}, batch_);
        batch_.identities.push_back({.source = world_.id(), .bucket = 0, .connection = 1, .hash = {}});
        commit();
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
    World world_;
    Batch batch_;
    decode::Decoder decoder_;
    Seq seq_ = 0;
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
         {"UPDATE event SET time_ms = time_ms + 1 WHERE seq = 2", "UPDATE event SET app_id = NULL WHERE seq = 1",
          "UPDATE event SET type_id = (SELECT text_id FROM text WHERE value = 'TASK_RUNNING') WHERE seq = 1",
          "DELETE FROM event WHERE seq = 3", "DELETE FROM identity", "UPDATE identity SET hashes = zeroblob(length(hashes))",
          "DELETE FROM task_transition WHERE seq = 2", "UPDATE task_transition SET dwell_ms = 7 WHERE seq = 2",
          "UPDATE task SET state_id = (SELECT text_id FROM text WHERE value = 'TASK_STAGING') WHERE name = 'a.1'",
          "UPDATE task SET ended_seq = NULL", "UPDATE task SET staging_ms = NULL", "UPDATE task SET started = 0",
          "UPDATE instance SET health = 1 WHERE health = 2", "UPDATE instance SET idle_seq = 1 WHERE name = 'a.marathon-2'",
          "UPDATE app SET ended = 0", "UPDATE app SET accrued_until_ms = 1 WHERE name = '/a'",
          "UPDATE app SET last_received_ms = 1 WHERE name = '/b'", "UPDATE app SET last_deployment_ms = 1",
          "UPDATE deployment SET outcome = 'failed'", "UPDATE deployment SET succeeded_ms = NULL",
          "UPDATE deployment SET has_info = 0", "UPDATE deployment SET plan_known = 0", "UPDATE deployment SET action_bits = 0",
          "UPDATE deployment SET closed_seq = 1", "UPDATE deployment_step SET open = 0",
          "UPDATE deployment_step SET started_ms = NULL", "UPDATE deployment_app SET counted = 0",
          "UPDATE counter SET value = value + 1 WHERE family = 'events' AND a = 'status_update_event'",
          "DELETE FROM counter WHERE family = 'tasks'", "UPDATE histogram SET sum_ms = sum_ms + 1",
          "DELETE FROM rejected", "UPDATE source SET last_event_ms = 0", "UPDATE source SET tasks_forgotten = 3",
          "DELETE FROM health_transition", "UPDATE app_hour SET observed_ms = observed_ms + 1", "DELETE FROM source"}) {
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
}

TEST_F(VerifyTest, AWriterBesideItIsNoDifference) {
    live();
    bool first = true;
    int task = 10;
    // The moment is that of the first look: what is written from then on is not seen. Telling happens in between.
    {
        Database db(path_, Database::Mode::write);
        db.execute("UPDATE counter SET value = value + 1 WHERE family = 'events'");  // so that something is told early
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
