#include "record/wal_copier.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "record/database.hpp"
#include "support/scratch.hpp"

namespace tally::record {
namespace {

class WalCopierTest : public testing::Test {
  protected:
    WalCopierTest() : db_(path_, Database::Mode::write) {
        db_.execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(body BLOB)");
    }
    void write(int bytes) {
        Statement insert = db_.prepare("INSERT INTO t VALUES (zeroblob(?))");
        insert.run(bytes);
    }
    [[nodiscard]] std::uintmax_t wal_bytes() const { return std::filesystem::file_size(path_ + "-wal"); }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("h.db");
    Database db_;
};

TEST_F(WalCopierTest, WhatWasCommittedIsInTheFileOnceACopyIsDone) {
    {
        WalCopier copier(path_, 1 << 30);
        write(1'000'000);
        copier.start();
    }  // waits
    EXPECT_GT(std::filesystem::file_size(path_), 1'000'000U);
}

TEST_F(WalCopierTest, AWalThatIsTooLongBeginsAnewBeforeTheNextTransaction) {
    constexpr std::uintmax_t most = 300'000;
    WalCopier copier(path_, most);
    std::uintmax_t longest = 0;
    for (int i = 0; i < 20; ++i) {
        copier.make_room(db_);
        write(100'000);
        copier.start();
        longest = std::max(longest, wal_bytes());
    }
    EXPECT_GT(longest, most) << "what waits is bounded, and not copied at once";
    EXPECT_LT(longest, most + 150'000);
    EXPECT_GT(db_.pragma("page_count") * db_.pragma("page_size"), 2'000'000);
}

TEST_F(WalCopierTest, ACopyThatCannotBeMadeIsLeftToTheNext) {
    WalCopier copier(scratch_.file("nowhere/h.db"), 0);
    copier.start();
    copier.make_room(db_);
    write(1000);
    Statement count = db_.prepare("SELECT count(*) FROM t");
    ASSERT_TRUE(count.step());
    EXPECT_EQ(count.integer(0), 1);
}

}  // namespace
}  // namespace tally::record
