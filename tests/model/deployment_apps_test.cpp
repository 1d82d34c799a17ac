#include <algorithm>

#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::Pair;

class DeploymentAppsTest : public StoryTest {
  protected:
    static Ledger::AppAction row(std::string app, std::string action) {
        return {"d1", std::move(app), std::move(action)};
    }
};

TEST_F(DeploymentAppsTest, AppsAreAllAppsAndPodsOfTheActions) {
    hear(success("d1", {.version = {}, .steps = {{{"ScaleApplication /a", "ScalePod /p"}}}}, at(1s))
    );
    EXPECT_THAT(
        ledger().deployment_apps,
        ElementsAre(Pair(row("/a", "ScaleApplication"), true), Pair(row("/p", "ScalePod"), true))
    );
}

TEST_F(DeploymentAppsTest, EachPairOfAppAndActionIsThereOnce) {
    hear(success(
        "d1",
        {.version = {},
         .steps = {{{"ScaleApplication /a"}, {"StopApplication /a"}, {"ScaleApplication /a"}}}},
        at(1s)
    ));
    EXPECT_THAT(
        ledger().deployment_apps,
        ElementsAre(
            Pair(row("/a", "ScaleApplication"), true), Pair(row("/a", "StopApplication"), true)
        )
    );
}

TEST_F(DeploymentAppsTest, ADeploymentCountsOncePerApp) {
    hear(success("d1", start_plan("/a", 0s), at(1s)));
    EXPECT_EQ(number(Family::app_deployments, {.app = "/a", .a = "success"}), 1);
}

TEST_F(DeploymentAppsTest, AnOpenDeploymentIsNotCounted) {
    hear(info("d1", start_plan("/a", 0s), start_a, at(1s)));
    EXPECT_EQ(number(Family::app_deployments, {.app = "/a", .a = "success"}), -1);
    EXPECT_THAT(
        ledger().deployment_apps,
        ElementsAre(
            Pair(row("/a", "ScaleApplication"), false), Pair(row("/a", "StartApplication"), false)
        )
    );
}

TEST_F(DeploymentAppsTest, AppsLearnedAfterTheDecidingEventAreNotCounted) {
    for (const bool in_one_batch : {true, false}) {
        Story story;
        story.hear(success("d1", {}, at(1s)));
        if (!in_one_batch) {
            story.cut();
        }
        story.hear(info("d1", start_plan("/a", 0s), start_a, at(2s)));
        EXPECT_EQ(story.number(Family::app_deployments, {.app = "/a", .a = "success"}), -1);
        EXPECT_FALSE(story.ledger().deployment_apps.at(row("/a", "StartApplication")));
    }
}

TEST_F(DeploymentAppsTest, AppsLearnedBeforeInTheSameOrAnEarlierBatchAreCounted) {
    for (const bool in_one_batch : {true, false}) {
        Story story;
        story.hear(info("d1", start_plan("/a", 0s), start_a, at(2s)));
        if (!in_one_batch) {
            story.cut();
        }
        story.hear(success("d1", {}, at(3s)));
        EXPECT_TRUE(story.ledger().deployment_apps.at(row("/a", "StartApplication")));
    }
}

TEST_F(DeploymentAppsTest, AnActionWithoutAnAppBelongsToNone) {
    hear(success("d1", {.version = {}, .steps = {{{"ScalePod"}}}}, at(1s)));
    EXPECT_TRUE(ledger().deployment_apps.empty());
    EXPECT_EQ(deployment_row("d1").kind, "scale");
}

TEST_F(DeploymentAppsTest, TheLastDeploymentOfAnAppIsShownWithDurationAndTime) {
    EXPECT_EQ(world().snapshot().apps.at(0).last_deployment_ended_ms, std::nullopt);
    hear_all(
        info("d1", start_plan("/a", 0s), start_a, at(2s)),
        success("d1", start_plan("/a", 0s), at(5s))
    );
    EXPECT_EQ(app("/a").last_deployment_ms, 3000);
    EXPECT_EQ(app("/a").last_deployment_ended_ms, at(5s));
}

