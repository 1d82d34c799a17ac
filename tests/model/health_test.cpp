#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* legacy_task = "a.2f";
constexpr const char* legacy_instance = "a.marathon-2f";

class HealthTest : public StoryTest {};

TEST_F(HealthTest, HealthIsUnknownUntilItIsTold) {
    hear(healthy(i1, true, at(1s)));
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy"));
    EXPECT_EQ(number(Family::health_transitions, {.app = "/a", .a = "healthy"}), 1);
}

TEST_F(HealthTest, ATransitionDwellsInTheHealthLeft) {
    hear_all(healthy(i1, true, at(1s)), healthy(i1, false, at(4s)));
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy", "healthy -> unhealthy after 3000"));
    EXPECT_EQ(app("/a").unhealthy_now, 1);
}

TEST_F(HealthTest, ADwellIsNeverNegativeAndTheNewHealthBeginsAtItsOwnTime) {
    hear_all(healthy(i1, true, at(10s)), healthy(i1, false, at(4s)), healthy(i1, true, at(5s)));
    EXPECT_THAT(
        health(i1),
        ElementsAre(
            "unknown -> healthy", "healthy -> unhealthy after 0", "unhealthy -> healthy after 1000"
        )
    );
}

TEST_F(HealthTest, TheSameHealthAgainIsARepeat) {
    hear_all(alive(i1, true, at(1s)), alive(i1, true, at(2s)), healthy(i1, true, at(3s)));
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy"));
}

TEST_F(HealthTest, NullIsUnknown) {
    hear_all(
        healthy(i1, true, at(1s)), healthy(i1, std::nullopt, at(3s)), healthy(i1, false, at(7s))
    );
    EXPECT_THAT(
        health(i1),
        ElementsAre(
            "unknown -> healthy", "healthy -> unknown after 2000", "unknown -> unhealthy after 4000"
        )
    );
    EXPECT_EQ(number(Family::health_transitions, {.app = "/a", .a = "unknown"}), 1);
}

TEST_F(HealthTest, ANullAtFirstIsARepeat) {
    hear_all(healthy(i1, std::nullopt, at(1s)), healthy(i1, true, at(2s)));
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy"));
}

TEST_F(HealthTest, BothEventKindsSetIt) {
    hear_all(alive(i1, true, at(1s)), alive(i1, false, at(2s)), healthy(i1, true, at(3s)));
    EXPECT_THAT(
        health(i1),
        ElementsAre(
            "unknown -> healthy",
            "healthy -> unhealthy after 1000",
            "unhealthy -> healthy after 1000"
        )
    );
}

TEST_F(HealthTest, OnceAnInstanceHealthCameTheStatusOfItsChecksNoLongerMovesIt) {
    hear_all(healthy(i1, true, at(1s)), alive(i1, false, at(2s)));
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy"));
    EXPECT_EQ(instance_row(i1).health, Health::healthy);
}

TEST_F(HealthTest, AnInstanceHealthThatIsARepeatOverrulesToo) {
    hear_all(alive(i1, true, at(1s)), healthy(i1, true, at(2s)), alive(i1, false, at(3s)));
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy"));
}

TEST_F(HealthTest, ANullInstanceHealthOverrulesToo) {
    hear_all(healthy(i1, std::nullopt, at(1s)), alive(i1, false, at(3s)));
    EXPECT_THAT(health(i1), IsEmpty());
}

TEST_F(HealthTest, OverrulingIsPerEntity) {
    hear_all(healthy(i1, true, at(1s)), alive("a.instance-9f", false, at(3s)));
    EXPECT_THAT(health("a.instance-9f"), ElementsAre("unknown -> unhealthy"));
}

TEST_F(HealthTest, ALegacyTaskAndItsInstanceAreOneEntity) {
    hear_all(
        alive(legacy_task, true, at(1s)),
        alive(legacy_instance, true, at(2s)),
        alive(legacy_instance, false, at(3s))
    );
    EXPECT_THAT(health(legacy_task), ElementsAre("unknown -> healthy"));
    EXPECT_THAT(health(legacy_instance), ElementsAre("healthy -> unhealthy after 2000"));
    EXPECT_EQ(app("/a").unhealthy_now, 1);
}

TEST_F(HealthTest, AFinalLegacyTaskEndsItsHealthWithoutARow) {
    hear_all(
        status(legacy_task, "TASK_RUNNING", at(0s)),
        alive(legacy_task, false, at(1s)),
        status(legacy_task, "TASK_KILLED", at(2s))
    );
    EXPECT_THAT(health(legacy_task), ElementsAre("unknown -> unhealthy"));
    EXPECT_EQ(app("/a").unhealthy_now, 0);
    EXPECT_EQ(instance_row(legacy_instance).health, Health::unknown);
}

