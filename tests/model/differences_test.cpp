#include "model/support/shown.hpp"
#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using shown::Shown;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* a = "a.1f";
constexpr const char* app_task = "a.instance-1f._app.1";

class DifferencesTest : public StoryTest {
  protected:
    /// A snapshot asked for at 100 s, after a gap from 50 s on.
    void after_a_gap(const Shown& shown) {
        (void)reconcile(shown.snapshot(), {.sent = at(100s), .gap_start = at(50s)});
    }

    void at_first(const Shown& shown) { (void)reconcile(shown.snapshot(), {.sent = at(100s)}); }
};

TEST_F(DifferencesTest, ATaskGoneFromTheSnapshotEndsAsNone) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    after_a_gap(Shown().app("/a"));
    EXPECT_THAT(transitions(a), ElementsAre("none -> TASK_RUNNING", "TASK_RUNNING -> none inferred"));
    EXPECT_EQ(task_row(a).state, "none");
    EXPECT_EQ(task_row(a).ended, at(100s));
    EXPECT_EQ(number(Family::tasks, {"/a", "TASK_RUNNING"}), 0);
}

TEST_F(DifferencesTest, AnInferredRowHasBothBounds) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    after_a_gap(Shown().app("/a"));
    EXPECT_EQ(
        ledger().lines("task_transition").back(),
        "a.1f: TASK_RUNNING -> none inferred (" + std::to_string(at(100s)) +
            " /a host= version= message= low=" + std::to_string(at(50s)) + ")"
    );
}

TEST_F(DifferencesTest, InferredFactsAreCountedApart) {
    hear(status(a, "TASK_STAGING", at(1s)));
    after_a_gap(Shown().task(a, "TASK_RUNNING", {.alive = true}));
    after_a_gap(Shown().app("/a"));
    EXPECT_EQ(number(Family::task_transitions, {"/a", "TASK_STAGING", "TASK_RUNNING"}), -1);
    EXPECT_EQ(number(Family::task_transitions_inferred, {"/a", "TASK_STAGING", "TASK_RUNNING"}), 1);
    EXPECT_EQ(number(Family::task_transitions_inferred, {"/a", "TASK_RUNNING", "none"}), 1);
    EXPECT_EQ(number(Family::instance_transitions_inferred, {"/a", "none", "Running"}), 1);
    EXPECT_EQ(number(Family::instance_transitions_inferred, {"/a", "Running", "none"}), 1);
    EXPECT_EQ(number(Family::health_transitions_inferred, {"/a", "healthy"}), 1);
    EXPECT_EQ(number(Family::health_transitions, {"/a", "healthy"}), -1);
    EXPECT_EQ(number(Family::reconcile_differences, {{}, "task"}), 2);
    EXPECT_EQ(observed(HistogramFamily::task_state_duration, "TASK_STAGING"), 0U);
    EXPECT_EQ(observed(HistogramFamily::task_start_duration), 0U);
}

TEST_F(DifferencesTest, ALaterEventOfATaskThatWasGoneIsATransitionFromNone) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    after_a_gap(Shown().app("/a"));
    hear(status(a, "TASK_RUNNING", at(90s)));
    EXPECT_EQ(transitions(a).back(), "none -> TASK_RUNNING");
    EXPECT_THAT(late(a), IsEmpty());
    EXPECT_EQ(task_row(a).state, "TASK_RUNNING");
    EXPECT_EQ(task_row(a).ended, no_time);
    EXPECT_EQ(task_row(a).ended_seq, 0);
    EXPECT_EQ(number(Family::tasks, {"/a", "TASK_RUNNING"}), 1);
}

TEST_F(DifferencesTest, ATaskThatWasGoneMayEndAsEventsTell) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    after_a_gap(Shown().app("/a"));
    hear(status(a, "TASK_FINISHED", at(80s)));
    EXPECT_EQ(transitions(a).back(), "none -> TASK_FINISHED");
    EXPECT_EQ(task_row(a).ended, at(80s));
    EXPECT_EQ(observed(HistogramFamily::task_state_duration, "TASK_RUNNING"), 0U);
}

TEST_F(DifferencesTest, ATaskThatWasGoneIsTheSameAfterARestart) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    after_a_gap(Shown().app("/a"));
    Story next = restarted();
    next.hear(status(a, "TASK_KILLING", at(90s)));
    EXPECT_EQ(next.transitions(a).back(), "none -> TASK_KILLING");
    EXPECT_EQ(next.number(Family::tasks, {"/a", "TASK_KILLING"}), 1);
}

