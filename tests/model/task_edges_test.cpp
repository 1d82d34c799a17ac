#include <array>

#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

constexpr std::array<std::string_view, 14> states{
    "TASK_STAGING",
    "TASK_STARTING",
    "TASK_RUNNING",
    "TASK_KILLING",
    "TASK_FINISHED",
    "TASK_FAILED",
    "TASK_KILLED",
    "TASK_ERROR",
    "TASK_DROPPED",
    "TASK_GONE",
    "TASK_LOST",
    "TASK_UNREACHABLE",
    "TASK_UNKNOWN",
    "TASK_GONE_BY_OPERATOR"};

/// What a status does to a task, from each state (row) to each state (column), both in the order
/// above: `r` repeat, `L` late, `.` expected transition, `!` unexpected transition.
using Table = std::array<std::string_view, 14>;

constexpr Table in_order{{
    "r... ...... ....",  // STAGING
    "!r.. ...... ....",  // STARTING
    "!!r. ...... ....",  // RUNNING
    "!!!r ...... ....",  // KILLING
    "LLLL rLLLLL LLLL",  // FINISHED
    "LLLL LrLLLL LLLL",  // FAILED
    "LLLL LLrLLL LLLL",  // KILLED
    "LLLL LLLrLL LLLL",  // ERROR
    "LLLL LLLLrL LLLL",  // DROPPED
    "LLLL LLLLLr LLLL",  // GONE
    "!!.. ...... r...",  // LOST
    "!!.. ...... .r..",  // UNREACHABLE
    "!!.. ...... ..r.",  // UNKNOWN
    "!!.. ...... ...r",  // GONE_BY_OPERATOR
}};

constexpr Table earlier{{
    "r... ...... ....",  // STAGING
    "Lr.. ...... ....",  // STARTING
    "LLr. ...... ....",  // RUNNING
    "LLLr ...... ....",  // KILLING
    "LLLL rLLLLL LLLL",  // FINISHED
    "LLLL LrLLLL LLLL",  // FAILED
    "LLLL LLrLLL LLLL",  // KILLED
    "LLLL LLLrLL LLLL",  // ERROR
    "LLLL LLLLrL LLLL",  // DROPPED
    "LLLL LLLLLr LLLL",  // GONE
    "LLL. ...... r...",  // LOST
    "LLL. ...... .r..",  // UNREACHABLE
    "LLL. ...... ..r.",  // UNKNOWN
    "LLL. ...... ...r",  // GONE_BY_OPERATOR
}};

class TaskEdgesTest : public StoryTest {
  protected:
    char effect(std::string_view from, std::string_view to, TimeMs second) {
        const std::string_view task = keep("a." + std::to_string(++task_));
        hear_all(status(task, from, at(10s)), status(task, to, second));
        if (!late(task).empty()) {
            return 'L';
        }
        const auto found = transitions(task);
        if (found.size() == 1) {
            return 'r';
        }
        return found.back().ends_with(" unexpected") ? '!' : '.';
    }

    void expect_all(const Table& table, TimeMs second) {
        for (std::size_t from = 0; from < states.size(); ++from) {
            std::string row;
            for (std::size_t to = 0; to < states.size(); ++to) {
                row += to == 4 || to == 10 ? " " : "";
                row += effect(states[from], states[to], second);
            }
            EXPECT_EQ(row, table[from]) << "from " << states[from];
        }
    }

  private:
    int task_ = 0;
};

TEST_F(TaskEdgesTest, EveryEdgeInTheOrderOfTimeIsAsTheGraphSays) {
    expect_all(in_order, at(20s));
}

TEST_F(TaskEdgesTest, EveryEdgeAtTheSameTimeIsAsTheGraphSays) {
    expect_all(in_order, at(10s));
}

TEST_F(TaskEdgesTest, AnEarlierEventIsLateWhereItsRankIsLower) {
    expect_all(earlier, at(9s));
}

TEST_F(TaskEdgesTest, EveryFirstSightIsExpected) {
    for (const std::string_view state : states) {
        const std::string_view task = keep("first." + std::string(state.substr(5)));
        hear(status(task, state, at(1s), {.app = "/a"}));
        EXPECT_EQ(transitions(task), std::vector{"none -> " + std::string(state)});
    }
}

}  // namespace
}  // namespace tally::model