TEST_F(HealthTest, ARecoverableStateEndsNoHealth) {
    hear_all(
        status(legacy_task, "TASK_RUNNING", at(0s)),
        alive(legacy_task, false, at(1s)),
        status(legacy_task, "TASK_LOST", at(2s))
    );
    EXPECT_EQ(app("/a").unhealthy_now, 1);
}

TEST_F(HealthTest, AFinalInstanceEndsItsHealth) {
    hear_all(
        instance(i1, "Running", at(0s)), healthy(i1, false, at(1s)), instance(i1, "Failed", at(2s))
    );
    EXPECT_EQ(app("/a").unhealthy_now, 0);
    EXPECT_EQ(instance_row(i1).health, Health::unknown);
    EXPECT_THAT(health(i1), ElementsAre("unknown -> unhealthy"));
}

TEST_F(HealthTest, ATaskOfAnInstanceNeverEndsIt) {
    hear_all(
        status("a.instance-1f.c1", "TASK_RUNNING", at(0s)),
        healthy(i1, false, at(1s)),
        status("a.instance-1f.c1", "TASK_FAILED", at(2s)),
        status("a.instance-1f._app.1", "TASK_FAILED", at(2s))
    );
    EXPECT_EQ(app("/a").unhealthy_now, 1);
}

TEST_F(HealthTest, HealthEventsMoveNothingAfterTheEnd) {
    hear_all(
        instance(i1, "Running", at(0s)),
        instance(i1, "Failed", at(2s)),
        healthy(i1, true, at(3s)),
        alive(i1, false, at(4s))
    );
    EXPECT_THAT(health(i1), IsEmpty());
    EXPECT_EQ(ledger().texts("event", i1).size(), 4U);
}

TEST_F(HealthTest, AnEntityWhoseEndWasTheFirstWeHeardIsEnded) {
    hear_all(status(legacy_task, "TASK_FAILED", at(0s)), alive(legacy_task, true, at(3s)));
    EXPECT_THAT(health(legacy_task), IsEmpty());
}

TEST_F(HealthTest, ALaterNotFinalConditionRevivesIt) {
    hear_all(
        instance(i1, "Running", at(0s)),
        healthy(i1, true, at(1s)),
        instance(i1, "Failed", at(2s)),
        instance(i1, "Provisioned", at(3s)),
        healthy(i1, true, at(9s))
    );
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy", "unknown -> healthy"))
        << "no dwell: no known start";
}

TEST_F(HealthTest, ALaterNotFinalTaskRevivesIt) {
    hear_all(
        instance(i1, "Failed", at(2s)),
        status("a.instance-1f._app.2", "TASK_STAGING", at(3s)),
        healthy(i1, true, at(9s))
    );
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy"));
}

TEST_F(HealthTest, ALateEventRevivesNothing) {
    hear_all(
        status(legacy_task, "TASK_RUNNING", at(1s)),
        status(legacy_task, "TASK_FAILED", at(2s)),
        status(legacy_task, "TASK_RUNNING", at(3s)),
        alive(legacy_task, true, at(4s)),
        instance(i1, "Failed", at(2s)),
        instance(i1, "Running", at(1s)),
        healthy(i1, true, at(4s))
    );
    EXPECT_THAT(ledger().texts("health_transition"), IsEmpty());
}

TEST_F(HealthTest, TheInstanceHealthGoesOnOverrulingAfterARelaunch) {
    hear_all(
        healthy(i1, true, at(1s)),
        instance(i1, "Failed", at(2s)),
        instance(i1, "Provisioned", at(3s)),
        alive(i1, false, at(4s))
    );
    EXPECT_THAT(health(i1), ElementsAre("unknown -> healthy"));
}

TEST_F(HealthTest, FromHealthyToUnhealthyIsAFlapOfItsHour) {
    hear_all(
        healthy(i1, false, at(1min)),
        healthy(i1, true, at(2min)),
        healthy(i1, false, at(3min)),
        healthy(i1, true, at(61min)),
        healthy(i1, std::nullopt, at(62min)),
        healthy(i1, false, at(63min)),
        healthy(i1, true, at(64min)),
        healthy(i1, false, at(65min))
    );
    EXPECT_EQ(hour("/a", 0h).flaps, 1);
    EXPECT_EQ(hour("/a", 1h).flaps, 1) << "not from unknown";
}

TEST_F(HealthTest, AnAppHasSeenHealthOnceAnEntityHadOne) {
    hear_all(
        status("a.1f", "TASK_RUNNING", at(0s)), healthy("a.instance-2f", std::nullopt, at(1s))
    );
    EXPECT_FALSE(app("/a").health_seen);
    hear_all(healthy("a.instance-2f", false, at(1s)), instance("a.instance-2f", "Failed", at(2s)));
    EXPECT_TRUE(app("/a").health_seen);
}

}  // namespace
}  // namespace tally::model
