#include "syncer.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace tally {

namespace {

using namespace std::chrono_literals;
using Position = record::Journal::Position;

/// A history and a journal in a folder, and what the syncer has to say of them.
class SyncerTest : public testing::Test {
  protected:
    /// What it said last; waits for it.
    std::string said() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !said_.empty(); });
        return std::exchange(said_, {});
    }

    void say(std::string what) {
        const std::scoped_lock lock(mutex_);
        said_ = std::move(what);
        changed_.notify_all();
    }

    test::Scratch scratch_;
    record::History history_{scratch_.file("t.db")};
    record::Journal journal_{scratch_.file("t.db.journal"), {.reserve_bytes = 0, .history = history_.number()}, 1};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string said_;
    std::chrono::steady_clock::time_point now_{1h};
    Syncer syncer_{history_, journal_,
                   {.synced = [this](Position position) { say("synced " + std::to_string(position)); },
                    .removed = [this] { say("removed"); }}};
};

TEST_F(SyncerTest, SaysWhatWasCommittedWhenItWasAsked) {
    EXPECT_TRUE(syncer_.sync(7, 7, now_));
    EXPECT_EQ(said(), "synced 7");
    EXPECT_EQ(syncer_.errors(), 0U);
}

TEST_F(SyncerTest, IsAskedOnceASecondAtMost) {
    EXPECT_TRUE(syncer_.sync(7, 7, now_));
    EXPECT_EQ(syncer_.free_at(), now_ + 1s);
    EXPECT_FALSE(syncer_.sync(8, 8, now_ + 1s - 1ms));
    EXPECT_EQ(syncer_.free_at(), now_ + 1s);
    EXPECT_EQ(said(), "synced 7");
}

TEST_F(SyncerTest, WithoutItsFileTheHistoryIsNotSafe) {
    std::filesystem::remove(scratch_.file("t.db"));
    EXPECT_TRUE(syncer_.sync(7, 7, now_));
    EXPECT_EQ(said(), "removed");
    EXPECT_EQ(syncer_.errors(), 1U);
}

TEST_F(SyncerTest, SaysNoMoreWhenTheJournalHasMore) {
    EXPECT_TRUE(syncer_.sync(7, 9, now_));
    EXPECT_EQ(said(), "synced 7");
}

TEST_F(SyncerTest, EndsWithWhatIsUnderWay) {
    EXPECT_TRUE(syncer_.sync(7, 7, now_));
}

}  // namespace

}  // namespace tally
