#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "decode/describe.hpp"
#include "decode/json_texts.hpp"

namespace tally::decode {

namespace {

/// What is read of these steps, and of this currentStep.
std::string steps_of(std::string_view steps) {
    return decoded(
               R"({"eventType":"deployment_info","plan":{"id":"d","steps":)" + std::string(steps) +
               "}}"
    )
        .substr(std::string_view("deployment_info | deployment=d").size());
}

std::string current_of(std::string_view step) {
    return decoded(
               R"({"eventType":"deployment_info","plan":{"id":"d"},"currentStep":)" +
               std::string(step) + "}"
    )
        .substr(std::string_view("deployment_info | deployment=d").size());
}

}  // namespace

TEST(PlanTest, ReadsStepsInEveryFormTheyWereEverWritten) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {R"([{"actions":[{"action":"A","app":"/a"},{"action":"B","app":"/b"}]}])",
         " | plan=[A /a, B /b]"},
        {R"([{"actions":[{"type":"A","app":"/a"}]},{"actions":[{"type":"B","app":"/b"}]}])",
         " | plan=[A /a][B /b]"},
        {R"([{"action":"A","app":"/a"},{"type":"B","app":"/b"}])", " | plan=[A /a][B /b]"},
        {R"([[{"action":"A","app":"/a"},{"action":"B","app":"/b"}],[]])", " | plan=[A /a, B /b][]"},
        {R"([{"actions":[{"action":"StartPod","pod":"/p"}]}])", " | plan=[StartPod /p]"},
        {R"([{"actions":[{"action":"A","app":null,"pod":"/p"}]}])", " | plan=[A /p]"},
        {R"([{"actions":[{"action":"A","type":"B","app":"/a","pod":"/p"}]}])", " | plan=[A /a]"},
        {R"([{"actions":[{"action":"A"},{"app":"/a"}]}])", " | plan=[A ,  /a]"},
        {R"([{"actions":[{},null,7,"x",{"action":"A","app":"/a"}]}])", " | plan=[A /a]"},
        {R"([{"actions":[]},{},{"actions":null}])", " | plan=[][][]"},
        {R"([null,7,"x",{"action":"A","app":"/a"}])", " | plan=[A /a]"},
        {"[]", " | plan=no steps"},
        {"null", ""},
        {"{}", ""},
    };
    for (const auto& [steps, text] : rows) {
        EXPECT_EQ(steps_of(steps), text) << steps;
    }
}

TEST(PlanTest, ReadsTheCurrentStepInEveryForm) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {R"({"actions":[{"action":"A","app":"/a"},{"type":"B","pod":"/b"}]})",
         " | current=[A /a, B /b]"},
        {R"({"action":"A","app":"/a"})", " | current=[A /a]"},
        {R"([{"action":"A","app":"/a"}])", " | current=[A /a]"},
        {R"({"actions":[]})", " | current=[]"},
        {"{}", " | current=[]"},
        {"null", ""},
        {"1", ""},
        {R"("A")", ""},
    };
    for (const auto& [step, text] : rows) {
        EXPECT_EQ(current_of(step), text) << step;
    }
}

TEST(PlanTest, HoldsTheStepsOfALargePlan) {
    std::string steps;
    std::string text;
    for (int i = 0; i < 3000; ++i) {
        const std::string n = std::to_string(i);
        steps += (i == 0 ? "" : ",") +
                 (R"({"actions":[{"action":"A)" + n + R"(","app":"/a"},{"action":"B","app":"/)") +
                 n + "\"}]}";
        text += "[A" + n + " /a, B /" + n + "]";
    }
    EXPECT_EQ(steps_of("[" + steps + "]"), " | plan=" + text);
}

TEST(PlanTest, PassesOverTheGroupsOfAHeavyPlan) {
    const std::string group =
        R"({"id":"/","version":"g","steps":[{"action":"no"}],"apps":[{"id":"/x","env":{"id":"no","A":"\u00e9"}}],"groups":[{"id":"/y","apps":[],"groups":[]}]})";
    EXPECT_EQ(
        decoded(
            R"({"plan":{"original":)" + group + R"(,"id":"d","target":)" + group +
            R"(,"steps":[{"actions":[{"action":"A","app":"/a"}]}],"version":"v"},"eventType":"deployment_step_success"})"
        ),
        "deployment_step_success | deployment=d | plan_version=v | plan=[A /a]"
    );
}

}  // namespace tally::decode
