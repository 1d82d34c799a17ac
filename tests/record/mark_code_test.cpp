#include "tally/record/mark_code.hpp"

#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace tally::record {
namespace {

using model::Difference;
using model::Mark;
using namespace std::string_literals;

Mark reconciled_mark() {
    return {
        .kind = Mark::Kind::reconciled,
        .time = 1'566'295'201'001,
        .connection = 7,
        .cause = "ok",
        .framework = "96d7da70-b731-4cfb-96a7-0ee877af615d-0000",
        .differences = {
            {.kind = Difference::Kind::task,
             .id = "a.3f80d17a",
             .app = "/a",
             .to = "TASK_RUNNING",
             .time_low = 1'566'295'200'000,
             .since = 1'566'295'200'500,
             .host = "agent-4",
             .version = "2019-08-20T10:00:01.000Z"},
            {.kind = Difference::Kind::deployment,
             .id = "d",
             .to = "running",
             .requested = 1'566'295'100'000,
             .steps_done = 1,
             .steps = {{{"StartApplication", "/a"}, {"StartPod", ""}}, {}, {{"", "/b"}}}}}};
}

class RandomMarks {
  public:
    Mark next() {
        Mark mark{
            .kind = static_cast<Mark::Kind>(below(9)),
            .time = number(),
            .from = number(),
            .connection = random_(),
            .bytes = random_(),
            .lost = number(),
            .cause = text(),
            .detail = text(),
            .url = text(),
            .framework = text()};
        mark.differences.resize(below(4));
        for (Difference& difference : mark.differences) {
            difference = {
                .kind = static_cast<Difference::Kind>(below(5)),
                .id = text(),
                .app = text(),
                .to = text(),
                .time_low = number(),
                .since = number(),
                .host = text(),
                .version = text(),
                .requested = number(),
                .steps_done = number()};
            difference.steps.resize(below(3));
            for (auto& actions : difference.steps) {
                actions.resize(below(3));
                for (Difference::Action& action : actions) {
                    action = {.name = text(), .app = text()};
                }
            }
        }
        return mark;
    }

    std::string text() {
        static const std::string often = "\t\n\r\\\0tnr0\xFF\xC3\xA9"s;
        std::string text(below(6), ' ');
        for (char& c : text) {
            c = below(2) == 0 ? often[below(often.size())] : static_cast<char>(random_());
        }
        return text;
    }

    std::size_t below(std::size_t bound) { return random_() % bound; }

  private:
    TimeMs number() {
        switch (below(4)) {
            case 0:
                return 0;
            case 1:
                return model::no_time;
            case 2:
                return std::numeric_limits<TimeMs>::max();
            default:
                return static_cast<TimeMs>(random_());
        }
    }

    std::mt19937_64 random_{1};
};

}  // namespace

TEST(MarkCodeTest, WritesFieldsWithTabsAndALineForEachDifference) {
    EXPECT_EQ(
        encode(reconciled_mark()),
        "mark1\treconciled\t1566295201001\t-9223372036854775808\t7\t0\t0\tok\t\t\t"
        "96d7da70-b731-4cfb-96a7-0ee877af615d-0000\t2\n"
        "task\ta.3f80d17a\t/a\tTASK_RUNNING\t1566295200000\t1566295200500\tagent-4\t"
        "2019-08-20T10:00:01.000Z\t-9223372036854775808\t0\t0\n"
        "deployment\td\t\trunning\t-9223372036854775808\t-"
        "9223372036854775808\t\t\t1566295100000\t1\t3\t"
        "2\tStartApplication\t/a\tStartPod\t\t0\t1\t\t/b\n"
    );
}

TEST(MarkCodeTest, EscapesWhatWouldEndAFieldOrALine) {
    const std::string bytes = encode({.kind = Mark::Kind::failed, .detail = "a\tb\nc\rd\\e\0f"s});
    EXPECT_NE(bytes.find("a\\tb\\nc\\rd\\\\e\\0f"), std::string::npos) << bytes;
    EXPECT_EQ(bytes.find('\n'), bytes.size() - 1);
}

