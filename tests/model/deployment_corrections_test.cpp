#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeploymentCorrectionsTest : public StoryTest {
  protected:
    DeploymentCorrectionsTest() { hear(info("d1", plan, scale_a, at(10s))); }

    const Plan plan = scale_plan("/a", 9s);
};

TEST_F(DeploymentCorrectionsTest, AFailureAfterASuccessWins) {
    hear_all(success("d1", plan, at(20s)), failed("d1", plan, at(22s), "late news"));
    EXPECT_EQ(deployment_row("d1").outcome, "failed");
    EXPECT_EQ(deployment_row("d1").ended, at(22s));
    EXPECT_EQ(deployment_row("d1").reason, "late news");
    EXPECT_TRUE(deployment_row("d1").contradicted);
    EXPECT_EQ(deployment_row("d1").counted_outcome, "success");
    EXPECT_THAT(corrections("d1"), ElementsAre("success -> failed"));
    EXPECT_EQ(number(Family::deployment_corrections, {.a = "success", .b = "failed"}), 1);
    EXPECT_EQ(observed(HistogramFamily::deployment_duration, "failed"), 0U) << "counted once";
}

TEST_F(DeploymentCorrectionsTest, ASuccessAfterAFailureLoses) {
    hear_all(failed("d1", plan, at(20s)), success("d1", plan, at(22s)));
    EXPECT_EQ(deployment_row("d1").outcome, "failed");
    EXPECT_EQ(deployment_row("d1").ended, at(20s));
    EXPECT_TRUE(deployment_row("d1").contradicted);
    EXPECT_EQ(deployment_row("d1").counted_outcome, "failed");
    EXPECT_THAT(corrections("d1"), IsEmpty());
}

TEST_F(DeploymentCorrectionsTest, EndedIsThatOfTheFailureEvenIfItIsEarlier) {
    hear_all(success("d1", plan, at(20s)), failed("d1", plan, at(18s)));
    EXPECT_EQ(deployment_row("d1").ended, at(18s));
}

TEST_F(DeploymentCorrectionsTest, AContradictionMayBeACancellation) {
    hear_all(success("d1", plan, at(20s)), failed("d1", plan, at(22s), "cancelled"));
    EXPECT_EQ(deployment_row("d1").outcome, "canceled");
    EXPECT_THAT(corrections("d1"), ElementsAre("success -> canceled"));
}

TEST_F(DeploymentCorrectionsTest, CorrectionsMayFollowOneAnother) {
    hear_all(
        success("d1", plan, at(20s)),
        failed("d1", plan, at(22s)),
        info("d2", scale_plan("/a", 21s), scale_a, at(23s))
    );
    EXPECT_THAT(corrections("d1"), ElementsAre("success -> failed", "failed -> canceled"));
    EXPECT_EQ(number(Family::deployments, {.a = "success", .b = "scale"}), 1);
}

TEST_F(DeploymentCorrectionsTest, ACorrectionHasTheTimeOfTheEventThatLedToIt) {
    hear_all(failed("d1", plan, at(22s)), info("d2", scale_plan("/a", 21s), scale_a, at(23s)));
    EXPECT_THAT(
        ledger().lines("correction"),
        ElementsAre("d1: failed -> canceled (" + std::to_string(at(23s)) + ")")
    );
}

TEST_F(DeploymentCorrectionsTest, ARestartBetweenForgetsNoPartOfTheVerdict) {
    hear(failed("d1", plan, at(22s)));
    Story next = restarted();
    next.hear(info("d2", scale_plan("/a", 21s), scale_a, at(23s)));
    EXPECT_THAT(next.corrections("d1"), ElementsAre("failed -> canceled"));
}

}  // namespace
}  // namespace tally::model
