// What the history does when the disk is full, fails, is locked, or its file is taken away: what was not written is
// written by the same call later, once.
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "record/failing_writes.hpp"
#include "record/history_story.hpp"
#include "support/small_disk.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {
namespace {

using Kind = HistoryError::Kind;

class HistoryFaultsTest : public HistoryStory {
  protected:
    /// Writes what is in the batch; the kind of error, or nothing.
    std::optional<Kind> write() {
        if (!finished_) {
            world_->finish(*batch_);
        }
        finished_ = true;
        const auto written = history_->write({batch_.get()});
        if (!written) {
            EXPECT_FALSE(written.error().what.empty());
            return written.error().kind;
        }
        batch_->clear();
        batch_->source = source_;
        finished_ = false;
        return std::nullopt;
    }

    /// A task goes through its life, one event at a time.
    void next_event() {
        const auto task = "a." + std::to_string(events_ / 2);
        status(task, events_ % 2 == 0 ? "TASK_RUNNING" : "TASK_FAILED", 1000 * (events_ + 1), "h" + std::to_string(events_));
        ++events_;
    }

    /// As if nothing had been in the way.
    void expect_all_is_there_once() {
        EXPECT_EQ(ask("SELECT count(*), count(DISTINCT seq) FROM v_events"),
                  std::to_string(events_) + ' ' + std::to_string(events_) + " \n");
        EXPECT_EQ(ask("SELECT count(*) FROM v_task_transitions"), std::to_string(events_) + " \n");
        EXPECT_EQ(ask("SELECT count(*) FROM v_tasks"), std::to_string((events_ + 1) / 2) + " \n");
        EXPECT_EQ(ask("SELECT sum(value) FROM counter WHERE family = 'task_transitions'"), std::to_string(events_) + " \n");
        EXPECT_EQ(ask("SELECT count(*) FROM (SELECT task FROM v_tasks GROUP BY 1 HAVING count(*) > 1)"), "0 \n");
        EXPECT_EQ(integrity(), "ok");
    }

    std::string integrity() const {
        sqlite3* db = nullptr;
        std::string answer = "cannot open";
        if (sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
            answer.clear();
            sqlite3_exec(db, "PRAGMA integrity_check", [](void* out, int, char** values, char**) {
                *static_cast<std::string*>(out) += values[0];
                return 0;
            }, &answer, nullptr);
        }
        sqlite3_close(db);
        return answer;
    }

    void remove(std::initializer_list<const char*> endings) const {
        for (const char* ending : endings) {
            std::filesystem::remove(path_ + ending);
        }
    }

    /// All that was and comes is in the file at its path, also after a restart.
    void expect_it_goes_on() {
        next_event();
        EXPECT_EQ(write(), std::nullopt);
        expect_all_is_there_once();
        EXPECT_TRUE(history_->sync());
        EXPECT_FALSE(*history_->restore_if_removed());
        EXPECT_FALSE(std::filesystem::exists(path_ + ".restoring"));
        close();
        open();
        next_event();
        EXPECT_EQ(write(), std::nullopt);
        expect_all_is_there_once();
    }

    /// Some committed events, most of them in the -wal.
    void begin() {
        open();
        for (int i = 0; i < 5; ++i) {
            next_event();
            ASSERT_EQ(write(), std::nullopt);
        }
    }

