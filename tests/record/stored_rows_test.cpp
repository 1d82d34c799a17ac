#include "record/stored_rows.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace tally::record {

namespace {

constexpr model::SourceId ours = 1, theirs = 2;

class StoredRowsTest : public testing::Test {
  protected:
    StoredRowsTest() {
        db_.execute("BEGIN; CREATE TABLE thing(thing_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, name TEXT NOT NULL,"
                    " end_seq INTEGER, since_ms INTEGER, count INTEGER);"
                    "CREATE INDEX thing_end ON thing(source_id, end_seq)");
    }

    void put(std::int64_t id, model::SourceId source, std::int64_t end) {
        Statement insert = db_.prepare("INSERT INTO thing VALUES (?,?,?,?,?,?)");
        const std::string name = "n" + std::to_string(id);
        insert.run(id, source, std::string_view(name), Id{end}, Ms{model::no_time}, id * 2);
    }

    /// Their names in order.
    std::string names(model::Seq forgotten = 0) {
        std::string names;
        const StoredRows rows = read(forgotten);
        rows.each([&](const StoredRows::Row& row) { names += std::string(row.name) + " "; });
        return names;
    }

    StoredRows read(model::Seq forgotten) {
        return {db_, ours,
                {.name = "thing", .id = "thing_id", .end = "end_seq", .numbers = "since_ms, count", .width = 2}, forgotten};
    }

    test::Scratch scratch_;
    Database db_{scratch_.file("t.db"), Database::Mode::write};
};

TEST_F(StoredRowsTest, ThoseThatLiveComeByIdThenTheEndedInOrderOfTheirEnd) {
    put(1, ours, 30);
    put(2, ours, 0);
    put(3, ours, 10);
    put(4, ours, 0);
    put(5, ours, 20);
    EXPECT_EQ(names(), "n2 n4 n3 n5 n1 ");
}

TEST_F(StoredRowsTest, WhatIsForgottenOrOfAnotherSourceIsNotThere) {
    put(1, ours, 10);
    put(2, theirs, 0);
    put(3, ours, 11);
    put(4, theirs, 12);
    EXPECT_EQ(names(10), "n3 ");
}

TEST_F(StoredRowsTest, WhatHasLivedLongIsFoundFarBeforeTheOthers) {
    put(1, ours, 0);
    put(2, ours, 2100);
    for (std::int64_t id = 3; id < 1000; ++id) {
        put(id, ours, id);  // forgotten
    }
    for (std::int64_t id = 1000; id < 1010; ++id) {
        put(id, ours, 3000 - id);
    }
    EXPECT_EQ(names(1000), "n1 n1009 n1008 n1007 n1006 n1005 n1004 n1003 n1002 n1001 n1000 n2 ");
    EXPECT_EQ(read(1000).run_begin(), 1000);
    EXPECT_EQ(read(1000).run_end(), 1010);
}

TEST_F(StoredRowsTest, NullIsNoTimeAndZero) {
    put(7, ours, 5);
    const StoredRows rows = read(0);
    rows.each([](const StoredRows::Row& row) {
        EXPECT_EQ(row.id(), 7);
        EXPECT_EQ(row.end(), 5);
        EXPECT_EQ(row.time(0), model::no_time);
        EXPECT_EQ(row.integer(0), 0);
        EXPECT_EQ(row.integer(1), 14);
    });
}

TEST_F(StoredRowsTest, OfAnEmptyTableThereAreNone) {
    EXPECT_EQ(names(), "");
    EXPECT_EQ(read(0).run_begin(), read(0).run_end());
}

}  // namespace

}  // namespace tally::record
