#include "tally/record/journal.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <fstream>
#include <memory>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "support/small_disk.hpp"

namespace tally::record {
namespace {

using Position = Journal::Position;
using Records = std::vector<std::string>;

constexpr std::uint64_t segment_bytes = 64 << 10;
constexpr Journal::Options tiny{.bytes_max = 16 << 20, .reserve_bytes = segment_bytes};
constexpr Journal::Options small{.bytes_max = 16 << 20, .reserve_bytes = 4 * segment_bytes};

Result<Position> append(Journal& journal, std::string_view record) {
    const std::array pieces{record};
    return journal.append(pieces);
}

Records read_all(Journal& journal, Position from) {
    Records records;
    const auto reached = journal.read(from, [&records](std::string_view record, Position) {
        records.emplace_back(record);
        return true;
    });
    EXPECT_TRUE(reached);
    return records;
}

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void spit(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Told from those of other numbers, if it is long enough.
std::string numbered(std::size_t number, std::size_t bytes) {
    const std::string unit = std::to_string(number) + ": abcdefghijklmnopqrstuvwxyz ";
    std::string record;
    record.reserve(bytes + unit.size());
    while (record.size() < bytes) {
        record += unit;
    }
    record.resize(std::max(bytes, std::size_t{1}));
    return record;
}

class JournalTest : public testing::Test {
  protected:
    void open(Position committed = 0, Journal::Options options = small) {
        journal_.reset();
        journal_ = std::make_unique<Journal>(path_, options, committed);
    }

    Position append(std::string_view record) {
        const auto behind = record::append(*journal_, record);
        EXPECT_TRUE(behind) << behind.error().what;
        return behind ? *behind : 0;
    }

    Records read(Position from = 0) { return read_all(*journal_, from); }

    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(path_).parent_path())) {
            names.push_back(file.path().filename().string());
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    void remove_files() {
        journal_.reset();
        for (const std::string& name : files()) {
            std::filesystem::remove(scratch_.file(name));
        }
    }

    std::string file_with(const std::string& text) const {
        for (const std::string& name : files()) {
            if (slurp(scratch_.file(name)).find(text) != std::string::npos) {
                return scratch_.file(name);
            }
        }
        return {};
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("j");
    std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, ARecordIsReadAsItWasPutTogether) {
    open();
    const std::array<std::string_view, 3> pieces{"one ", "", "record"};
    ASSERT_TRUE(journal_->append(pieces));
    append("");
    append("another");
    EXPECT_EQ(read(), (Records{"one record", "", "another"}));
}

TEST_F(JournalTest, APositionIsThePlaceBehindARecord) {
    open(1000);
    EXPECT_EQ(journal_->end(), 1000U);
    const Position first = append("one");
    EXPECT_EQ(first, 1000 + Journal::bytes_of(3));
    const Position second = append("two");
    EXPECT_EQ(second, journal_->end());
    EXPECT_EQ(read(first), Records{"two"});
    EXPECT_EQ(read(second), Records{});
    const auto reached = journal_->read(1000, [first](std::string_view, Position behind) {
        EXPECT_EQ(behind, first);
        return false;
    });
    EXPECT_EQ(*reached, first) << "reading ends where visit says";
}

TEST_F(JournalTest, ARecordSurvivesItsJournal) {
    open();
    const Position first = append("one");
    append("two");
    open(first);
    EXPECT_EQ(read(first), Records{"two"});
    append("three");
    open(first);
    EXPECT_EQ(read(first), (Records{"two", "three"}));
}

TEST_F(JournalTest, RecordsOfAnySizeSpanSegments) {
    open(0, {.bytes_max = 256 << 20, .reserve_bytes = 4 * segment_bytes});
    Records expected;
    for (const std::size_t bytes : {std::size_t{10}, std::size_t{65'000}, std::size_t{65'536}, std::size_t{200'000}, std::size_t{1},
                                    std::size_t{66} << 20U, std::size_t{5}}) {
        expected.push_back(numbered(expected.size(), bytes));
        append(expected.back());
    }
    EXPECT_EQ(read(), expected);
    open(0, {.bytes_max = 256 << 20, .reserve_bytes = 4 * segment_bytes});
    EXPECT_EQ(read(), expected);
}

TEST_F(JournalTest, AFrameMayBeCutByTheEndOfASegmentAtEveryPlace) {
    for (std::size_t rest = 0; rest <= 20; ++rest) {
        open();
        const Position begin = journal_->end();
        const std::size_t capacity = segment_bytes - 64;
        const Records expected{std::string(capacity - Journal::bytes_of(0) - rest, 'x'), "over the edge", "behind it"};
        for (const std::string& record : expected) {
            append(record);
        }
        open(begin);
        EXPECT_EQ(read(begin), expected) << rest;
        remove_files();
    }
}

TEST_F(JournalTest, SixtyFourBytesBehindARecordCanBeRead) {
    open();
    for (std::size_t i = 0; i < 3000; ++i) {
        append(numbered(i, i % 700));
    }
    unsigned sum = 0;
    ASSERT_TRUE(journal_->read(0, [&sum](std::string_view record, Position) {
        for (std::size_t i = 0; i < 64; ++i) {
            sum += static_cast<unsigned char>(record.data()[record.size() + i]);
        }
        return true;
    }));
    EXPECT_NE(sum, 0U);
}

TEST_F(JournalTest, AGroupIsAsItsRecordsOneByOne) {
    open();
    std::deque<std::string_view> pieces;
    std::vector<Journal::Record> group;
    Records expected;
    for (std::size_t i = 0; i < 2000; ++i) {
        expected.push_back(numbered(i, 150));
    }
    for (const std::string& record : expected) {
        group.emplace_back(&pieces.emplace_back(record), 1);
    }
    const auto behind = journal_->append_all(group);
    ASSERT_TRUE(behind);
    EXPECT_EQ(*behind, 2000 * Journal::bytes_of(150));
    EXPECT_EQ(*journal_->append_all({}), *behind);
    EXPECT_EQ(read(), expected);
}

TEST_F(JournalTest, WhatIsAppendedWhileReadingIsReadToo) {
    open();
    append("1");
    Records seen;
    ASSERT_TRUE(journal_->read(0, [&](std::string_view record, Position behind) {
        seen.emplace_back(record);
        journal_->release(behind);
        if (seen.size() < 2000) {
            append(std::string(100, 'x') + std::to_string(seen.size() + 1));
        }
        return true;
    }));
    EXPECT_EQ(seen.size(), 2000U);
    EXPECT_EQ(seen.back(), std::string(100, 'x') + "2000");
    EXPECT_EQ(journal_->bytes(), 0U);
}

TEST_F(JournalTest, BeyondBytesMaxNothingIsAddedUntilSomethingIsReleased) {
    open(0, {.bytes_max = 300, .reserve_bytes = 4 * segment_bytes});
    const Position first = append(std::string(100, 'a'));
    append(std::string(100, 'b'));
    const std::array<std::string_view, 1> small_piece{"c"};
    const std::string large(100, 'd');
    const std::array<std::string_view, 1> large_piece{large};
    EXPECT_FALSE(journal_->has_room(100));
    EXPECT_FALSE(journal_->append_all(std::array<Journal::Record, 2>{small_piece, large_piece}));
    EXPECT_EQ(read(), (Records{std::string(100, 'a'), std::string(100, 'b')})) << "a group is added whole or not";
    EXPECT_EQ(journal_->bytes(), 2 * Journal::bytes_of(100));
    journal_->release(first);
    EXPECT_TRUE(journal_->has_room(100));
    EXPECT_EQ(journal_->bytes(), Journal::bytes_of(100));
    append(large);
    EXPECT_EQ(read(first), (Records{std::string(100, 'b'), large}));
}

TEST_F(JournalTest, TheReserveIsThereFromTheBeginningAndIsUsedAgain) {
    open();
    EXPECT_EQ(files(), (std::vector<std::string>{"j.0", "j.1", "j.2", "j.3"}));
    for (const std::string& name : files()) {
        struct stat status {};
        ASSERT_EQ(::stat(scratch_.file(name).c_str(), &status), 0);
        EXPECT_EQ(status.st_size, static_cast<off_t>(segment_bytes));
        EXPECT_GE(status.st_blocks * 512, status.st_size) << "the space is not taken";
        EXPECT_EQ(status.st_mode & 0777U, 0600U);
    }
    for (std::size_t i = 0; i < 50; ++i) {
        journal_->release(append(numbered(i, 60'000)));
    }
    EXPECT_EQ(files(), (std::vector<std::string>{"j.0", "j.1", "j.2", "j.3"}));
}

TEST_F(JournalTest, FurtherSegmentsAreMadeAndRemovedAgain) {
    open();
    Position behind = 0;
    for (std::size_t i = 0; i < 100; ++i) {
        behind = append(numbered(i, 60'000));
    }
    EXPECT_GT(files().size(), 8U);
    EXPECT_EQ(read().size(), 100U);
    journal_->release(behind);
    EXPECT_LE(files().size(), 5U);
    EXPECT_EQ(journal_->bytes(), 0U);
    append("after it");
    open(behind);
    EXPECT_EQ(read(behind), Records{"after it"});
}

TEST_F(JournalTest, NoDescriptorIsInherited) {
    open();
    int segments = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path(), gone).string().starts_with(path_)) {
            ++segments;
            EXPECT_NE(::fcntl(std::stoi(entry.path().filename().string()), F_GETFD) & FD_CLOEXEC, 0);
        }
    }
    EXPECT_EQ(segments, 4);
}

TEST_F(JournalTest, PositionsGoOnThoughTheFilesWereDeleted) {
    open();
    const Position behind = append("one");
    remove_files();
    open(behind);
    EXPECT_EQ(journal_->end(), behind);
    EXPECT_EQ(read(behind), Records{});
    append("two");
    open(behind);
    EXPECT_EQ(read(behind), Records{"two"});
}

TEST_F(JournalTest, AJournalThatEndsBeforeTheCommittedPositionBeginsAnewThere) {
    open();
    append("one");
    open(1 << 20);
    EXPECT_EQ(journal_->end(), Position{1} << 20U);
    EXPECT_EQ(read(1 << 20), Records{});
    append("two");
    open(1 << 20);
    EXPECT_EQ(read(1 << 20), Records{"two"});
}

TEST_F(JournalTest, AJournalBesideANewHistoryBeginsAnew) {
    open(0, {.history = 1});
    append("of the first");
    append("of the first");
    open(0, {.history = 2});
    EXPECT_EQ(read(), Records{});
    append("of the second");  // of another length: if it were not, the old second record would stand behind it
    open(0, {.history = 2});
    EXPECT_EQ(read(), Records{"of the second"});
}

TEST_F(JournalTest, RecordsOfAnEarlierUseAreNoRecords) {
    open();
    append("1111");
    append("2222");
    append("3333");
    open(1 << 20);  // begins anew
    open(0);        // and again, at positions that were used: what lies there is of the same lengths
    append("4444");
    open(0);
    EXPECT_EQ(read(), Records{"4444"});
}

TEST_F(JournalTest, WhateverByteIsDamagedTheRunIsABeginning) {
    const Records expected{"first record", "second record", "third record"};
    open(0, tiny);
    for (const std::string& record : expected) {
        append(record);
    }
    journal_.reset();
    const std::string file = file_with("first record");
    const std::string whole = slurp(file);
    for (std::size_t at = 0; at < 64 + 3 * 16 + 40; ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
        spit(file, damaged);
        open(0, tiny);
        const Records records = read();
        ASSERT_LE(records.size(), 3U);
        EXPECT_TRUE(std::equal(records.begin(), records.end(), expected.begin())) << at;
        constexpr std::size_t used = 64 + 3 * 16 + 12 + 13 + 12;
        EXPECT_EQ(records.size() == 3, at >= used) << at;
        // What is written over the damage is not followed by what lay behind it.
        append("fourth rec.");
        open(0, tiny);
        Records now = records;
        now.emplace_back("fourth rec.");
        EXPECT_EQ(read(), now) << at;
        remove_files();
    }
}

TEST_F(JournalTest, WhereverAFileIsCutTheRunIsABeginning) {
    const Records expected{"first record", "second record", "third record"};
    open(0, tiny);
    for (const std::string& record : expected) {
        append(record);
    }
    journal_.reset();
    const std::string file = file_with("first record");
    const std::string whole = slurp(file);
    for (std::size_t bytes = 0; bytes < 64 + 3 * 16 + 40; ++bytes) {
        spit(file, whole.substr(0, bytes));
        open(0, tiny);
        const Records records = read();
        EXPECT_TRUE(std::equal(records.begin(), records.end(), expected.begin())) << bytes;
        append(std::string(70'000, 'x'));  // has the room that was cut off
        EXPECT_EQ(read().size(), records.size() + 1) << bytes;
        remove_files();
    }
}

TEST_F(JournalTest, AMissingSegmentEndsTheRun) {
    open();
    for (std::size_t i = 0; i < 8; ++i) {
        append(numbered(i, 40'000));
    }
    journal_.reset();
    std::filesystem::remove(file_with(numbered(4, 12)));
    open();
    const Records records = read();
    EXPECT_GT(records.size(), 0U);
    EXPECT_LE(records.size(), 4U);
    for (std::size_t i = 0; i < records.size(); ++i) {
        EXPECT_EQ(records[i], numbered(i, 40'000));
    }
    append("goes on");
    open();
    EXPECT_EQ(read().size(), records.size() + 1);
    EXPECT_EQ(read().back(), "goes on");
}

TEST_F(JournalTest, FilesOfOthersAreLeftAlone) {
    const std::map<std::string, std::string> others{
        {"j.1", "somebody's text"}, {"j.01", "x"}, {"j.x", "x"}, {"j.7", std::string(70'000, 'y')}, {"j", "x"},
        {"j.99999999999999999999", "x"}};
    for (const auto& [name, bytes] : others) {
        spit(scratch_.file(name), bytes);
    }
    std::filesystem::create_directory(scratch_.file("j.2"));
    ASSERT_EQ(::mkfifo(scratch_.file("j.3").c_str(), 0600), 0);
    std::filesystem::create_symlink(scratch_.file("j.7"), scratch_.file("j.4"));
    open();
    append(std::string(300'000, 'z'));
    open();
    EXPECT_EQ(read(), Records{std::string(300'000, 'z')});
    journal_->release(journal_->end());
    for (const auto& [name, bytes] : others) {
        EXPECT_EQ(slurp(scratch_.file(name)), bytes) << name;
    }
}

TEST_F(JournalTest, AFolderThatIsNotThereCannotBeUsed) {
    EXPECT_THROW(Journal(scratch_.file("no/such/folder"), small, 0), CannotStart);
}

TEST_F(JournalTest, OfAFailedAppendNothingIsLeft) {
    open();
    append("before");
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit before {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit narrow = before;
    narrow.rlim_cur = 30'000;  // writes behind it fail, what lies before it is written
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &narrow), 0);
    const std::string part(4000, 'p');
    const std::array<std::string_view, 1> piece{part};
    const std::vector<Journal::Record> group(20, piece);
    const auto failed = journal_->append_all(group);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().what.find("cannot write"), std::string::npos) << failed.error().what;
    EXPECT_EQ(read(), Records{"before"});
    append(std::string(4000, 'q'));  // as long as the first of the group: the second one would stand behind it
    open();
    EXPECT_EQ(read(), (Records{"before", std::string(4000, 'q')}));
}

TEST_F(JournalTest, EveryRecordThatAppendReturnedForSurvivesKillNine) {
    constexpr std::size_t enough = 3000;
    std::mt19937 random(1);
    for (int round = 0; round < 5; ++round) {
        path_ = scratch_.file("killed" + std::to_string(round));
        std::array<int, 2> pipe{};
        ASSERT_EQ(::pipe(pipe.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(pipe[0]);
            Journal journal(path_, small, 0);
            for (std::size_t i = 0;; ++i) {
                if (!record::append(journal, numbered(i, i * 37 % 1500)) ||
                    ::write(pipe[1], "", 1) != 1) {
                    ::_exit(1);
                }
            }
        }
        ::close(pipe[1]);
        std::size_t told = 0;
        std::array<char, 64> bytes{};
        const std::size_t until = enough + random() % 500;
        ssize_t got = 1;
        while (told < until && (got = ::read(pipe[0], bytes.data(), bytes.size())) > 0) {
            told += static_cast<std::size_t>(got);
        }
        ::kill(child, SIGKILL);
        while ((got = ::read(pipe[0], bytes.data(), bytes.size())) > 0) {
            told += static_cast<std::size_t>(got);
        }
        ::close(pipe[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status));
        open();
        const Records records = read();
        ASSERT_GE(records.size(), told);
        EXPECT_LE(records.size(), told + 1) << "one may have been whole before append returned";
        for (std::size_t i = 0; i < records.size(); ++i) {
            ASSERT_EQ(records[i], numbered(i, i * 37 % 1500));
        }
    }
}

TEST_F(JournalTest, TheDiskIsSyncedByAnotherThreadWhileRecordsCome) {
    open();
    std::atomic<bool> done = false;
    std::thread syncing([this, &done] {
        while (!done) {
            EXPECT_TRUE(journal_->sync());
            EXPECT_LE(journal_->bytes(), journal_->end());
        }
    });
    for (std::size_t i = 0; i < 3000; ++i) {
        journal_->release(append(numbered(i, 3000)));
    }
    done = true;
    syncing.join();
    EXPECT_TRUE(journal_->sync());
}

TEST_F(JournalTest, AnyStoryOfAppendsReleasesAndRestartsIsRemembered) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        path_ = scratch_.file("story" + std::to_string(seed));
        open();
        std::deque<std::pair<Position, std::string>> kept;  // with the place behind each
        Position released = 0;
        for (std::size_t step = 0; step < 300; ++step) {
            switch (random() % 8) {
                case 0:
                    open(released);
                    break;
                case 1:
                case 2:
                    for (std::size_t n = random() % 20; n > 0 && !kept.empty(); --n) {
                        released = kept.front().first;
                        kept.pop_front();
                    }
                    journal_->release(released);
                    break;
                default: {
                    const std::string record = numbered(step, random() % (random() % 10 == 0 ? 200'000 : 3000));
                    kept.emplace_back(append(record), record);
                }
            }
            const Records records = read(released);
            ASSERT_EQ(records.size(), kept.size()) << "seed " << seed << " step " << step;
            for (std::size_t i = 0; i < records.size(); ++i) {
                ASSERT_EQ(records[i], kept[i].second);
            }
        }
    }
}

TEST(JournalOnAFullDiskTest, OpensWithoutRoomAndTakesRecordsOnceThereIs) {
    const test::SmallDisk disk("2m");
    if (!disk.why_not().empty()) {
        GTEST_SKIP() << disk.why_not();
    }
    disk.fill();
    Journal journal(disk.file("j"), small, 0);
    EXPECT_FALSE(journal.has_room(10));
    const auto refused = append(journal, "no room");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("no room"), std::string::npos) << refused.error().what;
    disk.free(1 << 20);
    EXPECT_TRUE(journal.has_room(10));
    ASSERT_TRUE(append(journal, "room"));
    EXPECT_EQ(read_all(journal, 0), Records{"room"});
}

TEST(JournalOnAFullDiskTest, TheReserveHoldsRecordsThoughTheDiskIsFull) {
    const test::SmallDisk disk("4m");
    if (!disk.why_not().empty()) {
        GTEST_SKIP() << disk.why_not();
    }
    Position behind = 0;
    std::size_t records = 0;
    {
        Journal journal(disk.file("j"), small, 0);
        disk.fill();
        while (journal.has_room(1000)) {
            const auto appended = append(journal, numbered(records, 1000));
            ASSERT_TRUE(appended) << appended.error().what;
            behind = *appended;
            ++records;
        }
        EXPECT_FALSE(append(journal, numbered(records, 1000)));
        EXPECT_GE(records, 4 * (segment_bytes - 64) / Journal::bytes_of(1000));
    }
    Journal journal(disk.file("j"), small, 0);
    EXPECT_EQ(read_all(journal, 0).size(), records);
    EXPECT_EQ(journal.end(), behind);
    journal.release(behind);
    EXPECT_TRUE(append(journal, "again"));
}

TEST(JournalOnAFullDiskTest, BeyondTheReserveItLeavesRoomToTheHistory) {
    const test::SmallDisk disk("4m");
    if (!disk.why_not().empty()) {
        GTEST_SKIP() << disk.why_not();
    }
    Journal journal(disk.file("j"), small, 0);
    std::size_t records = 0;
    while (append(journal, numbered(records, 10'000))) {
        ++records;
    }
    EXPECT_GT(records * 10'000, 2U << 20U);
    EXPECT_GE(std::filesystem::space(disk.file("j.0")).available, small.reserve_bytes);
    EXPECT_EQ(read_all(journal, 0).size(), records);
}

}  // namespace
}  // namespace tally::record
