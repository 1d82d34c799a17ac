#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;

class DeploymentStepsTest : public StoryTest {
  protected:
    void expect_step(std::int64_t n, TimeMs started, TimeMs ended, std::string_view result) {
        EXPECT_EQ(step_row("d1", n).started, started) << "step " << n;
        EXPECT_EQ(step_row("d1", n).ended, ended) << "step " << n;
        EXPECT_EQ(step_row("d1", n).result, result) << "step " << n;
    }

    [[nodiscard]] std::int64_t reruns() { return deployment_row("d1").reruns; }

    const Plan plan = start_plan("/a", 9s);
    const Plan twice{.version = version_at(9s), .steps = {{scale_a, scale_a}}};
};

TEST_F(DeploymentStepsTest, EveryPlannedStepHasARowFromTheStart) {
    hear(info("d1", plan, start_a, at(10s)));
    EXPECT_EQ(deployment_row("d1").steps, 2);
    EXPECT_EQ(ledger().steps.at({"d1", 1}).actions, "StartApplication /a");
    EXPECT_EQ(ledger().steps.at({"d1", 2}).actions, "ScaleApplication /a");
    expect_step(1, at(10s), no_time, "");
    expect_step(2, no_time, no_time, "");
    EXPECT_TRUE(step_row("d1", 1).open);
    EXPECT_FALSE(step_row("d1", 2).open);
}

TEST_F(DeploymentStepsTest, StepSuccessClosesTheOpenStep) {
    hear_all(info("d1", plan, start_a, at(10s)), step_success("d1", plan, start_a, at(13s)));
    expect_step(1, at(10s), at(13s), "success");
    EXPECT_EQ(deployment_row("d1").steps_done, 1);
    EXPECT_EQ(observed_sum(HistogramFamily::step_duration, "StartApplication"), 3000);
}

TEST_F(DeploymentStepsTest, StepFailureClosesItAsFailedAndIsNotDone) {
    hear_all(info("d1", plan, start_a, at(10s)), step_failure("d1", plan, start_a, at(13s)));
    expect_step(1, at(10s), at(13s), "failed");
    EXPECT_EQ(deployment_row("d1").steps_done, 0);
    EXPECT_EQ(observed(HistogramFamily::step_duration, "StartApplication"), 1U);
}

TEST_F(DeploymentStepsTest, EqualStepsAreTakenInTheirOrder) {
    hear_all(
        info("d1", twice, scale_a, at(10s)),
        step_success("d1", twice, scale_a, at(11s)),
        info("d1", twice, scale_a, at(12s)),
        step_success("d1", twice, scale_a, at(15s))
    );
    expect_step(1, at(10s), at(11s), "success");
    expect_step(2, at(12s), at(15s), "success");
    EXPECT_EQ(reruns(), 0);
}

TEST_F(DeploymentStepsTest, AnInfoOfTheOpenStepIsARerun) {
    hear_all(info("d1", twice, scale_a, at(10s)), info("d1", twice, scale_a, at(70s)));
    EXPECT_EQ(reruns(), 1);
    expect_step(1, at(10s), no_time, "");
    expect_step(2, no_time, no_time, "");
}

TEST_F(DeploymentStepsTest, AnInfoOfDoneStepsIsARerunAndTheyStayDoneWithTheirFirstTimes) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        step_success("d1", plan, start_a, at(11s)),
        info("d1", plan, scale_a, at(12s)),
        info("d1", plan, start_a, at(60s)),
        step_success("d1", plan, start_a, at(61s)),
        info("d1", plan, scale_a, at(62s)),
        step_success("d1", plan, scale_a, at(63s))
    );
    EXPECT_EQ(reruns(), 2);
    expect_step(1, at(10s), at(11s), "success");
    expect_step(2, at(12s), at(63s), "success");
    EXPECT_EQ(deployment_row("d1").outcome, "running");
    EXPECT_EQ(observed(HistogramFamily::step_duration, "StartApplication"), 1U);
}

TEST_F(DeploymentStepsTest, AFailedStepIsDoneTooForAnInfo) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        step_failure("d1", plan, start_a, at(11s)),
        info("d1", plan, start_a, at(60s))
    );
    EXPECT_EQ(reruns(), 1);
    expect_step(1, at(10s), at(11s), "failed");
}