TEST(MarkCodeTest, ReadsEveryKindBack) {
    for (int kind = 0; kind < 9; ++kind) {
        const Mark mark{.kind = static_cast<Mark::Kind>(kind), .time = kind, .cause = "closed"};
        EXPECT_EQ(decode_mark(encode(mark)), mark) << to_string(mark.kind);
    }
    for (int kind = 0; kind < 5; ++kind) {
        Mark mark = reconciled_mark();
        mark.differences[0].kind = static_cast<Difference::Kind>(kind);
        EXPECT_EQ(decode_mark(encode(mark)), mark) << to_string(mark.differences[0].kind);
    }
}

TEST(MarkCodeTest, ReadsEveryFieldBackWithAnyBytes) {
    RandomMarks marks;
    for (int round = 0; round < 5000; ++round) {
        const Mark mark = marks.next();
        const std::string bytes = encode(mark);
        ASSERT_EQ(decode_mark(bytes), mark) << bytes;
    }
}

TEST(MarkCodeTest, ReadsNothingFromBytesThatWereCut) {
    RandomMarks marks;
    for (int round = 0; round < 50; ++round) {
        const std::string bytes = encode(round == 0 ? reconciled_mark() : marks.next());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            ASSERT_FALSE(decode_mark(std::string_view(bytes).substr(0, size))) << bytes << size;
        }
        ASSERT_FALSE(decode_mark(bytes + "\n"));
        ASSERT_FALSE(decode_mark(bytes + bytes));
    }
}

TEST(MarkCodeTest, ReadsFromDamagedBytesWhatWasWrittenSoOrNothing) {
    RandomMarks marks;
    const std::string often = "\t\n\r\\\0-0129mark"s;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = encode(round % 2 == 0 ? reconciled_mark() : marks.next());
        for (std::size_t changes = 1 + marks.below(3); changes > 0; --changes) {
            bytes[marks.below(bytes.size())] = often[marks.below(often.size())];
        }
        if (const auto mark = decode_mark(bytes)) {
            ASSERT_EQ(encode(*mark), bytes);
        }
    }
}

TEST(MarkCodeTest, ReadsNothingThatItWouldHaveWrittenOtherwise) {
    const std::string good = "mark1\talive\t5\t0\t1\t9\t0\t\td\t\t\t0\n";
    ASSERT_TRUE(decode_mark(good));
    for (const std::string bad : {
             "",
             "mark1",
             "mark1\n",
             "mark2\talive\t5\t0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\tasleep\t5\t0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t05\t0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t+5\t0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t5x\t0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t\t0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t5\t-0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t5\t0\t-1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t9223372036854775808\t0\t1\t9\t0\t\td\t\t\t0\n",
             "mark1\talive\t5\t0\t1\t9\t0\t\t\\d\t\t\t0\n",
             "mark1\talive\t5\t0\t1\t9\t0\t\td\\\t\t\t0\n",
             "mark1\talive\t5\t0\t1\t9\t0\t\td\t\t\t0",
             "mark1\talive\t5\t0\t1\t9\t0\t\td\t\t\t0\t",
             "mark1\talive\t5\t0\t1\t9\t0\t\td\t\t\t0\n\n",
             "mark1\nalive\n5\n0\n1\n9\n0\n\nd\n\n\n0\n",
             "mark1\talive\t5\t0\t1\t9\t0\t\td\t\t\t1\n",
             "mark1\talive\t5\t0\t1\t9\t0\t\td\t\t\t18446744073709551615\n",
             "mark1\talive\t5\t0\t1\t9\t0\t\td\t\t\t1\ntask\t\t\t\t0\t0\t\t\t0\t0\t99999999999\n",
         }) {
        EXPECT_FALSE(decode_mark(bad)) << bad;
    }
}

TEST(MarkCodeTest, ReadsAHundredThousandDifferencesBack) {
    Mark mark = reconciled_mark();
    mark.differences.assign(100'000, mark.differences[0]);
    for (std::size_t i = 0; i < mark.differences.size(); ++i) {
        mark.differences[i].id += std::to_string(i);
    }
    const std::string bytes = encode(mark);
    EXPECT_EQ(decode_mark(bytes), mark);
    EXPECT_EQ(mark.seqs(), 100'000);
}

}  // namespace tally::record
