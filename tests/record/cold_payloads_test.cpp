#include "record/cold_payloads.hpp"

#include <gtest/gtest.h>

#include "record/payload_short.hpp"
#include "support/scratch.hpp"
#include "tally/base/hash.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"
#include "tally/record/payload_packer.hpp"
#include "tally/record/query.hpp"
#include "tally/record/verify.hpp"

namespace tally::record {
namespace {

using namespace model;

constexpr TimeMs start_ms = 1'577'836'800'000;  // 2020-01-01
constexpr TimeMs way_ms = 50;

/// A history as the daemon writes it, some kilobytes an event, so that a block has about three hundred.
class ColdPayloadsTest : public testing::Test {
  protected:
    ColdPayloadsTest() { open(); }

    void open() {
        identity_.reset();
        world_.reset();
        history_.reset();
        history_ = std::make_unique<History>(path_);
        identity_ = std::make_unique<Identity>(path_);
        next_app_ = history_->next_app();
        world_ = std::make_unique<World>(history_->source("s"), "s", World::Options{}, next_app_);
        history_->restore(*world_);
        batch_.clear();
        batch_.source = world_->id();
    }

    static std::string body_of(int number, TimeMs time) {
        return R"({"slaveId":"s-)" + std::to_string(number) + R"(","taskId":"app.)" + std::to_string(number / 2) +
               R"(","taskStatus":")" + (number % 2 == 0 ? "TASK_STAGING" : "TASK_RUNNING") + R"(","message":")" +
               std::string(3000, 'm') + R"(","appId":"/app","eventType":"status_update_event","timestamp":")" +
               format_timestamp(time) + R"("})";
    }

    /// False: it is a duplicate.
    bool hear(std::string body, std::uint64_t connection, TimeMs wall, bool replay = false) {
        const std::size_t size = body.size();
        body.resize(size + decode::body_padding);
        const std::string_view text(body.data(), size);
        const auto event = decoder_.decode(text);
        EXPECT_TRUE(event) << text;
        if (!identity_->is_new({.source = world_->id(), .connection = connection, .own_time = event->timestamp, .hash = hash128(text)},
                               batch_)) {
            return false;
        }
        const Stamp stamp = world_->stamp(event->timestamp, wall, replay);
        batch_.identities.back().seq = stamp.own_clock ? seq_ + 1 : 0;
        world_->apply(*event, {.seq = ++seq_, .stamp = stamp, .connection = connection, .replay = replay, .body = text}, batch_);
        return true;
    }

    /// One event a second, of one stream, each received a moment after it happened.
    void live(int first, int count, std::uint64_t connection = 1) {
        for (int i = first; i < first + count; ++i) {
            hear(body_of(i, start_ms + i * 1000), connection, start_ms + i * 1000 + way_ms);
        }
        commit();
    }

    void commit() {
        world_->finish(batch_);
        ASSERT_TRUE(history_->write({&batch_}));
        batch_.clear();
        batch_.source = world_->id();
    }

    /// All slices that there are; how many events they had.
    std::uint64_t pack(TimeMs before = start_ms + 100'000'000) {
        std::uint64_t events = 0;
        for (;;) {
            const auto slice = history_->pack_payloads(before);
            EXPECT_TRUE(slice) << slice.error().what;
            if (!slice || *slice == 0) {
                return events;
            }
            events += *slice;
        }
    }

    std::int64_t number(const std::string& sql) {
        const auto table = query(path_, sql, {}, {});
        EXPECT_TRUE(table) << table.error().what;
        return table ? std::get<std::int64_t>(table->rows.at(0).at(0)) : -1;
    }

    void expect_whole(int first, int count) {
        const auto table = query(path_, "SELECT payload FROM v_events ORDER BY seq", {}, {});
        ASSERT_TRUE(table) << table.error().what;
        ASSERT_EQ(table->rows.size(), static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            ASSERT_EQ(std::get<std::string>(table->rows[static_cast<std::size_t>(i)].at(0)),
                      body_of(first + i, start_ms + (first + i) * 1000));
        }
    }

    void expect_verified() {
        std::string lines;
        const auto verified = verify(path_, scratch_.file("again.db"), [&](std::string_view line) { lines += line; });
        ASSERT_TRUE(verified) << verified.error().what;
        EXPECT_TRUE(verified->fold_checked);
        EXPECT_EQ(verified->differences, 0) << lines;
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
    AppId next_app_ = 1;
    Seq seq_ = 0;
    std::unique_ptr<History> history_;
    std::unique_ptr<Identity> identity_;
    std::unique_ptr<World> world_;
    Batch batch_;
    decode::Decoder decoder_;
};

TEST_F(ColdPayloadsTest, OldPayloadsGoIntoBlocksAndComeBackByteForByte) {
    live(0, 1000);
    EXPECT_GT(pack(), 900U);
    EXPECT_EQ(number("SELECT count(*) FROM payload_block"), 3);
    EXPECT_EQ(number("SELECT count(*) FROM payload") + number("SELECT sum(events) FROM payload_block"), 1000);
    expect_whole(0, 1000);
    expect_verified();
}

