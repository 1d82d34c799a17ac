#include <random>

#include "record/retainer.hpp"
#include "record/verify_story.hpp"
#include "tally/record/query.hpp"

namespace tally::record {
namespace {

using namespace std::chrono_literals;

/// A history with a year's limits, told the time by hand: a checkpoint a quarter.
class RetentionTest : public VerifyStory {
  protected:
    /// All slices at that time; verifies each time if asked to. How many there were.
    int retain(TimeMs now, std::uint64_t bytes = 0, bool verifying = false) {
        for (int slices = 0;; ++slices) {
            const auto done = history_->retain({.now = now, .time = bytes == 0 ? 400s : 0s, .bytes = bytes});
            EXPECT_TRUE(done) << done.error().what;
            if (!done || !*done) {
                return slices;
            }
            if (verifying) {
                expect_verified();
            }
        }
    }

    void expect_verified() {
        const Verified verified = run();
        EXPECT_TRUE(verified.fold_checked);
        EXPECT_EQ(verified.differences, 0) << (lines_.empty() ? "" : lines_.at(0));
    }

    std::int64_t number(const std::string& sql) {
        const auto table = query(path_, sql, {}, {});
        EXPECT_TRUE(table) << table.error().what;
        const auto* value = table ? std::get_if<std::int64_t>(&table->rows.at(0).at(0)) : nullptr;
        return value != nullptr ? *value : -1;
    }

    void reopen() {
        identity_.reset();
        world_.reset();
        history_.reset();
        history_ = std::make_unique<History>(path_);
        identity_ = std::make_unique<Identity>(path_);
        next_app_ = history_->next_app();
        restart({});
        EXPECT_EQ(history_->last_seq(), seq_);
    }

    static std::string stamp(TimeMs time) { return R"(,"timestamp":")" + format_timestamp(time) + R"("})"; }

    /// Anything that can happen to some tasks, instances, deployments and their health.
    void something(TimeMs time) {
        const auto pick = [this](int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); };
        const auto of = [&](std::initializer_list<const char*> names) { return std::string(names.begin()[pick(static_cast<int>(names.size()))]); };
        const std::string app = "/app" + std::to_string(pick(5));
        const std::string task = "app" + std::to_string(pick(5)) + "." + std::to_string(pick(40));
        const std::string instance = "app" + std::to_string(pick(5)) + ".marathon-" + std::to_string(pick(40));
        const std::string id = "d" + std::to_string(pick(12));
        switch (pick(10)) {
            case 0: case 1: case 2:
                return hear(R"({"eventType":"status_update_event","taskId":")" + task + R"(","taskStatus":")" +
                            of({"TASK_STAGING", "TASK_RUNNING", "TASK_FAILED", "TASK_LOST", "TASK_KILLED", "TASK_ODD"}) + R"(","appId":")" +
                            app + R"(","host":")" + of({"h1", "h2", ""}) + R"(","n":)" + std::to_string(seq_) + stamp(time));
            case 3: case 4:
                return hear(R"({"eventType":"instance_changed_event","instanceId":")" + instance + R"(","runSpecId":")" + app +
                            R"(","condition":")" + of({"Running", "Created", "Failed", "Finished"}) + R"(","n":)" + std::to_string(seq_) +
                            stamp(time));
            case 5:
                return hear(R"({"eventType":")" + of({"health_status_changed_event", "instance_health_changed_event"}) +
                            R"(","appId":")" + app + R"(","instanceId":")" + instance + R"(","alive":)" + of({"true", "false"}) +
                            R"(,"healthy":)" + of({"true", "false"}) + R"(,"n":)" + std::to_string(seq_) + stamp(time));
            case 6:
                return hear(R"({"eventType":"deployment_info","plan":{"id":")" + id + R"(","version":"2020-01-01T00:00:01.000Z","steps":)"
                            R"([{"actions":[{"action":"StartApplication","app":")" + app + R"("}]}]},"currentStep":{"actions":)"
                            R"([{"action":"StartApplication","app":")" + app + R"("}]},"n":)" + std::to_string(seq_) + stamp(time));
            case 7:
                return hear(R"({"eventType":")" + of({"deployment_success", "deployment_failed", "group_change_failed", "group_change_success"}) +
                            R"(","id":")" + id + R"(","groupId":"/","version":"2020-01-01T00:00:01.000Z","n":)" + std::to_string(seq_) + stamp(time));
            case 8:
                return hear(R"({"eventType":")" + of({"failed_health_check_event", "unhealthy_task_kill_event", "api_post_event",
                                                       "scheduler_registered_event", "app_terminated_event", "subscribe_event",
                                                       "framework_message_event", "unknown_instance_terminated_event", "what_event"}) +
                            R"(","appId":")" + app + R"(","taskId":")" + task + R"(","instanceId":")" + instance +
                            R"(","uri":"/v2","message":"x","healthCheck":{"protocol":"HTTP","path":"/","intervalSeconds":5},"n":)" +
                            std::to_string(seq_) + stamp(time));
            default:
                world_->reject({.reason = decode::RejectReason::not_json, .received = time, .what = "w", .sample = "x"}, batch_);
                batch_.identities.push_back({.source = world_->id(), .bucket = time >> 16, .connection = 1, .hash = hash128(std::to_string(random_()))});
        }
    }

    std::mt19937 random_{7};
};