TEST_F(DifferencesTest, AStateThatWasSentAsNoneIsNoEnd) {
    hear(status(a, "none", at(1s)));
    Story next = restarted();
    next.hear(status(a, "TASK_RUNNING", at(5s)));
    EXPECT_EQ(next.transitions(a).back(), "none -> TASK_RUNNING after 4000 unexpected");
}

TEST_F(DifferencesTest, ADwellThatBeganAtAnInferredFactIsNotKnown) {
    at_first(Shown().task(a, "TASK_RUNNING", {.started = at(2s)}));
    EXPECT_EQ(task_row(a).since, at(2s));
    Story next = restarted();
    next.hear_all(status(a, "TASK_KILLING", at(110s)), status(a, "TASK_KILLED", at(112s)));
    EXPECT_THAT(
        next.transitions(a),
        ElementsAre(
            "none -> TASK_RUNNING inferred", "TASK_RUNNING -> TASK_KILLING", "TASK_KILLING -> TASK_KILLED after 2000"
        )
    );
    EXPECT_EQ(next.observed(HistogramFamily::task_state_duration, "TASK_RUNNING"), 0U);
}

TEST_F(DifferencesTest, AnInferredRunningIsTheFirst) {
    hear(status(a, "TASK_STAGING", at(1s)));
    after_a_gap(Shown().task(a, "TASK_RUNNING"));
    hear_all(status(a, "TASK_LOST", at(110s)), status(a, "TASK_RUNNING", at(120s)));
    EXPECT_EQ(observed(HistogramFamily::task_start_duration), 0U);
    EXPECT_TRUE(task_row(a).started);
}

TEST_F(DifferencesTest, ATaskFoundStagingHasNoStartTime) {
    at_first(Shown().task(a, "TASK_STAGING", {.staged = at(90s)}));
    hear(status(a, "TASK_RUNNING", at(110s)));
    EXPECT_EQ(observed(HistogramFamily::task_start_duration), 0U);
    EXPECT_EQ(observed(HistogramFamily::task_state_duration, "TASK_STAGING"), 0U);
}

TEST_F(DifferencesTest, HostAndVersionComeWithTheDifference) {
    at_first(Shown().task(a, "TASK_RUNNING", {.host = "h1", .version = "v1"}));
    EXPECT_EQ(task_row(a).host, "h1");
    EXPECT_EQ(task_row(a).version, "v1");
}

TEST_F(DifferencesTest, AnUnreachableTaskFoundMayReturnBeforeItWasFound) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    after_a_gap(Shown().task(a, "TASK_UNREACHABLE"));
    hear(status(a, "TASK_RUNNING", at(99s)));  // Marathon's clock is behind
    EXPECT_EQ(transitions(a).back(), "TASK_UNREACHABLE -> TASK_RUNNING");
}

TEST_F(DifferencesTest, AnInstanceThatIsGoneEndsAsNoneAndItsHealthWithIt) {
    hear_all(
        instance(i1, "Running", at(1s)),
        status(app_task, "TASK_RUNNING", at(1s)),
        healthy(i1, false, at(2s))
    );
    EXPECT_EQ(app("/a").unhealthy_now, 1);
    after_a_gap(Shown().app("/a"));
    EXPECT_EQ(instance_row(i1).condition, "none");
    EXPECT_EQ(instance_row(i1).ended, at(100s));
    EXPECT_EQ(instance_row(i1).health, Health::unknown);
    EXPECT_EQ(number(Family::instances, {"/a", "Running"}), 0);
    EXPECT_EQ(app("/a").unhealthy_now, 0);
    EXPECT_THAT(health(i1), ElementsAre("unknown -> unhealthy"));
}

TEST_F(DifferencesTest, AnInstanceThatWasGoneIsHeardOfAgain) {
    hear(instance(i1, "Running", at(1s)));
    after_a_gap(Shown().app("/a"));
    Story next = restarted();
    next.hear_all(instance(i1, "Running", at(99s)), instance(i1, "Killed", at(110s)));
    EXPECT_THAT(
        next.instance_transitions(i1),
        ElementsAre("none -> Running", "Running -> none inferred", "none -> Running", "Running -> Killed after 11000")
    );
}

TEST_F(DifferencesTest, AnInferredConditionHasNoDwell) {
    at_first(Shown().task(app_task, "TASK_RUNNING"));
    Story next = restarted();
    next.hear(instance(i1, "Killing", at(90s)));  // its upper bound says not when it was entered
    EXPECT_THAT(next.instance_transitions(i1), ElementsAre("none -> Running inferred", "Running -> Killing"));
}

TEST_F(DifferencesTest, AnEventBeforeAConditionWhoseTimeWasToldIsLate) {
    at_first(Shown().task(app_task, "TASK_RUNNING", {.started = at(95s)}));
    hear(instance(i1, "Staging", at(94s)));
    EXPECT_THAT(instance_transitions(i1), ElementsAre("none -> Running inferred"));
}

