#pragma once

#include <gtest/gtest.h>

#include "record/database.hpp"
#include "support/scratch.hpp"
#include "tally/base/hash.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"
#include "tally/record/mark_code.hpp"
#include "tally/record/verify.hpp"

namespace tally::record {

using namespace model;

inline constexpr std::string_view second = "2020-01-01T00:00:0";

inline constexpr TimeMs begin_ms = 1'577'836'800'000;  // the same in numbers

inline std::string at(int seconds) { return std::string(second) + std::to_string(seconds) + ".000Z"; }

/// A history as ingest writes it, of one source.
class VerifyStory : public testing::Test {
  protected:
    VerifyStory()
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

}  // namespace tally::record
