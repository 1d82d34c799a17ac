#include "simulate/scenario.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::simulate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A scenario and what has happened around it.
class Stage {
  public:
    explicit Stage(std::string_view text, std::uint64_t seed = 1)
        : scenario_(*Scenario::parse(text, seed)) {}

    /// The orders that are due now.
    std::vector<std::string> orders() {
        std::vector<std::string> texts;
        while (const auto trouble = scenario_.step(now)) {
            texts.push_back(trouble->text);
        }
        return texts;
    }

    std::vector<std::string> later(std::chrono::milliseconds wait) {
        now.time += wait;
        return orders();
    }

    void attach() {
        ++now.attached;
        ++now.streams;
    }

    Scenario::Now now;

    [[nodiscard]] const Scenario& scenario() const { return scenario_; }

  private:
    Scenario scenario_;
};

TEST(ScenarioTest, LinesFollowEachOtherEachAtItsMoment) {
    Stage stage(
        "# all kinds of lines\n"
        "\n"
        "wait subscriber\n"
        "after 5s close   # the first\n"
        "wait attach rst\n"
        "at events 100 drop count=3\n"
        "now rerun\n"
    );
    EXPECT_THAT(stage.orders(), IsEmpty());
    stage.attach();
    EXPECT_THAT(stage.orders(), IsEmpty());
    EXPECT_EQ(stage.scenario().wake(), stage.now.time + 5s);
    EXPECT_THAT(stage.later(4999ms), IsEmpty());
    EXPECT_THAT(stage.later(1ms), ElementsAre("close"));
    EXPECT_EQ(stage.scenario().wake(), std::nullopt);
    stage.attach();
    EXPECT_THAT(stage.orders(), ElementsAre("rst"));
    stage.now.events = 99;
    EXPECT_THAT(stage.orders(), IsEmpty());
    stage.now.events = 100;
    EXPECT_THAT(stage.orders(), ElementsAre("drop count=3", "rerun"));
    EXPECT_TRUE(stage.scenario().ended());
}

TEST(ScenarioTest, AttachedBeforeTheLineBeforeDoesNotCount) {
    Stage stage("after 1s close\nwait attach rst\n");
    stage.attach();
    EXPECT_THAT(stage.orders(), IsEmpty());
    EXPECT_THAT(stage.later(1s), ElementsAre("close"));
    stage.attach();
    EXPECT_THAT(stage.orders(), ElementsAre("rst"));
}

TEST(ScenarioTest, ItIsRepeatedAsOftenAsAsked) {
    Stage stage("after 1s rst\nrepeat 3\n");
    for (int round = 0; round < 3; ++round) {
        EXPECT_THAT(stage.orders(), IsEmpty());
        EXPECT_THAT(stage.later(1s), ElementsAre("rst"));
    }
    EXPECT_THAT(stage.later(1h), IsEmpty());
    EXPECT_TRUE(stage.scenario().ended());
}

TEST(ScenarioTest, ChoiceAndWaitingTimeFollowTheSeed) {
    const auto play = [](std::uint64_t seed) {
        Stage stage("after 1s..9s close | rst | drop count=2\nrepeat\n", seed);
        std::vector<std::string> all;
        for (int i = 0; i < 40; ++i) {
            for (const std::string& text : stage.later(500ms)) {
                all.push_back(std::to_string(i) + text);
            }
        }
        return all;
    };
    EXPECT_EQ(play(7), play(7));
    EXPECT_NE(play(7), play(8));
    EXPECT_GE(play(7).size(), 2U);
}

TEST(ScenarioTest, AMistakeIsNamedWithItsLine) {
    struct Row {
        const char* text;
        const char* error;
    };

    for (const Row& row : {
             Row{"", "line 1: a scenario needs a line"},
             Row{"now close\n\nsoon rst",
                 "line 3: needs now, after, at, wait or repeat, not 'soon'"},
             Row{"after five close", "line 1: needs a time like 500ms, 5s or 2s..10s, not 'five'"},
             Row{"after 5s..2s close",
                 "line 1: needs a time like 500ms, 5s or 2s..10s, not '5s..2s'"},
             Row{"at noon", "line 1: needs 'at events NUMBER'"},
             Row{"wait forever", "line 1: can wait for subscriber or attach, not 'forever'"},
             Row{"now explode", "line 1: there is no fault 'explode'"},
             Row{"now close | drop share=7", "line 1: drop: cannot use share=7"},
             Row{"after 1s\nrepeat 0", "line 2: needs 'repeat' or 'repeat TIMES'"},
             Row{"now close\nrepeat",
                 "line 2: what is repeated needs a line with 'after' or 'wait attach'"},
             Row{"after 1s\nrepeat\nnow close", "line 3: nothing can follow repeat"},
         }) {
        const auto scenario = Scenario::parse(row.text, 1);
        ASSERT_FALSE(scenario) << row.text;
        EXPECT_EQ(scenario.error().what, row.error);
    }
}

TEST(ScenarioTest, TheReadyOnesCanBePlayedAndHaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (const ReadyScenario& ready : ready_scenarios()) {
        const auto parsed = Scenario::parse(ready.text, 1);
        EXPECT_TRUE(parsed) << ready.name << ": " << (parsed ? "" : parsed.error().what);
        EXPECT_EQ(ready_scenario(ready.name), ready.text);
        names.insert(ready.name);
    }
    EXPECT_EQ(names.size(), ready_scenarios().size());
    EXPECT_GE(names.size(), 6U);
    EXPECT_EQ(ready_scenario("none"), std::nullopt);
}

}  // namespace
}  // namespace tally::simulate
