#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The outcome of d1, which fails at 100 s; its rival d2 is at work on the same app.
class DeploymentOutcomesTest : public StoryTest {
  protected:
    void start_d1() { hear(info("d1", plan, scale_a, at(50s))); }

    void fail_d1(std::string_view reason = {}) { hear(failed("d1", plan, at(100s), reason)); }

    void start_rival(std::chrono::milliseconds requested) {
        hear(info("d2", scale_plan("/a", requested), scale_a, at(200s)));
    }

    void refuse(std::string_view version) {
        hear(group_change(false, version, at(101s), {.reason = "locked"}));
    }

    [[nodiscard]] std::string outcome() { return std::string(deployment_row("d1").outcome); }

    [[nodiscard]] std::string counted() {
        return std::string(deployment_row("d1").counted_outcome);
    }

    const Plan plan = scale_plan("/a", 49s);
};

TEST_F(DeploymentOutcomesTest, AFailureWithoutAnExcuseIsFailed) {
    start_d1();
    fail_d1("boom");
    EXPECT_EQ(outcome(), "failed");
    EXPECT_EQ(deployment_row("d1").reason, "boom");
    EXPECT_EQ(number(Family::deployments, {.a = "failed", .b = "scale"}), 1);
}

TEST_F(DeploymentOutcomesTest, AReasonThatSaysCancelInAnyCaseIsCanceled) {
    for (const char* reason :
         {"cancel", "The upgrade has been cancelled", "CANCELED", "xCaNcElx"}) {
        Story story;
        story.hear(failed("d1", plan, at(100s), reason));
        EXPECT_EQ(story.deployment_row("d1").outcome, "canceled") << reason;
    }
    for (const char* reason : {"", "cance", "can cel", "lecnac"}) {
        Story story;
        story.hear(failed("d1", plan, at(100s), reason));
        EXPECT_EQ(story.deployment_row("d1").outcome, "failed") << reason;
    }
}

TEST_F(DeploymentOutcomesTest, ARivalThatIsThereAlreadyCancelsAtOnce) {
    start_d1();
    start_rival(99s);
    fail_d1();
    EXPECT_EQ(outcome(), "canceled");
    EXPECT_EQ(counted(), "canceled");
    EXPECT_THAT(corrections("d1"), IsEmpty());
}

TEST_F(DeploymentOutcomesTest, ARivalThatComesLaterIsACorrection) {
    start_d1();
    fail_d1();
    EXPECT_EQ(outcome(), "failed");
    start_rival(99s);
    EXPECT_EQ(outcome(), "canceled");
    EXPECT_EQ(counted(), "failed");
    EXPECT_THAT(corrections("d1"), ElementsAre("failed -> canceled"));
    EXPECT_EQ(number(Family::deployment_corrections, {.a = "failed", .b = "canceled"}), 1);
}