TEST_F(RetentionTest, WhatIsOldGoesAndCountersStay) {
    live();
    const auto counted = number("SELECT sum(value) FROM counter");
    retain(begin_ms);
    EXPECT_EQ(number("SELECT count(*) FROM checkpoint WHERE whole"), 1);
    status("a.1", "TASK_KILLED", 8);
    commit();
    retain(begin_ms + 300'000);
    EXPECT_EQ(number("SELECT count(*) FROM input"), 11) << "nothing is old enough";
    EXPECT_GT(retain(begin_ms + 400'001, 0, true), 0);
    EXPECT_EQ(number("SELECT count(*) FROM input"), 1);
    EXPECT_EQ(number("SELECT count(*) FROM v_rejected"), 0);
    EXPECT_GE(number("SELECT sum(value) FROM counter"), counted);
    EXPECT_EQ(number("SELECT (SELECT sum(value) FROM pruned_counter WHERE family = 'events') + (SELECT count(*) FROM v_events)"), 11);
    expect_verified();
}

TEST_F(RetentionTest, ALifeOfAStreamIsFoldedAgainFromTheMiddle) {
    follow();
    retain(begin_ms);
    live();
    retain(begin_ms + 400'001, 0, true);
    EXPECT_EQ(number("SELECT count(*) FROM mark"), 0);
    EXPECT_GT(number("SELECT count(*) FROM v_events"), 0);
    status("b.3", "TASK_RUNNING", 9);
    commit();
    expect_verified();
}

TEST_F(RetentionTest, AnythingThatHappensIsFoldedAgainFromAnyCheckpoint) {
    for (int round = 0; round < 40; ++round) {
        const TimeMs now = begin_ms + round * 60'000;
        for (int i = 0; i < 50; ++i) {
            something(now + static_cast<TimeMs>(random_() % 50'000));
        }
        commit();
        retain(now);
        if (round % 8 == 7) {
            expect_verified();
            reopen();
        }
        ASSERT_FALSE(testing::Test::HasFailure()) << round;
    }
    EXPECT_LT(number("SELECT count(*) FROM input"), 1000) << "of two thousand";
    EXPECT_GT(number("SELECT count(*) FROM input"), 300);
    expect_verified();
}

TEST_F(RetentionTest, AFaultBehindTheCheckpointIsFound) {
    live();
    retain(begin_ms);
    status("a.1", "TASK_KILLED", 8);
    status("a.7", "TASK_RUNNING", 9);
    hear(R"({"eventType":"later")" + stamp(begin_ms + 200'000));
    commit();
    retain(begin_ms + 400'001);
    for (const char* tampering : {"UPDATE cell SET value = value + 1 WHERE series_id IN (SELECT series_id FROM series WHERE family = 'events')", "DELETE FROM input WHERE seq = 11",
                                  "UPDATE task SET since_ms = since_ms + 1 WHERE name = 'a.7'", "DELETE FROM pruned_counter",
                                  "UPDATE app SET ended = 1 - ended WHERE name = '/a'", "DELETE FROM identity"}) {
        expect_difference_after(tampering);
    }
}

TEST_F(RetentionTest, WhatWasPrunedIsNoNewsWhenItComesAgain) {
    live();
    retain(begin_ms);
    status("a.1", "TASK_KILLED", 8);
    commit();
    retain(begin_ms + 400'001);
    reopen();
    Batch out;
    const auto is_new = [&](TimeMs time, std::string_view body) {
        return identity_->is_new({.source = world_->id(), .connection = 9, .own_time = time, .hash = hash128(body)}, out);
    };
    EXPECT_FALSE(is_new(begin_ms + 1000, "not known, and as old as what was pruned"));
    EXPECT_FALSE(is_new(begin_ms - 1'000'000'000, "much older"));
    EXPECT_EQ(identity_->too_old(), 2);
    EXPECT_TRUE(is_new(begin_ms + 7001, "younger"));
    EXPECT_EQ(identity_->too_old(), 2);
}

TEST_F(RetentionTest, ACheckpointThatACrashCutShortIsTakenAgain) {
    live();
    ASSERT_TRUE(*history_->retain({.now = begin_ms, .time = 400s}));
    ASSERT_TRUE(*history_->retain({.now = begin_ms, .time = 400s}));
    EXPECT_EQ(number("SELECT count(*) FROM checkpoint WHERE NOT whole"), 1);
    reopen();
    retain(begin_ms + 1);
    EXPECT_EQ(number("SELECT count(*) FROM checkpoint"), 1);
    EXPECT_EQ(number("SELECT whole FROM checkpoint"), 1);
}

/// What a fold that remembers little has forgotten; a twin whose history keeps all hears the same.
TEST(RowSweeperTest, WhatEndedAndIsForgottenGoesAndComesBackAsFirstSight) {
    test::Scratch scratch;
    struct Twin {
        explicit Twin(const std::string& file) : path(file), history(file) { restart(); }

        void restart() {
            next_app = history.next_app();
            world = std::make_unique<World>(history.source("s"), "s", World::Options{.ended_max = 30}, next_app);
            history.restore(*world);
            batch.source = world->id();
        }
        void hear(const decode::Event& event, std::string_view body, Seq seq) {
            const Hash128 hash = hash128(body);
            batch.identities.push_back({.source = world->id(), .bucket = identity_bucket(event.timestamp, hash), .connection = 1,
                                        .hash = hash, .seq = seq});
            world->apply(event, {.seq = seq, .stamp = {.time = *event.timestamp, .received = *event.timestamp}, .body = body}, batch);
        }
        void commit() {
            world->finish(batch);
            ASSERT_TRUE(history.write({&batch}));
            batch.clear();
            batch.source = world->id();
        }
        std::string all(const std::string& sql) {
            const auto table = query(path, sql, {}, {});
            EXPECT_TRUE(table) << table.error().what;
            return table ? std::get<std::string>(table->rows.at(0).at(0)) : "";
        }

        std::string path;
        History history;
        AppId next_app = 1;
        std::unique_ptr<World> world;
        Batch batch;
    };
    Twin pruned(scratch.file("a.db")), whole(scratch.file("b.db"));
    decode::Decoder decoder;
    std::mt19937 random(3);
    Seq seq = 0;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 60; ++i) {
            // Mostly new ones, some of long ago.
            const auto number = random() % 8 == 0 ? random() % 500 : static_cast<unsigned>(round * 30 + i / 2);
            const std::string task = "a." + std::to_string(number);
            const TimeMs time = begin_ms + round * 60'000 + i * 100;
            std::string body = R"({"eventType":"status_update_event","appId":"/a","taskId":")" + task + R"(","taskStatus":")" +
                               (random() % 3 == 0 ? "TASK_RUNNING" : "TASK_FAILED") + R"(","timestamp":")" + format_timestamp(time) + "\"}";
            const std::size_t size = body.size();
            body.resize(size + decode::body_padding);
            const auto event = decoder.decode(std::string_view(body.data(), size));
            ASSERT_TRUE(event);
            ++seq;
            for (Twin* twin : {&pruned, &whole}) {
                twin->hear(*event, std::string_view(body.data(), size), seq);
            }
        }
        pruned.commit();
        whole.commit();
        for (int slices = 0; *pruned.history.retain({.now = begin_ms + round * 60'000, .time = 200s}); ++slices) {
            ASSERT_LT(slices, 1000);
        }
        if (round % 10 == 9) {
            for (Twin* twin : {&pruned, &whole}) {
                std::string lines;
                const auto verified = verify(twin->path, scratch.file("again.db"), [&](std::string_view line) { lines += line; },
                                             {.ended_max = 30});
                ASSERT_TRUE(verified) << verified.error().what;
                ASSERT_EQ(verified->differences, 0) << round << (twin == &whole ? " whole: " : " pruned: ") << lines;
            }
            pruned.restart();
            whole.restart();
        }
    }
    for (const char* same : {"SELECT json_group_array(json_array(family, a, b, value)) FROM (SELECT * FROM counter ORDER BY cell)",
                             "SELECT json_group_array(json_array(task, state, since, instance)) FROM (SELECT * FROM v_tasks WHERE ended IS NULL"
                             " ORDER BY task)"}) {
        EXPECT_EQ(pruned.all(same), whole.all(same));
    }
    const std::string names = "SELECT json_group_array(entity) FROM (SELECT entity FROM v_events WHERE seq > 2200 ORDER BY seq)";
    EXPECT_EQ(pruned.all(names), whole.all(names)) << "who is named is there";
    const std::string kept = "SELECT (SELECT count(*) FROM task) || ' ' || (SELECT count(*) FROM instance)";
    EXPECT_LT(std::stoi(pruned.all(kept)), std::stoi(whole.all(kept)) / 2) << pruned.all(kept) << " of " << whole.all(kept);
}

TEST_F(RetentionTest, AHistoryStaysAsSmallAsItIsToBe) {
    constexpr std::uint64_t limit = 3 << 20;
    std::uint64_t largest = 0;
    for (int round = 0; round < 60; ++round) {
        for (int i = 0; i < 60; ++i) {
            const std::string task = "a." + std::to_string(round * 60 + i);
            hear(R"({"eventType":"status_update_event","taskId":")" + task + R"(","taskStatus":"TASK_RUNNING","appId":"/a","message":")" +
                 std::string(2000, static_cast<char>('a' + i % 26)) + '"' + stamp(begin_ms + round * 60'000 + i * 1000));
        }
        commit();
        retain(begin_ms + round * 60'000, limit);
        largest = std::max(largest, history_->sizes().database_bytes);
    }
    EXPECT_LT(largest, limit * 3 / 2) << "of twelve megabytes";
    EXPECT_GT(number("SELECT count(*) FROM v_events"), 400);
    expect_verified();
}

}  // namespace
}  // namespace tally::record
