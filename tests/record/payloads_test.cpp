#include "record/payloads.hpp"

#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "tally/record/history.hpp"
#include "tally/record/payload_packer.hpp"
#include "tally/record/query.hpp"

namespace tally::record {
namespace {

class PayloadsTest : public testing::Test {
  protected:
    PayloadsTest() : history_(path_) { batch_.source = history_.source("s"); }

    /// An event with that payload; seqs may leave holes.
    void event(model::Seq seq, std::string_view payload) {
        batch_.events.push_back({.seq = seq,
                                 .source = batch_.source,
                                 .time = seq,
                                 .received = seq,
                                 .type = "t",
                                 .payload = batch_.text.keep(payload)});
    }

    void write() { ASSERT_TRUE(history_.write({&batch_})); }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
    History history_;
    model::Batch batch_;
    PayloadPacker packer_;
};

std::string payload_of(model::Seq seq) {
    return "{\"seq\":" + std::to_string(seq) + ",\"pad\":\"" + std::string(300, 'x') + "\"}";
}

TEST_F(PayloadsTest, FewAreLeftAsTheyAre) {
    event(1, "{}");
    packer_.pack(batch_);
    EXPECT_EQ(batch_.events[0].payload, "{}");
    EXPECT_TRUE(batch_.payload_blocks.empty());
}

TEST_F(PayloadsTest, ManyGoIntoBlocksAndComeBackWhole) {
    for (model::Seq seq = 1; seq < 20000; seq += 1 + seq % 3) {
        event(seq, payload_of(seq));
    }
    const std::size_t count = batch_.events.size();
    packer_.pack(batch_);
    EXPECT_GT(batch_.payload_blocks.size(), 1U);
    write();
    Database db(path_, Database::Mode::read);
    Payloads payloads(db.handle());
    for (std::size_t i = 0; i < count; ++i) {
        const model::Seq seq = batch_.events[i].seq;
        EXPECT_EQ(payloads.find(seq, {}), payload_of(seq)) << seq;
    }
    EXPECT_EQ(payloads.find(2, {}), std::nullopt) << "a hole";
    EXPECT_EQ(payloads.find(0, {}), std::nullopt);
    EXPECT_EQ(payloads.find(99'999, {}), std::nullopt);
    EXPECT_EQ(payloads.find(1, {}), payload_of(1)) << "backwards, too";
}

TEST_F(PayloadsTest, OneAsLargeAsItMayBeIsABlockOfItsOwn) {
    const std::string large(std::size_t{9} << 20, 'y');
    event(1, "small");
    event(2, large);
    event(3, "last");
    packer_.pack(batch_);
    write();
    Database db(path_, Database::Mode::read);
    Payloads payloads(db.handle());
    EXPECT_EQ(payloads.find(2, {}), large);
    EXPECT_EQ(payloads.find(3, {}), "last");
}

/// What the packer leaves out of a payload and what comes back, with those names in the row.
std::string there_and_back(model::EventFact event, std::string_view entity, std::string_view app, std::size_t& size) {
    std::string packed(event.payload.size(), ' '), whole;
    packed.resize(static_cast<std::size_t>(write_short(packed.data(), event) - packed.data()));
    size = packed.size();
    append_whole(whole, packed, {.entity = entity, .app = app, .time = event.time});
    return whole;
}

TEST(PayloadLayoutTest, ColumnsTellWhereEachBodyIs) {
    const std::vector<PayloadEntry> entries{
        {.seq = 7, .group = 0, .bytes = 2}, {.seq = 9, .group = 1, .bytes = 1}, {.seq = 1000, .group = 0, .bytes = 300}};
    const std::size_t begin = columns_bytes(entries.size());
    std::string block(begin, ' ');
    write_columns(block.data(), 7, entries);
    block.append(303, 'x');
    std::vector<PayloadEntry> read;
    ASSERT_TRUE(read_entries(block, 1, 7, 3, read));
    EXPECT_EQ(read[0].begin, begin);
    EXPECT_EQ(read[1].begin, begin + 302) << "its group comes behind";
    EXPECT_EQ(read[2].begin, begin + 2);
    EXPECT_EQ(read[2].seq, 1000);
    EXPECT_EQ(read[2].bytes, 300U);
    block.pop_back();
    EXPECT_FALSE(read_entries(block, 1, 7, 3, read)) << "a body leads out of it";
    EXPECT_FALSE(read_entries(block, 1, 7, 1000, read));
}

TEST(PayloadLayoutTest, ThatOfOldVersionsIsRead) {
    using namespace std::string_literals;
    const std::string block = "\0\0\0\0\x02\0\0\0\x05\0\0\0\x01\0\0\0abc"s;
    std::vector<PayloadEntry> read;
    ASSERT_TRUE(read_entries(block, 0, 10, 2, read));
    EXPECT_EQ(read[1].seq, 15);
    EXPECT_EQ(block.substr(read[0].begin, read[0].bytes) + "|" + block.substr(read[1].begin, read[1].bytes), "ab|c");
}

TEST(PayloadShortTest, NamesAndTimeOfTheRowAreLeftOutAndComeBack) {
    constexpr std::string_view body = R"({"taskId":"a.1","appId":"/a","timestamp":"2020-01-01T00:00:00.007Z"})";
    model::EventFact event{.time = 1'577'836'800'007, .payload = body};
    std::size_t size = 0;
    EXPECT_EQ(there_and_back(event, "", "", size), body);
    EXPECT_EQ(size, body.size() - 23) << "the time alone";
    event.entity_place = {11, 3};
    event.app_place = {25, 2};
    EXPECT_EQ(there_and_back(event, "a.1", "/a", size), body);
    EXPECT_EQ(size, body.size() - 23 - 2 - 1);
}

TEST(PayloadShortTest, AnotherTimeOrFormOfItStays) {
    std::size_t size = 0;
    for (const std::string_view body : {
             R"({"timestamp":"2020-01-01T00:00:00.008Z"})", R"({"timestamp":"2020-01-01T01:00:00.007+01:00"})",
             R"({"timestamp":"2020-01-01T00:00:00Z"})", R"({"timestamp":"2020)", R"({"timestamp":")", "", "{}"}) {
        const model::EventFact event{.time = 1'577'836'800'007, .payload = body};
        EXPECT_EQ(there_and_back(event, "", "", size), body);
        EXPECT_EQ(size, body.size()) << body;
    }
}

TEST(PayloadShortTest, NamesThatOverlapAreLeftOutOnce) {
    const model::EventFact event{.payload = R"({"id":"abc"})", .entity_place = {7, 3}, .app_place = {8, 2}};
    std::size_t size = 0;
    EXPECT_EQ(there_and_back(event, "abc", "bc", size), event.payload);
    EXPECT_EQ(size, event.payload.size() - 2);
}

TEST_F(PayloadsTest, OurQueryShowsThemAndPlainSqliteShowsNull) {
    for (model::Seq seq = 1; seq <= 1000; ++seq) {
        event(seq, payload_of(seq));
    }
    packer_.pack(batch_);
    write();
    const auto table = query(path_, "SELECT payload ->> 'seq' FROM v_events WHERE seq = 777", {}, {});
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(table->rows.at(0).at(0), Value(std::int64_t{777}));
    Database db(path_, Database::Mode::read);
    Statement plain = db.prepare("SELECT count(*), count(payload) FROM v_events");
    ASSERT_TRUE(plain.step());
    EXPECT_EQ(plain.integer(0), 1000);
    EXPECT_EQ(plain.integer(1), 0);
}

TEST_F(PayloadsTest, ADamagedBlockIsAnErrorAndNoCrash) {
    for (model::Seq seq = 1; seq <= 1000; ++seq) {
        event(seq, payload_of(seq));
    }
    packer_.pack(batch_);
    write();
    for (const char* damage : {"packed = x'00'", "packed = zeroblob(100)", "events = 1000000000", "events = -1",
                               "packed = substr(packed, 1, length(packed) / 2)"}) {
        Database db(path_, Database::Mode::write);
        db.execute("BEGIN");
        db.execute((std::string("UPDATE payload_block SET ") + damage).c_str());
        Payloads payloads(db.handle());
        EXPECT_THROW((void)payloads.find(1, {}), SqliteError) << damage;
        db.execute("ROLLBACK");
    }
}

}  // namespace
}  // namespace tally::record