TEST_F(DeploymentStepsTest, StepsAreEqualWhateverTheOrderOfTheirActions) {
    const Plan pair{
        .version = version_at(9s), .steps = {{{"ScaleApplication /a", "ScaleApplication /b"}}}};
    hear_all(
        info("d1", pair, StepText{"ScaleApplication /b", "ScaleApplication /a"}, at(10s)),
        step_success("d1", pair, StepText{"ScaleApplication /b", "ScaleApplication /a"}, at(11s))
    );
    EXPECT_EQ(deployment_row("d1").steps, 1);
    expect_step(1, at(10s), at(11s), "success");
}

TEST_F(DeploymentStepsTest, StepsAreMultisetsOfActions) {
    const Plan doubled{
        .version = version_at(9s), .steps = {{{"ScaleApplication /a", "ScaleApplication /a"}}}};
    hear(info("d1", doubled, scale_a, at(10s)));
    EXPECT_EQ(deployment_row("d1").steps, 2) << "{x} is not {x, x}: a step in no list";
    expect_step(1, no_time, no_time, "");
    expect_step(2, at(10s), no_time, "");
}

TEST_F(DeploymentStepsTest, TheSameActionOnAnotherAppIsAnotherStep) {
    hear(info("d1", plan, StepText{"StartApplication /b"}, at(10s)));
    EXPECT_EQ(deployment_row("d1").steps, 3);
}

TEST_F(DeploymentStepsTest, AnInfoWithoutACurrentStepOpensNothing) {
    hear_all(info("d1", plan, std::nullopt, at(10s)), info("d1", plan, std::nullopt, at(11s)));
    expect_step(1, no_time, no_time, "");
    EXPECT_EQ(reruns(), 0);
    EXPECT_EQ(deployment_row("d1").started, at(10s));
}

TEST_F(DeploymentStepsTest, AnEmptyCurrentStepThatIsNotInThePlanIsNoStep) {
    hear_all(
        info("d1", plan, StepText{}, at(10s)),
        info("d1", plan, StepText{}, at(11s)),
        step_success("d1", plan, StepText{}, at(12s))
    );
    EXPECT_EQ(deployment_row("d1").steps, 2);
    EXPECT_EQ(deployment_row("d1").steps_done, 0);
    EXPECT_EQ(reruns(), 0);
}

TEST_F(DeploymentStepsTest, AnEmptyStepOfThePlanIsAStep) {
    const Plan empty_first{.version = version_at(9s), .steps = {{{}, scale_a}}};
    hear_all(
        info("d1", empty_first, StepText{}, at(10s)),
        step_success("d1", empty_first, StepText{}, at(12s))
    );
    EXPECT_EQ(deployment_row("d1").steps, 2);
    expect_step(1, at(10s), at(12s), "success");
}

TEST_F(DeploymentStepsTest, AStepInNoListIsAddedAfterTheKnownOnes) {
    hear_all(info("d1", plan, stop_z, at(10s)), step_success("d1", plan, stop_z, at(12s)));
    EXPECT_EQ(deployment_row("d1").steps, 3);
    EXPECT_EQ(ledger().steps.at({"d1", 3}).actions, "StopApplication /z");
    expect_step(3, at(10s), at(12s), "success");
    EXPECT_EQ(deployment_row("d1").kind, "mixed") << "the kind is that of all steps";
}

TEST_F(DeploymentStepsTest, AStepHeardBeforeThePlanIsNotListedTwice) {
    hear_all(
        info("d1", {.version = version_at(9s), .steps = std::nullopt}, start_a, at(10s)),
        step_success("d1", plan, start_a, at(12s))
    );
    EXPECT_EQ(deployment_row("d1").steps, 2);
    expect_step(1, at(10s), at(12s), "success");
}

TEST_F(
    DeploymentStepsTest, AStepSuccessWithoutAnOpenStepClosesTheFirstUnfinishedEqualOneWithoutAStart
) {
    hear_all(
        step_success("d1", twice, scale_a, at(12s)), step_success("d1", twice, scale_a, at(14s))
    );
    expect_step(1, no_time, at(12s), "success");
    expect_step(2, no_time, at(14s), "success");
    EXPECT_EQ(observed(HistogramFamily::step_duration, "ScaleApplication"), 0U);
    EXPECT_EQ(deployment_row("d1").steps_done, 2);
}