TEST_F(DeploymentOutcomesTest, ARivalIsRequestedLessThanFiveSecondsBeforeOrAfterTheFailure) {
    struct Row {
        std::chrono::milliseconds requested;
        const char* outcome;
    };

    for (const Row& row :
         {Row{95'000ms, "failed"},
          Row{95'001ms, "canceled"},
          Row{100'000ms, "canceled"},
          Row{104'999ms, "canceled"},
          Row{105'000ms, "failed"}}) {
        Story before;
        before.hear_all(
            info("d2", scale_plan("/a", row.requested), scale_a, at(90s)),
            failed("d1", plan, at(100s))
        );
        EXPECT_EQ(before.deployment_row("d1").outcome, row.outcome) << row.requested.count();
        Story after;
        after.hear_all(
            failed("d1", plan, at(100s)),
            info("d2", scale_plan("/a", row.requested), scale_a, at(200s))
        );
        EXPECT_EQ(after.deployment_row("d1").outcome, row.outcome) << row.requested.count();
    }
}

TEST_F(DeploymentOutcomesTest, ARivalMustShareAnApp) {
    start_d1();
    hear(info("d2", scale_plan("/b", 99s), scale_b, at(90s)));
    fail_d1();
    EXPECT_EQ(outcome(), "failed");
}

TEST_F(DeploymentOutcomesTest, OneSharedAppOfManyIsEnough) {
    hear(info("d2", {.version = version_at(99s), .steps = {{scale_b, scale_a}}}, scale_b, at(90s)));
    fail_d1();
    EXPECT_EQ(outcome(), "canceled");
}

TEST_F(DeploymentOutcomesTest, ARivalMustHaveHadAnInfo) {
    start_d1();
    hear(success("d2", scale_plan("/a", 99s), at(99s)));
    fail_d1();
    EXPECT_EQ(outcome(), "failed");
    hear(info("d2", scale_plan("/a", 99s), scale_a, at(102s)));
    EXPECT_EQ(outcome(), "canceled") << "an info after the final is one too";
}

TEST_F(DeploymentOutcomesTest, AStepEventIsNoInfo) {
    hear(step_success("d2", scale_plan("/a", 99s), scale_a, at(90s)));
    fail_d1();
    EXPECT_EQ(outcome(), "failed");
}

TEST_F(DeploymentOutcomesTest, ARivalWithoutARequestTimeIsNone) {
    hear(info("d2", {.version = {}, .steps = {{scale_a}}}, scale_a, at(90s)));
    fail_d1();
    EXPECT_EQ(outcome(), "failed");
}

TEST_F(DeploymentOutcomesTest, ADeploymentIsNotItsOwnRival) {
    hear_all(
        info("d1", scale_plan("/a", 99s), scale_a, at(99s)),
        failed("d1", scale_plan("/a", 99s), at(100s))
    );
    EXPECT_EQ(outcome(), "failed");
}

TEST_F(DeploymentOutcomesTest, ARivalMayHaveEnded) {
    start_rival(99s);
    hear(success("d2", scale_plan("/a", 99s), at(99s)));
    fail_d1();
    EXPECT_EQ(outcome(), "canceled");
}

TEST_F(DeploymentOutcomesTest, ASuccessIsNeverCanceled) {
    start_d1();
    hear(success("d1", plan, at(100s)));
    start_rival(99s);
    EXPECT_EQ(outcome(), "success");
}

TEST_F(DeploymentOutcomesTest, AnAppLearnedLaterMakesARivalToo) {
    hear_all(failed("d1", {.version = version_at(49s), .steps = std::nullopt}, at(100s)));
    start_rival(99s);
    EXPECT_EQ(outcome(), "failed") << "its apps are not known";
    start_d1();
    EXPECT_EQ(outcome(), "canceled");
}

TEST_F(DeploymentOutcomesTest, ARefusedRequestIsRejected) {
    refuse(plan.version);
    fail_d1();
    EXPECT_EQ(outcome(), "rejected");
    EXPECT_EQ(counted(), "rejected");
    EXPECT_THAT(corrections("d1"), IsEmpty());
}

TEST_F(DeploymentOutcomesTest, ARefusalThatComesLaterIsACorrection) {
    fail_d1();
    refuse(plan.version);
    EXPECT_EQ(outcome(), "rejected");
    EXPECT_EQ(counted(), "failed");
    EXPECT_THAT(corrections("d1"), ElementsAre("failed -> rejected"));
}

TEST_F(DeploymentOutcomesTest, VersionsAreComparedAsTimes) {
    fail_d1();
    refuse("2019-08-20T12:00:49+02:00");
    EXPECT_EQ(outcome(), "rejected");
}

TEST_F(DeploymentOutcomesTest, AnotherVersionRejectsNothing) {
    refuse(version_at(48s));
    hear(group_change(true, plan.version, at(60s)));
    refuse("");
    fail_d1();
    EXPECT_EQ(outcome(), "failed");
}

TEST_F(DeploymentOutcomesTest, RejectedIsTestedBeforeCanceled) {
    start_rival(99s);
    refuse(plan.version);
    fail_d1("canceled");
    EXPECT_EQ(outcome(), "rejected");
}

TEST_F(DeploymentOutcomesTest, WhatHadAnInfoIsNotRejected) {
    start_d1();
    refuse(plan.version);
    fail_d1();
    EXPECT_EQ(outcome(), "failed");
}

TEST_F(DeploymentOutcomesTest, AnInfoAfterTheFailureTakesRejectedBack) {
    refuse(plan.version);
    fail_d1();
    start_d1();
    EXPECT_EQ(outcome(), "failed");
    EXPECT_THAT(corrections("d1"), ElementsAre("rejected -> failed"));
}

TEST_F(DeploymentOutcomesTest, AVersionRefusedTwiceCorrectsOnce) {
    fail_d1();
    refuse(plan.version);
    refuse(plan.version);
    EXPECT_THAT(corrections("d1"), ElementsAre("failed -> rejected"));
}

}  // namespace
}  // namespace tally::model
