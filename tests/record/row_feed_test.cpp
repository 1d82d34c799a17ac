#include "record/row_feed.hpp"

#include <gtest/gtest.h>

namespace tally::record {
namespace {

class RowFeedTest : public testing::Test {
  protected:
    RowFeedTest() : db_(":memory:", Database::Mode::write) {
        db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, name TEXT) STRICT");
        feed_.emplace(db_, "t", "id,n,name");
    }

    void add(std::int64_t id, std::int64_t n, std::string_view name) {
        FeedRow& row = feed_->add(id);
        row.numbers[1] = n;
        row.text = name;
    }

    std::string rows() {
        Statement all = db_.prepare("SELECT group_concat(id || ' ' || coalesce(n, '-') || ' ' || coalesce(name, '-'), ', ') FROM"
                                    " (SELECT * FROM t ORDER BY id)");
        return all.step() ? std::string(all.text(0)) : "";
    }

    Database db_;
    std::optional<RowFeed> feed_;
};

TEST_F(RowFeedTest, RowsComeUnderTheirIdsWithNullForWhatIsNotThere) {
    add(4, 1, "a");
    add(5, model::no_time, "b");
    add(9, 3, {});
    add(10, 4, std::string_view(""));
    feed_->write();
    EXPECT_EQ(rows(), "4 1 a, 5 - b, 9 3 -, 10 4 ");
    EXPECT_TRUE(feed_->empty());
}

TEST_F(RowFeedTest, RowsBetweenThoseThatAreThereKeepTheirIds) {
    add(1, 1, "a");
    add(20, 1, "b");
    feed_->write();
    add(5, 2, "c");
    add(6, 2, "d");
    feed_->write();
    add(19, 3, "e");
    add(21, 3, "f");
    add(22, 3, "g");
    feed_->write();
    EXPECT_EQ(rows(), "1 1 a, 5 2 c, 6 2 d, 19 3 e, 20 1 b, 21 3 f, 22 3 g");
}

TEST_F(RowFeedTest, TheOrderInWhichRowsAreAddedDoesNotMatter) {
    add(3, 3, "c");
    add(1, 1, "a");
    add(2, 2, "b");
    feed_->write();
    EXPECT_EQ(rows(), "1 1 a, 2 2 b, 3 3 c");
}

TEST_F(RowFeedTest, IdsAreRightAfterARollback) {
    db_.execute("BEGIN");
    add(1, 1, "a");
    add(2, 1, "b");
    feed_->write();
    add(3, 1, "never written");
    db_.execute("ROLLBACK");
    feed_->forget();
    add(7, 1, "c");
    add(8, 1, "d");
    feed_->write();
    EXPECT_EQ(rows(), "7 1 c, 8 1 d");
}

TEST_F(RowFeedTest, WhatIsInTheTableBeforeAndWhatIsDeletedMoveNoId) {
    db_.execute("INSERT INTO t VALUES (50, 0, 'old')");
    add(49, 1, "a");
    add(50 + 1, 1, "b");
    feed_->write();
    db_.execute("DELETE FROM t WHERE id > 49");  // the oldest rows are pruned; here it is the others
    add(60, 1, "c");
    add(61, 1, "d");
    feed_->write();
    EXPECT_EQ(rows(), "49 1 a, 60 1 c, 61 1 d");
}

}  // namespace
}  // namespace tally::record