TEST_F(ColdPayloadsTest, WhatWasReceivedLaterStaysInItsRow) {
    live(0, 1000);
    pack(start_ms + 700'000);
    EXPECT_GE(number("SELECT min(seq) FROM payload"), 600);
    EXPECT_LE(number("SELECT max(last_seq) FROM payload_block"), 700);
    EXPECT_EQ(pack(start_ms + 700'000), 0U) << "it is no whole block";
}

TEST_F(ColdPayloadsTest, AFewAreNoBlockUnlessAnotherBlockIsBehindThem) {
    live(0, 100);
    EXPECT_EQ(pack(), 0U);
    for (int i = 100; i < 500; ++i) {  // as a replay does
        hear(body_of(i, start_ms + i * 1000), 2, start_ms + i * 1000, true);
    }
    world_->finish(batch_);
    PayloadPacker().pack(batch_);
    ASSERT_FALSE(batch_.payload_blocks.empty());
    ASSERT_TRUE(history_->write({&batch_}));
    batch_.clear();
    batch_.source = world_->id();
    live(500, 100);
    EXPECT_EQ(pack(), 100U);
    EXPECT_EQ(number("SELECT count(*) FROM payload_block a JOIN payload_block b ON a.first_seq < b.first_seq"
                     " AND a.last_seq >= b.first_seq"), 0);
    expect_whole(0, 600);
    expect_verified();
}

TEST_F(ColdPayloadsTest, PackedEventsAreStillKnownAndNeedNoHashes) {
    live(0, 700);
    const auto before = number("SELECT sum(length(hashes)) FROM identity");
    pack();
    EXPECT_LT(number("SELECT coalesce(sum(length(hashes)), 0) FROM identity"), before / 4);
    open();
    for (int i = 0; i < 700; ++i) {
        ASSERT_FALSE(hear(body_of(i, start_ms + i * 1000), 2, start_ms + i * 1000)) << i;
    }
}

TEST_F(ColdPayloadsTest, HowOftenABodyCameAndByWhichConnectionIsStillKnown) {
    live(0, 100);
    const std::string twice = body_of(20, start_ms + 20'000);
    EXPECT_FALSE(hear(twice, 2, start_ms + 20'000));
    EXPECT_TRUE(hear(twice, 2, start_ms + 20'000)) << "its connection shows it more often than it is stored";
    commit();
    live(100, 500);
    pack();
    ASSERT_GT(number("SELECT count(*) FROM identity WHERE hashes IS NULL"), 0);
    open();
    EXPECT_TRUE(hear(twice, 2, start_ms + 20'000)) << "connection 2 goes on: it is the third";
    EXPECT_FALSE(hear(twice, 3, start_ms + 20'000));
    EXPECT_FALSE(hear(twice, 3, start_ms + 20'000));
    EXPECT_FALSE(hear(twice, 3, start_ms + 20'000));
    EXPECT_TRUE(hear(twice, 3, start_ms + 20'000));
}

TEST_F(ColdPayloadsTest, EventsOfTwoConnectionsInTurnKeepTheirs) {
    for (int i = 0; i < 600; ++i) {
        hear(body_of(i, start_ms + i * 1000), 1 + static_cast<std::uint64_t>(i / 7 % 2), start_ms + i * 1000 + way_ms);
        if (i % 10 == 9) {
            commit();
        }
    }
    pack();
    ASSERT_GT(number("SELECT count(*) FROM identity WHERE hashes IS NULL"), 0);
    open();
    EXPECT_TRUE(hear(body_of(10, start_ms + 10'000), 2, start_ms + 10'000)) << "the connection it came by";
    EXPECT_FALSE(hear(body_of(10, start_ms + 10'000), 1, start_ms + 10'000));
    EXPECT_FALSE(hear(body_of(20, start_ms + 20'000), 2, start_ms + 20'000));
    EXPECT_TRUE(hear(body_of(20, start_ms + 20'000), 2, start_ms + 20'000));
    commit();
    expect_verified();
}

TEST_F(ColdPayloadsTest, RejectedInputAndEventsWithoutAClockKeepTheirHashes) {
    const std::string timeless = R"({"eventType":"status_update_event","taskId":"a.1","taskStatus":"TASK_RUNNING","appId":"/a"})";
    EXPECT_TRUE(hear(timeless, 1, start_ms));
    ASSERT_TRUE(identity_->is_new({.source = world_->id(), .connection = 1, .own_time = start_ms, .hash = hash128("x")}, batch_));
    world_->reject({.reason = decode::RejectReason::not_json, .received = start_ms, .what = "w", .sample = "x"}, batch_);
    live(0, 600);
    pack();
    EXPECT_EQ(number("SELECT count(*) FROM v_events WHERE payload IS NULL"), 0);
    expect_verified();
    open();
    EXPECT_FALSE(hear(timeless, 2, start_ms));
    EXPECT_FALSE(identity_->is_new({.source = world_->id(), .connection = 2, .own_time = start_ms, .hash = hash128("x")}, batch_));
}

TEST_F(ColdPayloadsTest, ASliceThatCannotBeWrittenLeavesAllAsItWas) {
    live(0, 400);
    {
        Database db(path_, Database::Mode::write);
        db.execute("CREATE TRIGGER no BEFORE DELETE ON payload BEGIN SELECT raise(ABORT, 'no'); END");
    }
    EXPECT_FALSE(history_->pack_payloads(start_ms + 100'000'000));
    EXPECT_EQ(number("SELECT count(*) FROM payload_block"), 0);
    {
        Database db(path_, Database::Mode::write);
        db.execute("DROP TRIGGER no");
    }
    EXPECT_GT(pack(), 0U);
    expect_whole(0, 400);
}

TEST(PlaceOfNameTest, IsThatOfAWholeStringOnly) {
    constexpr std::string_view body = R"({"a":"xyz","b":"xy"})";
    EXPECT_EQ(place_of_name(body, "xy").at, 16U);
    EXPECT_EQ(place_of_name(body, "xyz").at, 6U);
    for (const std::string_view none : {"", "z", "yz", "xyz\"", "\"xy", "{", "}", "xyzxyzxyzxyzxyzxyzxyz"}) {
        EXPECT_EQ(place_of_name(body, none).size, 0U) << none;
    }
    EXPECT_EQ(place_of_name("", "x").size, 0U);
}

}  // namespace
}  // namespace tally::record