TEST_F(DifferencesTest, AnInferredHealthHasNoDwellAndIsNoFlap) {
    hear_all(status(a, "TASK_RUNNING", at(1s)), alive(a, true, at(2s)));
    after_a_gap(Shown("1.3.0").task(a, "TASK_RUNNING", {.alive = false}));
    hear(alive(a, true, at(120s)));
    EXPECT_THAT(
        health(a),
        ElementsAre("unknown -> healthy", "healthy -> unhealthy inferred", "unhealthy -> healthy")
    );
    EXPECT_EQ(hour("/a", 0h).flaps, 0);
}

TEST_F(DifferencesTest, TheTimeInWhichHealthWasNotSeenCountsAsNeither) {
    hear_all(status(a, "TASK_RUNNING", at(1s)), alive(a, true, at(2s)), alive(a, true, at(40s)));
    after_a_gap(Shown("1.3.0").task(a, "TASK_RUNNING", {.alive = false}));
    hear(alive(a, true, at(120s)));
    EXPECT_EQ(app("/a").unhealthy_ms, 20'000);
    EXPECT_EQ(app("/a").observed_ms, 38'000 + 20'000);
}

TEST_F(DifferencesTest, ADeploymentFoundRunningHasNoStart) {
    at_first(Shown().app("/a").deployment("d1", start_plan("/a", 60s), 2));
    const DeploymentRow& row = deployment_row("d1");
    EXPECT_EQ(row.outcome, "running");
    EXPECT_EQ(row.kind, "start");
    EXPECT_EQ(row.requested, at(60s));
    EXPECT_EQ(row.started, no_time);
    EXPECT_EQ(row.steps, 2);
    EXPECT_EQ(row.steps_done, 1);
    EXPECT_TRUE(row.inferred);
    EXPECT_EQ(step_row("d1", 1).result, "success");
    EXPECT_EQ(step_row("d1", 1).ended, no_time);
    EXPECT_TRUE(step_row("d1", 2).open);
    EXPECT_EQ(world().snapshot().deployments_running, 1);
}

TEST_F(DifferencesTest, ALaterStepOfADeploymentFoundRunningIsNotItsStart) {
    at_first(Shown().app("/a").deployment("d1", start_plan("/a", 60s), 1));
    Story next = restarted();
    const Plan plan = start_plan("/a", 60s);
    next.hear_all(
        step_success("d1", plan, start_a, at(105s)),
        info("d1", plan, scale_a, at(106s)),
        step_success("d1", plan, scale_a, at(109s)),
        success("d1", plan, at(110s))
    );
    const DeploymentRow& row = next.deployment_row("d1");
    EXPECT_EQ(row.started, no_time);
    EXPECT_EQ(row.steps_done, 2);
    EXPECT_EQ(row.outcome, "success");
    EXPECT_FALSE(row.inferred);
    EXPECT_EQ(next.number(Family::deployments, {{}, "success", "start"}), 1);
    EXPECT_EQ(next.observed(HistogramFamily::deployment_duration, "success"), 0U);
    EXPECT_EQ(next.observed(HistogramFamily::step_duration, "StartApplication"), 0U);
    EXPECT_EQ(next.observed(HistogramFamily::step_duration, "ScaleApplication"), 1U);
    EXPECT_TRUE(next.ledger().deployment_apps.at({"d1", "/a", "StartApplication"}));
}

TEST_F(DifferencesTest, AnOpenStepThatWasFoundRunsAgain) {
    at_first(Shown().app("/a").deployment("d1", start_plan("/a", 60s), 1));
    hear(info("d1", start_plan("/a", 60s), start_a, at(105s)));
    EXPECT_EQ(deployment_row("d1").reruns, 1);
}

TEST_F(DifferencesTest, ADeploymentGoneWithoutAFinalEventIsUnknown) {
    hear(info("d1", start_plan("/a", 1s), start_a, at(2s)));
    after_a_gap(Shown().app("/a"));
    const DeploymentRow& row = deployment_row("d1");
    EXPECT_EQ(row.outcome, "unknown");
    EXPECT_EQ(row.ended, no_time);
    EXPECT_TRUE(row.inferred);
    EXPECT_EQ(row.counted_outcome, "");
    EXPECT_EQ(number(Family::deployments_inferred, {{}, "unknown", "start"}), 1);
    EXPECT_EQ(number(Family::deployments, {{}, "unknown", "start"}), -1);
    EXPECT_EQ(world().snapshot().deployments_running, 0);
    EXPECT_EQ(world().snapshot().oldest_deployment_start, std::nullopt);
}

TEST_F(DifferencesTest, AFinalEventAfterUnknownIsTheFirstCount) {
    hear(info("d1", start_plan("/a", 1s), start_a, at(2s)));
    after_a_gap(Shown().app("/a"));
    Story next = restarted();
    next.hear(success("d1", start_plan("/a", 1s), at(90s)));
    const DeploymentRow& row = next.deployment_row("d1");
    EXPECT_EQ(row.outcome, "success");
    EXPECT_EQ(row.ended, at(90s));
    EXPECT_FALSE(row.inferred);
    EXPECT_EQ(next.number(Family::deployments, {{}, "success", "start"}), 1);
    EXPECT_THAT(next.corrections("d1"), IsEmpty());
    EXPECT_EQ(next.world().snapshot().deployments_running, 0);
}

TEST_F(DifferencesTest, ADeploymentThatWasGoneGoesOn) {
    hear(info("d1", start_plan("/a", 1s), start_a, at(2s)));
    after_a_gap(Shown().app("/a"));
    hear(step_success("d1", start_plan("/a", 1s), start_a, at(110s)));
    EXPECT_EQ(deployment_row("d1").outcome, "running");
    EXPECT_EQ(deployment_row("d1").steps_done, 1);
    EXPECT_EQ(world().snapshot().deployments_running, 1);
    EXPECT_EQ(world().snapshot().oldest_deployment_start, at(2s));
}

TEST_F(DifferencesTest, WhatASnapshotShowsCorrectsNothingThatWasCounted) {
    const auto at_10s = said::version_at(10s);
    hear_all(
        info("d1", {.version = at_10s, .steps = {{scale_a}}}, scale_a, at(10s)),
        failed("d1", {.version = at_10s, .steps = {{scale_a}}}, at(60s))
    );
    after_a_gap(Shown().app("/a").deployment("d2", scale_plan("/a", 60s), 1));
    EXPECT_THAT(corrections("d1"), IsEmpty());
    EXPECT_EQ(deployment_row("d1").outcome, "failed");
}

TEST_F(DifferencesTest, AnAppThatIsNotShownHasEnded) {
    hear(api_post("/a", at(1s)));
    after_a_gap(Shown());
    EXPECT_TRUE(app("/a").ended);
    EXPECT_EQ(app("/a").last_received, at(100s));
    after_a_gap(Shown().app("/a"));
    EXPECT_FALSE(app("/a").ended);
}

TEST_F(DifferencesTest, EachDifferenceHasASeqOfItsOwn) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    after_a_gap(Shown().task("b.1", "TASK_RUNNING").task("b.2", "TASK_RUNNING"));
    std::vector<Seq> seqs;
    for (const Ledger::Fact& fact : ledger().facts()) {
        if (fact.table == "task_transition") {
            seqs.push_back(fact.seq);
        }
    }
    EXPECT_THAT(seqs, ElementsAre(1, 2, 3, 4));
}

