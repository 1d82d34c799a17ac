#include "journal_record.hpp"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally {

namespace {

using Kind = JournalRecord::Kind;

/// The pieces as the journal joins them.
std::string joined(const JournalRecord& record) {
    JournalRecord::Head head{};
    std::string bytes;
    for (const std::string_view piece : record.pieces(head)) {
        bytes += piece;
    }
    return bytes;
}

constexpr std::size_t head_bytes = sizeof(JournalRecord::Head);

struct Sample {
    std::string text = std::string("{\"a\":1}\0\0\0x\0\0", 13);
    std::vector<Slab::Body> bodies{{.at = 0, .size = 7, .bytes = 7}, {.at = 10, .size = 1, .bytes = 5'000'000'000, .too_large = 1}};
    JournalRecord record{.kind = Kind::slab,
                         .source = -7,
                         .way = Way::callback,
                         .connection = 0xFFFF'FFFF'FFFF'FFFFU,
                         .wall = -1,
                         .bodies = bodies,
                         .bytes = text};
};

std::optional<JournalRecord> parse(std::string_view bytes) {
    static std::vector<Slab::Body> room;
    // Of exactly that size on the heap: a sanitizer sees one byte too many.
    static std::vector<char> exact;
    exact.assign(bytes.begin(), bytes.end());
    exact.shrink_to_fit();
    return JournalRecord::parse({exact.data(), exact.size()}, room);
}

/// With one number of the head replaced.
std::string with(std::string bytes, std::size_t at, std::uint64_t number, std::size_t size = 8) {
    std::memcpy(bytes.data() + at, &number, size);
    return bytes;
}

constexpr std::size_t kind_at = 0, way_at = 1, bodies_at = 24, bytes_at = 32;

TEST(JournalRecordTest, ASlabComesBackAsItWas) {
    const Sample sample;
    const auto parsed = parse(joined(sample.record));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->kind, Kind::slab);
    EXPECT_EQ(parsed->source, -7);
    EXPECT_EQ(parsed->way, Way::callback);
    EXPECT_EQ(parsed->connection, 0xFFFF'FFFF'FFFF'FFFFU);
    EXPECT_EQ(parsed->wall, -1);
    EXPECT_EQ(parsed->bytes, sample.text);
    ASSERT_EQ(parsed->bodies.size(), 2U);
    EXPECT_EQ(parsed->bodies[0].size, 7U);
    EXPECT_EQ(parsed->bodies[0].too_large, 0U);
    EXPECT_EQ(parsed->bodies[1].at, 10U);
    EXPECT_EQ(parsed->bodies[1].bytes, 5'000'000'000U);
    EXPECT_EQ(parsed->bodies[1].too_large, 1U);
}

TEST(JournalRecordTest, MarksReleasesAndSlabsOfNothingComeBack) {
    for (const Kind kind : {Kind::slab, Kind::mark, Kind::release}) {
        for (const std::string_view bytes : {std::string_view(), std::string_view("ended\t1")}) {
            const JournalRecord record{.kind = kind, .source = 3, .bodies = {}, .bytes = bytes};
            const auto parsed = parse(joined(record));
            ASSERT_TRUE(parsed);
            EXPECT_EQ(parsed->kind, kind);
            EXPECT_EQ(parsed->source, 3);
            EXPECT_EQ(parsed->bytes, bytes);
            EXPECT_TRUE(parsed->bodies.empty());
        }
    }
}

TEST(JournalRecordTest, IsReadWhereverItLies) {
    const Sample sample;
    for (std::size_t off = 0; off < 8; ++off) {
        const std::string bytes = std::string(off, 'x') + joined(sample.record);
        std::vector<Slab::Body> room;
        const auto parsed = JournalRecord::parse(std::string_view(bytes).substr(off), room);
        ASSERT_TRUE(parsed) << off;
        EXPECT_EQ(parsed->bodies[1].at, 10U);
    }
}

TEST(JournalRecordTest, TheRoomOfTheRecordBeforeIsNotSeen) {
    const Sample sample;
    std::vector<Slab::Body> room;
    const std::string slab = joined(sample.record);
    const std::string mark = joined({.kind = Kind::mark, .bodies = {}, .bytes = "m"});
    ASSERT_EQ(JournalRecord::parse(slab, room)->bodies.size(), 2U);
    EXPECT_TRUE(JournalRecord::parse(mark, room)->bodies.empty());
}

TEST(JournalRecordTest, WhatIsCutAnywhereIsNone) {
    const Sample sample;
    const std::string whole = joined(sample.record);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(parse(std::string_view(whole).substr(0, size))) << size;
    }
    EXPECT_FALSE(parse(whole + "x"));
}

TEST(JournalRecordTest, ABodyOutsideOfTheBytesMakesItNone) {
    constexpr std::uint64_t most = ~std::uint64_t{0};
    struct Row {
        std::uint64_t at, size;
        bool good;
    };
    for (const Row row : {Row{0, 13, true}, Row{13, 0, true}, Row{12, 1, true}, Row{0, 14, false}, Row{14, 0, false},
                          Row{13, 1, false}, Row{most, 1, false}, Row{1, most, false}, Row{most, most, false},
                          Row{2, most - 1, false}}) {
        Sample sample;
        sample.bodies[1].at = row.at;
        sample.bodies[1].size = row.size;
        EXPECT_EQ(parse(joined(sample.record)).has_value(), row.good) << row.at << " " << row.size;
    }
}

TEST(JournalRecordTest, AHeadThatLiesMakesItNone) {
    const Sample sample;
    const std::string good = joined(sample.record);
    constexpr std::uint64_t most = ~std::uint64_t{0};
    EXPECT_TRUE(parse(with(good, kind_at, 1, 1)));
    for (const std::uint64_t kind : {0U, 4U, 255U}) {
        EXPECT_FALSE(parse(with(good, kind_at, kind, 1))) << kind;
    }
    for (const std::uint64_t way : {3U, 255U}) {
        EXPECT_FALSE(parse(with(good, way_at, way, 1))) << way;
    }
    // Counts whose product with the size of a body wraps around among them.
    for (const std::uint64_t bodies : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, most, most / 32, most / 32 + 1,
                                       (std::uint64_t{1} << 59) + 2}) {
        EXPECT_FALSE(parse(with(good, bodies_at, bodies))) << bodies;
    }
    for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{12}, std::uint64_t{14}, most, most - 63}) {
        EXPECT_FALSE(parse(with(good, bytes_at, bytes))) << bytes;
    }
}

TEST(JournalRecordTest, AnyBytesAreARecordWithinItselfOrNone) {
    std::mt19937_64 random(7);
    const Sample sample;
    const std::string good = joined(sample.record);
    std::vector<Slab::Body> room;
    int records = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string bytes = good;
        if (i % 2 == 0) {
            bytes.resize(random() % (3 * head_bytes));
            for (char& c : bytes) {
                c = static_cast<char>(random() % 5 == 0 ? random() : 0);
            }
        } else {
            for (std::size_t change = random() % 3 + 1; change > 0; --change) {
                bytes[random() % bytes.size()] = static_cast<char>(random());
            }
        }
        const auto parsed = JournalRecord::parse(bytes, room);
        if (!parsed) {
            continue;
        }
        ++records;
        ASSERT_LE(parsed->bytes.size() + head_bytes, bytes.size());
        for (const Slab::Body& body : parsed->bodies) {
            ASSERT_LE(body.at, parsed->bytes.size());
            ASSERT_LE(body.size, parsed->bytes.size() - body.at);
        }
    }
    EXPECT_GT(records, 1000);
}

}  // namespace

}  // namespace tally