TEST_F(DeploymentStepsTest, AStepSuccessOfADoneStepChangesNothing) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        step_success("d1", plan, start_a, at(12s)),
        step_success("d1", plan, start_a, at(14s)),
        step_failure("d1", plan, start_a, at(15s))
    );
    expect_step(1, at(10s), at(12s), "success");
    EXPECT_EQ(observed(HistogramFamily::step_duration, "StartApplication"), 1U);
}

TEST_F(DeploymentStepsTest, AStepSuccessInNoListIsAddedToo) {
    hear(step_success("d1", plan, stop_z, at(12s)));
    EXPECT_EQ(deployment_row("d1").steps, 3);
    expect_step(3, no_time, at(12s), "success");
}

TEST_F(DeploymentStepsTest, AStepMayBeClosedAfterTheFinal) {
    hear_all(
        info("d1", plan, start_a, at(10s)),
        success("d1", plan, at(12s)),
        step_success("d1", plan, start_a, at(12s))
    );
    expect_step(1, at(10s), at(12s), "success");
    EXPECT_EQ(deployment_row("d1").steps_done, 1);
}

TEST_F(DeploymentStepsTest, AStepDurationIsNeverNegative) {
    hear_all(info("d1", plan, start_a, at(10s)), step_success("d1", plan, start_a, at(9s)));
    EXPECT_EQ(observed(HistogramFamily::step_duration, "StartApplication"), 1U);
    EXPECT_EQ(observed_sum(HistogramFamily::step_duration, "StartApplication"), 0);
}

TEST_F(DeploymentStepsTest, AStepIsObservedOncePerDistinctAction) {
    const StepText both{"ScaleApplication /a", "ScaleApplication /b", "StopApplication /c"};
    const Plan many{.version = version_at(9s), .steps = {{both}}};
    hear_all(info("d1", many, both, at(10s)), step_success("d1", many, both, at(11s)));
    EXPECT_EQ(observed(HistogramFamily::step_duration, "ScaleApplication"), 1U);
    EXPECT_EQ(observed(HistogramFamily::step_duration, "StopApplication"), 1U);
}

TEST_F(DeploymentStepsTest, TheSameInfoByAnotherWayIsNoRerun) {
    hear_from(1, info("d1", plan, start_a, at(10s)));
    hear_from(2, info("d1", plan, start_a, at(15s)));
    EXPECT_EQ(reruns(), 0) << "within 5 s";
    hear_from(2, info("d1", plan, start_a, at(15s) + 1));
    EXPECT_EQ(reruns(), 1) << "later than 5 s";
}

TEST_F(DeploymentStepsTest, AnInfoInTwoOverlappingRecordingsIsNoRerun) {
    for (const std::uint64_t file : {1U, 2U}) {
        hear_from(file, info("d1", plan, start_a, at(10s)));
        hear_from(file, step_success("d1", plan, stop_z, at(11s)));
    }
    EXPECT_EQ(reruns(), 0);
}

TEST_F(DeploymentStepsTest, TheSameInfoByTheSameWayIsARerun) {
    hear_from(1, info("d1", plan, start_a, at(10s)));
    hear_from(1, info("d1", plan, start_a, at(11s)));
    EXPECT_EQ(reruns(), 1);
}

TEST_F(DeploymentStepsTest, ARestartForgetsNoStep) {
    hear_from(1, info("d1", twice, scale_a, at(10s)));
    hear_from(1, step_success("d1", twice, scale_a, at(11s)));
    hear_from(1, info("d1", twice, scale_a, at(12s)));
    Story next = restarted();
    next.hear_from(2, info("d1", twice, scale_a, at(13s)));
    EXPECT_EQ(next.deployment_row("d1").reruns, 0);
    next.hear_from(2, step_success("d1", twice, scale_a, at(14s)));
    EXPECT_EQ(next.step_row("d1", 2).ended, at(14s));
    EXPECT_EQ(next.deployment_row("d1").steps_done, 2);
    EXPECT_EQ(next.observed_sum(HistogramFamily::step_duration, "ScaleApplication"), 3000);
}

}  // namespace
}  // namespace tally::model