    int events_ = 0;
    bool finished_ = false;
};

TEST_F(HistoryFaultsTest, AWriteThatFailsAnywhereIsRepeatedByTheSameConnection) {
    struct Case {
        int number;
        Kind kind;
    };
    begin();
    for (const auto& [number, kind] : {Case{ENOSPC, Kind::full}, Case{EIO, Kind::io}, Case{EROFS, Kind::read_only}}) {
        bool failed = true;
        for (int good = 0; failed; ++good) {
            next_event();
            {
                const FailingWrites failing(good, number);
                const auto told = write();
                failed = told.has_value();
                EXPECT_EQ(told, failed ? std::optional(kind) : std::nullopt) << good;
            }
            if (failed) {
                EXPECT_EQ(write(), std::nullopt) << good;
            }
            ASSERT_LT(good, 500);
        }
        expect_all_is_there_once();
    }
    expect_it_goes_on();
}

TEST_F(HistoryFaultsTest, OnAFullDiskTheWriteSucceedsOnceThereIsRoom) {
    const test::SmallDisk disk("8m");
    if (!disk.why_not().empty()) {
        GTEST_SKIP() << disk.why_not();
    }
    path_ = disk.file("t.db");
    begin();
    for (int round = 0; round < 3; ++round) {
        disk.fill();
        std::optional<Kind> told;
        for (int i = 0; i < 2000 && !told; ++i) {
            next_event();
            told = write();
        }
        EXPECT_EQ(told, Kind::full);
        EXPECT_EQ(write(), Kind::full);
        disk.free(4 << 20);
        EXPECT_EQ(write(), std::nullopt);
        expect_all_is_there_once();
        disk.free(4 << 20);
    }
    expect_it_goes_on();
    close();
}

TEST_F(HistoryFaultsTest, ADiskThatWasReadOnlyWhileNobodyWroteIsWrittenAgain) {
    const test::SmallDisk disk("8m");
    if (!disk.why_not().empty()) {
        GTEST_SKIP() << disk.why_not();
    }
    path_ = disk.file("t.db");
    begin();
    close();
    ASSERT_TRUE(disk.remount_read_only());
    EXPECT_THROW(open(), CannotStart);
    ASSERT_TRUE(disk.remount_writable());
    open();
    expect_it_goes_on();
    close();
}

TEST_F(HistoryFaultsTest, ALockOfAnotherIsAnErrorSoonAndGoesByItself) {
    begin();
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
    next_event();
    EXPECT_EQ(write(), Kind::busy);
    sqlite3_close(other);
    EXPECT_EQ(write(), std::nullopt);
    expect_it_goes_on();
}

TEST_F(HistoryFaultsTest, ARemovedFileIsWrittenAgain) {
    begin();
    EXPECT_FALSE(*history_->restore_if_removed());
    EXPECT_EQ(history_->restorations(), 0U);
    remove({"", "-wal", "-shm", ".lock"});
    const auto synced = history_->sync();
    ASSERT_FALSE(synced);
    EXPECT_EQ(synced.error().kind, Kind::removed);
    next_event();
    EXPECT_EQ(write(), std::nullopt) << "nobody has looked yet";
    EXPECT_TRUE(*history_->restore_if_removed());
    EXPECT_EQ(history_->restorations(), 1U);
    expect_all_is_there_once();
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_THROW(History{path_}, CannotStart) << "the lock was not taken again";
    expect_it_goes_on();
}

TEST_F(HistoryFaultsTest, WhicheverOfItsFilesIsRemovedAllComesBack) {
    using Endings = std::initializer_list<const char*>;
    int round = 0;
    for (const auto& endings : {Endings{""}, {"-wal"}, {"-shm"}, {"", "-wal"}, {"", "-shm"}, {"-wal", "-shm"}}) {
        path_ = scratch_.file(std::to_string(++round) + ".db");
        events_ = 0;
        begin();
        const std::string before = ask("SELECT count(*) FROM v_tasks");  // another connection was there
        remove(endings);
        EXPECT_TRUE(*history_->restore_if_removed());
        EXPECT_EQ(ask("SELECT count(*) FROM v_tasks"), before);
        expect_it_goes_on();
        close();
    }
}

TEST_F(HistoryFaultsTest, WhatAKilledRestorationHasLeftGoesAtTheNextStart) {
    begin();
    close();
    std::ofstream(path_ + ".restoring") << "half";
    std::ofstream(path_ + ".restoring-journal") << "half";
    open();
    EXPECT_FALSE(std::filesystem::exists(path_ + ".restoring"));
    EXPECT_FALSE(std::filesystem::exists(path_ + ".restoring-journal"));
    expect_it_goes_on();
}

TEST_F(HistoryFaultsTest, AFileThatSomebodyPutInItsPlaceStaysUnderAnotherName) {
    begin();
    remove({"", "-wal", "-shm"});
    std::ofstream(path_) << "not a database at all";
    std::ofstream(path_ + "-wal") << "nor this";
    std::ofstream(path_ + "-journal") << "nor that";
    EXPECT_TRUE(*history_->restore_if_removed());
    std::string theirs;
    std::getline(std::ifstream(path_ + ".replaced-1"), theirs);
    EXPECT_EQ(theirs, "not a database at all");
    std::getline(std::ifstream(path_ + ".replaced-1-wal"), theirs);
    EXPECT_EQ(theirs, "nor this");
    expect_it_goes_on();
}

TEST_F(HistoryFaultsTest, AnOlderCopyWithItsOwnWalIsPutAside) {
    begin();
    const std::string copy = scratch_.file("copy");
    for (const char* ending : {"", "-wal"}) {
        std::filesystem::copy_file(path_ + ending, copy + ending);
    }
    next_event();
    ASSERT_EQ(write(), std::nullopt);
    for (const char* ending : {"", "-wal"}) {
        std::filesystem::rename(copy + ending, path_ + ending);
    }
    remove({"-shm"});
    EXPECT_TRUE(*history_->restore_if_removed());
    expect_it_goes_on();
}

TEST_F(HistoryFaultsTest, WhileItCannotBeWrittenAgainNothingIsWrittenForNobody) {
    const test::SmallDisk disk("8m");
    if (!disk.why_not().empty()) {
        GTEST_SKIP() << disk.why_not();
    }
    path_ = disk.file("t.db");
    begin();
    remove({"", "-wal", "-shm"});
    disk.fill();
    for (int i = 0; i < 2; ++i) {
        const auto restored = history_->restore_if_removed();
        ASSERT_FALSE(restored);
        EXPECT_EQ(restored.error().kind, Kind::full) << restored.error().what;
        EXPECT_FALSE(std::filesystem::exists(path_));
        EXPECT_FALSE(std::filesystem::exists(path_ + ".restoring"));
        if (i == 0) {
            next_event();
        }
        EXPECT_EQ(write(), Kind::removed);
    }
    disk.free(6 << 20);
    EXPECT_TRUE(*history_->restore_if_removed());
    EXPECT_EQ(write(), std::nullopt);
    expect_it_goes_on();
    close();
}

TEST_F(HistoryFaultsTest, ARestoredFileIsReadByOthersOnceTheyReopenIt) {
    begin();
    Identity identity(path_);
    remove({"", "-wal", "-shm"});
    ASSERT_TRUE(*history_->restore_if_removed());
    const Identity::Input input{.source = source_, .connection = 1, .own_time = 5000, .hash = hash128("x")};
    Batch batch;
    batch.source = source_;
    Identity writer(path_);
    ASSERT_TRUE(writer.is_new(input, batch));
    ASSERT_TRUE(history_->write({&batch}));
    ASSERT_TRUE(identity.reopen());
    Batch none;
    Identity::Input again = input;
    again.connection = 2;
    EXPECT_FALSE(identity.is_new(again, none));
    close();
    remove({""});
    EXPECT_FALSE(identity.reopen()) << "there is nothing to read";
}

TEST_F(HistoryFaultsTest, SyncIsCalledByAnotherThreadWhileBatchesAreWritten) {
    begin();
    std::atomic<bool> done = false;
    std::thread syncing([this, &done] {
        while (!done) {
            const auto synced = history_->sync();
            EXPECT_TRUE(synced || synced.error().kind == Kind::removed);
        }
    });
    for (int i = 0; i < 30; ++i) {
        next_event();
        EXPECT_EQ(write(), std::nullopt);
        if (i % 10 == 5) {
            remove({"", "-wal", "-shm"});
            EXPECT_TRUE(*history_->restore_if_removed());
        }
    }
    done = true;
    syncing.join();
    EXPECT_TRUE(history_->sync());
    expect_all_is_there_once();
}

TEST_F(HistoryFaultsTest, EveryHistoryHasANumberOfItsOwn) {
    open();
    const std::uint64_t number = history_->number();
    EXPECT_NE(number, 0U);
    EXPECT_EQ(history_->number(), number);
    close();
    open();
    EXPECT_EQ(history_->number(), number);
    close();
    EXPECT_NE(History(scratch_.file("other.db")).number(), number);
}

}  // namespace
}  // namespace tally::record