TEST_F(DeploymentAppsTest, ADeploymentWhoseStartWasNotSeenIsNotShownAsTheLast) {
    hear_all(
        info("d1", start_plan("/a", 0s), start_a, at(2s)),
        success("d1", start_plan("/a", 0s), at(5s)),
        success("d2", start_plan("/a", 6s), at(9s))
    );
    EXPECT_EQ(app("/a").last_deployment_ms, 3000);
    EXPECT_EQ(app("/a").last_deployment_ended_ms, at(5s)) << "of the same deployment";
}

TEST_F(DeploymentAppsTest, ARejectedDeploymentIsNotShownAsTheLastWhicheverCameFirst) {
    hear_all(
        info("d1", start_plan("/a", 0s), start_a, at(2s)),
        success("d1", start_plan("/a", 0s), at(5s)),
        failed("d2", start_plan("/a", 100s), at(101s)),
        group_change(false, version_at(100s), at(101s)),
        group_change(false, version_at(200s), at(201s)),
        failed("d3", start_plan("/a", 200s), at(201s))
    );
    EXPECT_EQ(deployment_row("d2").outcome, "rejected");
    EXPECT_EQ(deployment_row("d3").outcome, "rejected");
    EXPECT_EQ(app("/a").last_deployment_ms, 3000);
    EXPECT_EQ(app("/a").last_deployment_ended_ms, at(5s));
}

TEST_F(DeploymentAppsTest, TheLastDeploymentIsTheOneThatEndedLastNotTheOneHeardLast) {
    hear_all(
        info("d1", start_plan("/a", 100s), start_a, at(102s)),
        success("d1", start_plan("/a", 100s), at(105s)),
        info("d2", start_plan("/a", 0s), start_a, at(2s)),
        success("d2", start_plan("/a", 0s), at(9s))
    );
    EXPECT_EQ(app("/a").last_deployment_ms, 3000);
    EXPECT_EQ(app("/a").last_deployment_ended_ms, at(105s));
}

TEST_F(DeploymentAppsTest, AnActionWithoutANameIsARowAndNoNameOfAnAction) {
    const StepText nameless{" /a"};
    const Plan plan{
        .version = version_at(0s), .steps = {{nameless, {" /a", "ScaleApplication /b"}}}};
    hear_all(
        info("d1", plan, nameless, at(1s)),
        step_success("d1", plan, nameless, at(2s)),
        success("d1", plan, at(5s))
    );
    EXPECT_THAT(
        ledger().deployment_apps,
        ElementsAre(Pair(row("/a", ""), true), Pair(row("/b", "ScaleApplication"), true))
    );
    EXPECT_EQ(deployment_row("d1").kind, "scale") << "not mixed";
    EXPECT_EQ(step_row("d1", 1).result, "success") << "a step like any other";
    EXPECT_EQ(number(Family::app_deployments, {.app = "/a", .a = "success"}), 1);
    EXPECT_EQ(observed(HistogramFamily::step_duration, ""), 0U);
    const std::vector<std::string> rows = ledger().dump();
    EXPECT_TRUE(std::none_of(rows.begin(), rows.end(), [](const std::string& line) {
        return line.starts_with("label");
    }));
}

TEST_F(DeploymentAppsTest, APlanOfNamelessActionsHasNoAction) {
    hear(success("d1", {.version = {}, .steps = {{{" /a"}}}}, at(1s)));
    EXPECT_EQ(deployment_row("d1").kind, "none");
}

TEST_F(DeploymentAppsTest, AHugePlanIsLearnedInTimeThatGrowsWithItsLength) {
    std::vector<StepText> steps;
    for (int i = 0; i < 60'000; ++i) {
        steps.push_back({keep("ScaleApplication /app-" + std::to_string(i))});
    }
    const Plan plan{.version = version_at(0s), .steps = steps};
    Batch batch;
    AppId next_app = 1;
    World other(1, "test", {.max_apps = 10}, next_app);
    other.apply(success("d1", plan, at(1s)), {.seq = 1, .stamp = {.time = at(1s)}}, batch);
    EXPECT_EQ(batch.deployment_apps.size(), 60'001U);
    EXPECT_EQ(batch.deployments.back().steps, 60'000);
}

}  // namespace
}  // namespace tally::model