TEST_F(DifferencesTest, ASnapshotThatFailedIsNone) {
    mark(Mark{.kind = Mark::Kind::reconciled, .time = at(1s), .cause = "failed"});
    (void)reconcile(Shown("1.3.0").task(a, "TASK_RUNNING").snapshot(), {.sent = at(2s), .gap_start = at(1s)});
    EXPECT_EQ(ledger().lines("task_transition").back().substr(0, 37), "a.1f: none -> TASK_RUNNING inferred (");
    EXPECT_TRUE(ledger().lines("task_transition").back().ends_with("low=-)"));
}

TEST_F(DifferencesTest, ADifferenceThatDoesNotFitChangesNothing) {
    hear(status(a, "TASK_FAILED", at(1s)));
    const auto before = ledger().dump();
    using enum Difference::Kind;
    mark(
        {.kind = Mark::Kind::reconciled,
         .time = at(1s),
         .cause = "failed",
         .differences = {
             {.kind = task, .id = a, .app = "/a", .to = "TASK_RUNNING"},
             {.kind = task, .id = a, .to = "none"},
             {.kind = task, .id = "b.1", .to = "TASK_RUNNING"},
             {.kind = task, .id = "", .app = "/a", .to = "TASK_RUNNING"},
             {.kind = instance, .id = "b.instance-1", .to = "none"},
             {.kind = deployment, .id = "d", .to = "unknown"},
             {.kind = app, .id = "/b", .to = "none"},
             {.kind = health, .id = "", .app = "/a", .to = "healthy"}}}
    );
    EXPECT_THAT(transitions(a), ElementsAre("none -> TASK_FAILED"));
    EXPECT_EQ(ledger().tasks.size(), 1U);
    EXPECT_THAT(ledger().deployments, IsEmpty());
}

}  // namespace
}  // namespace tally::model
