#include "record/step_actions.hpp"

#include <gtest/gtest.h>

namespace tally::record {
namespace {

TEST(StepActionsTest, WhatIsWrittenIsReadAgain) {
    const std::string_view nul("a\0b", 3);
    const std::vector<model::ActionText> steps{
        {"StartApplication", "/a"}, {"", ""}, {"quote \" and \\", "tab\t line\n"}, {nul, "/\x7f\x01"}, {"\xc3\xa9", "/\xf0\x9f\x98\x80"}};
    Arena text;
    const auto read = actions_from_json(to_json(steps), text);
    ASSERT_EQ(read.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(read[i].action, steps[i].action);
        EXPECT_EQ(read[i].app, steps[i].app);
    }
    EXPECT_TRUE(actions_from_json(to_json({}), text).empty());
}

TEST(StepActionsTest, AnythingElseIsNothing) {
    const std::string json = to_json({{"Start", "/a"}, {"Stop\n", "/b"}});
    Arena text;
    for (std::size_t cut = 0; cut < json.size(); ++cut) {
        EXPECT_TRUE(actions_from_json(json.substr(0, cut), text).empty()) << cut;
    }
    for (const char* bad : {"", "{}", "[]x", "[{}]", "[{\"app\":\"\",\"action\":\"\"}]", "[{\"action\":\"\\u00zz\",\"app\":\"\"}]"}) {
        EXPECT_TRUE(actions_from_json(bad, text).empty()) << bad;
    }
}

}  // namespace
}  // namespace tally::record
