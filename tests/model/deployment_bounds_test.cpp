#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;

/// `n` steps, each of one action: `Scale0 /a`, `Scale1 /a` ...
Plan long_plan(int n) {
    std::vector<StepText> steps;
    for (int i = 0; i < n; ++i) {
        steps.push_back({keep("Scale" + std::to_string(i) + " /a")});
    }
    return {.version = version_at(9s), .steps = steps};
}

class DeploymentBoundsTest : public StoryTest {
  protected:
    explicit DeploymentBoundsTest(World::Options options = {}) : StoryTest(std::move(options)) {}

    [[nodiscard]] std::size_t step_rows() { return ledger().steps.size(); }

    [[nodiscard]] std::string_view result(std::int64_t n) { return step_row("d1", n).result; }
};

TEST_F(DeploymentBoundsTest, OfTheStepsWithoutActions16HaveARowAndAllAreCounted) {
    std::vector<StepText> steps(400'000);
    steps.push_back({"ScaleApplication /a"});
    const Plan plan{.version = version_at(9s), .steps = steps};
    hear_all(
        info("d1", plan, StepText{"ScaleApplication /a"}, at(10s)),
        step_success("d1", plan, StepText{"ScaleApplication /a"}, at(12s))
    );
    EXPECT_EQ(deployment_row("d1").steps, 400'001);
    EXPECT_EQ(deployment_row("d1").steps_done, 1);
    EXPECT_EQ(step_rows(), 17U);
    EXPECT_EQ(result(400'001), "success") << "the number is that of the plan";
}

TEST_F(DeploymentBoundsTest, OfALongPlanTheFirst10000StepsHaveARowAndAllAreCounted) {
    hear(info("d1", long_plan(10'003), StepText{"Scale1 /a"}, at(10s)));
    EXPECT_EQ(deployment_row("d1").steps, 10'003);
    EXPECT_EQ(step_rows(), 10'000U);
    EXPECT_TRUE(step_row("d1", 2).open);
}

TEST_F(DeploymentBoundsTest, AStepPastTheBoundIsNeitherOpenedNorClosedNorAdded) {
    const Plan plan = long_plan(10'003);
    hear_all(
        info("d1", plan, StepText{"Scale10001 /a"}, at(10s)),
        info("d1", plan, StepText{"Scale10001 /a"}, at(30s)),
        step_success("d1", plan, StepText{"Scale10001 /a"}, at(40s)),
        step_success("d1", plan, StepText{"StopApplication /z"}, at(50s))
    );
    EXPECT_EQ(deployment_row("d1").steps, 10'003);
    EXPECT_EQ(deployment_row("d1").steps_done, 0);
    EXPECT_EQ(deployment_row("d1").reruns, 0);
    EXPECT_EQ(step_rows(), 10'000U);
}

TEST_F(DeploymentBoundsTest, TheKindAndTheAppsAreThoseOfAllSteps) {
    Plan plan = long_plan(0);
    plan.steps->assign(10'001, {"ScaleApplication /a"});
    plan.steps->push_back({"StopApplication /z"});
    hear(success("d1", plan, at(10s)));
    EXPECT_EQ(deployment_row("d1").kind, "mixed");
    EXPECT_EQ(number(Family::app_deployments, {.app = "/z", .a = "success"}), 1);
}

TEST_F(DeploymentBoundsTest, ARestartForgetsNoBound) {
    const Plan plan = long_plan(10'003);
    hear(info("d1", plan, StepText{"Scale1 /a"}, at(10s)));
    Story next = restarted();
    next.hear_all(
        step_success("d1", plan, StepText{"Scale1 /a"}, at(12s)),
        info("d1", plan, StepText{"Scale10001 /a"}, at(13s))
    );
    EXPECT_EQ(next.deployment_row("d1").steps, 10'003);
    EXPECT_EQ(next.deployment_row("d1").steps_done, 1);
}

TEST_F(DeploymentBoundsTest, OfALongPlanOnlyTheOpenStepsAreClosedAfterTheEnd) {
    const Plan plan = long_plan(17);
    hear_all(
        info("d1", plan, StepText{"Scale0 /a"}, at(10s)),
        step_success("d1", plan, StepText{"Scale0 /a"}, at(11s)),
        info("d1", plan, StepText{"Scale16 /a"}, at(12s)),
        success("d1", plan, at(20s))
    );
    Story next = restarted();
    for (Story* story : {static_cast<Story*>(this), &next}) {
        story->hear_all(
            step_success("d1", plan, StepText{"Scale16 /a"}, at(21s)),
            step_success("d1", plan, StepText{"Scale16 /a"}, at(22s)),
            step_success("d1", plan, StepText{"Scale0 /a"}, at(22s)),
            step_success("d1", plan, StepText{"Scale5 /a"}, at(22s)),
            step_success("d1", plan, StepText{"StopApplication /z"}, at(22s))
        );
        EXPECT_EQ(story->step_row("d1", 17).ended, at(21s));
        EXPECT_EQ(story->step_row("d1", 1).ended, at(11s));
        EXPECT_EQ(story->step_row("d1", 6).result, "");
        EXPECT_EQ(story->deployment_row("d1").steps, 17);
        EXPECT_EQ(story->deployment_row("d1").steps_done, 2);
        EXPECT_EQ(story->ledger().steps.size(), 17U);
    }
}

TEST_F(DeploymentBoundsTest, OfAnOrdinaryPlanAnyStepIsClosedAfterTheEnd) {
    const Plan plan = long_plan(16);
    hear(success("d1", plan, at(20s)));
    Story next = restarted();
    next.hear(step_success("d1", plan, StepText{"Scale5 /a"}, at(22s)));
    EXPECT_EQ(next.step_row("d1", 6).result, "success");
}

TEST_F(DeploymentBoundsTest, APlanLearnedAfterTheEndHasItsRows) {
    hear_all(success("d1", {}, at(20s)), info("d1", long_plan(40), std::nullopt, at(21s)));
    EXPECT_EQ(step_rows(), 40U);
    EXPECT_EQ(deployment_row("d1").steps, 40);
}

TEST_F(DeploymentBoundsTest, AStepOfManyActionsIsClosedInTimeThatGrowsWithItsLength) {
    StepText step;
    for (int i = 0; i < 100'000; ++i) {
        step.push_back(keep("Action" + std::to_string(i) + " /a"));
    }
    const Plan plan{.version = version_at(0s), .steps = {{step}}};
    hear_all(info("d1", plan, step, at(1s)), step_success("d1", plan, step, at(2s)));
    EXPECT_EQ(observed(HistogramFamily::step_duration, "other"), 100'000U - 64);
}

TEST(DeploymentBatchTest, TheBytesOfABatchGrowWithItsSteps) {
    AppId next_app = 1;
    World world(1, "test", {}, next_app);
    Batch batch;
    const Plan plan = long_plan(1000);
    world.apply(
        info("d1", plan, std::nullopt, at(1s)), {.seq = 1, .stamp = {.time = at(1s)}}, batch
    );
    EXPECT_GE(batch.bytes(), 1000 * (sizeof(DeploymentStepRow) + sizeof(ActionText)));
    batch.clear();
    EXPECT_EQ(batch.bytes(), 0U);
}

class ClosedAppsTest : public DeploymentBoundsTest {
  protected:
    ClosedAppsTest() : DeploymentBoundsTest({.closed_apps_max = 3}) {}

    static Plan plan_of(const std::vector<std::string_view>& apps) {
        StepText step;
        for (const std::string_view app : apps) {
            step.push_back(keep("ScaleApplication " + std::string(app)));
        }
        return {.version = {}, .steps = {{step}}};
    }

    /// Whether a second success is first sight again.
    static bool is_forgotten(Story& story, const char* id) {
        story.hear(success(id, {}, at(100s)));
        return story.deployment_row(id).ended == at(100s);
    }
};

TEST_F(ClosedAppsTest, ClosedDeploymentsOfManyAppsAreForgottenEarlier) {
    hear_all(
        success("d1", plan_of({"/a", "/b"}), at(1s)),
        success("d2", plan_of({"/a"}), at(2s)),
        success("d3", plan_of({"/c"}), at(3s))
    );
    Story next = restarted();
    for (Story* story : {static_cast<Story*>(this), &next}) {
        EXPECT_FALSE(is_forgotten(*story, "d2"));
        EXPECT_FALSE(is_forgotten(*story, "d3"));
        EXPECT_TRUE(is_forgotten(*story, "d1"));
    }
}

TEST_F(ClosedAppsTest, AppsLearnedAfterTheEndCountToo) {
    hear_all(
        success("d1", {}, at(1s)),
        success("d2", plan_of({"/a", "/b"}), at(2s)),
        success("d1", {}, at(3s)),
        info("d1", plan_of({"/a", "/b"}), std::nullopt, at(4s))
    );
    EXPECT_FALSE(is_forgotten(*this, "d2"));
    EXPECT_TRUE(is_forgotten(*this, "d1")) << "it closed first";
}

TEST_F(ClosedAppsTest, OneDeploymentOfTooManyAppsIsForgottenAtOnce) {
    hear(success("d1", plan_of({"/a", "/b", "/c", "/d"}), at(1s)));
    EXPECT_TRUE(is_forgotten(*this, "d1"));
    EXPECT_EQ(number(Family::app_deployments, {.app = "/d", .a = "success"}), 1);
}

}  // namespace
}  // namespace tally::model
