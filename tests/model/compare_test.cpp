#include "model/support/shown.hpp"
#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using shown::Shown;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* a = "a.1f";
constexpr const char* b = "b.2f";
constexpr const char* c = "c.3f";

/// What a snapshot asked for at 100 s shows, after a gap from 50 s on: `task a.1f none from 50`, in
/// words.
class CompareTest : public StoryTest {
  protected:
    CompareTest() { hear(status("z.0", "TASK_FINISHED", at(0s))); }

    /// There was a snapshot before.
    void once_reconciled() {
        const World::Comparison how{.sent = at(0s)};
        (void)reconcile(Shown().app("/z").snapshot(), how);
    }

    std::vector<std::string> differences(const Shown& shown, World::Comparison how) {
        std::vector<std::string> lines;
        for (const Difference& difference : world().compare(shown.snapshot(), how)) {
            std::string line(to_string(difference.kind));
            line += " " + difference.id + " " + difference.to;
            if (difference.time_low != no_time) {
                line += " from " + std::to_string((difference.time_low - start) / 1000);
            }
            if (difference.since != no_time) {
                line += " since " + std::to_string((difference.since - start) / 1000);
            }
            if (difference.kind == Difference::Kind::deployment && difference.to == "running") {
                line += " done " + std::to_string(difference.steps_done) + " of " +
                        std::to_string(difference.steps.size());
            }
            lines.push_back(line);
        }
        return lines;
    }

    std::vector<std::string> differences(Shown shown) {
        shown.app("/z");
        return differences(shown, {.sent = at(100s), .gap_start = at(50s)});
    }
};

class CompareAfterAGapTest : public CompareTest {
  protected:
    CompareAfterAGapTest() { once_reconciled(); }
};

TEST_F(CompareAfterAGapTest, NothingIsDifferentWhereTheSnapshotShowsWhatIsKnown) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    EXPECT_THAT(differences(Shown("1.3.0").task(a, "TASK_RUNNING")), IsEmpty());
}

TEST_F(CompareAfterAGapTest, ComparingChangesNothing) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    const auto before = ledger().dump();
    const Shown shown = Shown().task(b, "TASK_ODD").app("/a").app("/z");
    EXPECT_EQ(differences(shown), differences(shown));
    hear(status("z.0", "TASK_FINISHED", at(1s)));
    EXPECT_THAT(transitions(b), IsEmpty());
    EXPECT_EQ(number(Family::task_transitions_inferred, {"/b", "none", "TASK_ODD"}), -1);
}

TEST_F(CompareAfterAGapTest, ATaskThatIsNotShownIsGoneNotBeforeTheGap) {
    hear(status(a, "TASK_RUNNING", at(1s)));
    EXPECT_THAT(differences(Shown().app("/a")), ElementsAre("task a.1f none from 50"));
}

TEST_F(CompareAfterAGapTest, ATaskIsGoneNotBeforeItsLastEvent) {
    hear_live(status(a, "TASK_RUNNING", at(1s)), at(1s));
    hear_live(status(a, "TASK_RUNNING", at(60s)), at(61s));
    EXPECT_THAT(differences(Shown().app("/a")), ElementsAre("task a.1f none from 60"));
}

TEST_F(CompareAfterAGapTest, TheLowerBoundIsNeverAfterTheUpperOne) {
    hear_live(status(a, "TASK_RUNNING", at(300s)), at(60s));  // Marathon's clock is ahead
    EXPECT_THAT(differences(Shown().app("/a")), ElementsAre("task a.1f none from 100"));
}

TEST_F(CompareAfterAGapTest, ATaskHeardOfAfterTheRequestIsLeftAlone) {
    hear_live(status(a, "TASK_RUNNING", at(90s)), at(101s));
    hear_live(status(b, "TASK_KILLING", at(90s)), at(101s));
    hear_live(status(c, "TASK_FINISHED", at(90s)), at(101s));
    EXPECT_THAT(differences(Shown().task(b, "TASK_RUNNING").task(c, "TASK_RUNNING")), IsEmpty());
}

TEST_F(CompareAfterAGapTest, ANewTaskBeganWhenMarathonSaysSo) {
    EXPECT_THAT(
        differences(Shown("1.3.0")
                        .task(a, "TASK_RUNNING", {.staged = at(70s), .started = at(80s)})
                        .task(b, "TASK_STAGING", {.staged = at(71s)})
                        .task(c, "TASK_STARTING")),
        ElementsAre(
            "task a.1f TASK_RUNNING from 80 since 80",
            "task b.2f TASK_STAGING from 71 since 71",
            "task c.3f TASK_STARTING from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, AnotherStateOfAKnownTaskIsADifference) {
    hear_all(status(a, "TASK_STAGING", at(1s)), status(b, "TASK_RUNNING", at(1s)));
    EXPECT_THAT(
        differences(Shown("1.3.0").task(a, "TASK_RUNNING", {.started = at(80s)}).task(b, "TASK_ODD")
        ),
        ElementsAre("task a.1f TASK_RUNNING from 50 since 80", "task b.2f TASK_ODD from 50")
    );
}

TEST_F(CompareAfterAGapTest, ALowerRankThanTheKnownOneIsAnOlderSnapshot) {
    hear_all(status(a, "TASK_RUNNING", at(1s)), status(b, "TASK_KILLING", at(1s)));
    EXPECT_THAT(differences(Shown().task(a, "TASK_STAGING").task(b, "TASK_RUNNING")), IsEmpty());
}

TEST_F(CompareAfterAGapTest, ALostTaskMayRunAgain) {
    hear_all(status(a, "TASK_LOST", at(1s)), status(b, "TASK_UNREACHABLE", at(1s)));
    EXPECT_THAT(
        differences(Shown("1.3.0").task(a, "TASK_RUNNING").task(b, "TASK_STAGING")),
        ElementsAre("task a.1f TASK_RUNNING from 50")
    );
}

TEST_F(CompareAfterAGapTest, FinalIsFinal) {
    hear_all(status(a, "TASK_FAILED", at(1s)));
    EXPECT_THAT(differences(Shown().task(a, "TASK_RUNNING", {.alive = true})), IsEmpty());
}

TEST_F(CompareAfterAGapTest, BeforeStatesWereToldATaskIsStagedOrStarted) {
    hear_all(status(b, "TASK_KILLING", at(1s)), status(c, "TASK_STAGING", at(1s)));
    EXPECT_THAT(
        differences(Shown("0.13.0")
                        .task(a, "", {.staged = at(70s)})
                        .task(b, "", {.started = at(70s)})
                        .task(c, "", {.started = at(70s)})),
        ElementsAre(
            "task a.1f TASK_STAGING from 70 since 70", "task c.3f TASK_RUNNING from 50 since 70"
        )
    );
}

TEST_F(CompareAfterAGapTest, ATaskShownTwiceIsOne) {
    EXPECT_THAT(
        differences(Shown("1.3.0").task(a, "TASK_RUNNING").task(a, "TASK_KILLING")),
        ElementsAre("task a.1f TASK_RUNNING from 50")
    );
}

TEST_F(CompareAfterAGapTest, ATaskWithoutAnAppIsNotTaken) {
    EXPECT_THAT(
        differences(Shown().task("oddity", "TASK_RUNNING").task("", "TASK_RUNNING")), IsEmpty()
    );
}

TEST_F(CompareTest, TheFirstSnapshotKnowsNoLowerBound) {
    EXPECT_THAT(
        differences(
            Shown("1.3.0")
                .app("/z")
                .task(a, "TASK_RUNNING", {.staged = at(3s), .started = at(4s)})
                .task(b, "TASK_STAGING", {.staged = at(5s)}),
            {.sent = at(100s)}
        ),
        ElementsAre("task a.1f TASK_RUNNING since 4", "task b.2f TASK_STAGING since 5")
    );
}

TEST_F(CompareAfterAGapTest, AConditionIsThatOfTheOnlyTask) {
    EXPECT_THAT(
        differences(Shown("1.8.0")
                        .task("a.instance-1f._app.1", "TASK_RUNNING", {.started = at(80s)})
                        .task("b.2f", "TASK_GONE_BY_OPERATOR")
                        .task("c.3f", "TASK_LOST")
                        .task("d.4f", "TASK_ODD")),
        ElementsAre(
            "task a.instance-1f._app.1 TASK_RUNNING from 80 since 80",
            "task b.2f TASK_GONE_BY_OPERATOR from 50",
            "task c.3f TASK_LOST from 50",
            "task d.4f TASK_ODD from 50",
            "instance a.instance-1f Running from 80 since 80",
            "instance b.marathon-2f Gone from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, BeforeMarathon14ThereAreNoConditions) {
    EXPECT_THAT(
        differences(Shown("1.3.14").task(a, "TASK_RUNNING")),
        ElementsAre("task a.1f TASK_RUNNING from 50")
    );
    EXPECT_THAT(
        differences(Shown("").task(a, "TASK_RUNNING")),
        ElementsAre("task a.1f TASK_RUNNING from 50")
    );
}

TEST_F(CompareAfterAGapTest, AnInstanceThatHadAConditionHasOneWhateverTheVersion) {
    hear_all(instance("a.marathon-1f", "Staging", at(1s)), status(a, "TASK_STAGING", at(1s)));
    EXPECT_THAT(
        differences(Shown("").task(a, "TASK_RUNNING")),
        ElementsAre("task a.1f TASK_RUNNING from 50", "instance a.marathon-1f Running from 50")
    );
}

TEST_F(CompareAfterAGapTest, AnInstanceOfSeveralTasksTellsNoCondition) {
    EXPECT_THAT(
        differences(Shown().pod(
            "p.instance-1f",
            {"web=p.instance-1f.web TASK_RUNNING", "log=p.instance-1f.log TASK_RUNNING"}
        )),
        ElementsAre(
            "task p.instance-1f.web TASK_RUNNING from 50",
            "task p.instance-1f.log TASK_RUNNING from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, StagingIsNoNewsOfAnInstanceThatWasJustMade) {
    hear_all(instance(i1, "Provisioned", at(1s)), instance(i2, "Scheduled", at(1s)));
    EXPECT_THAT(
        differences(Shown("1.8.0")
                        .task("a.instance-1f._app.1", "TASK_STAGING")
                        .task("a.instance-2f._app.1", "TASK_STAGING")),
        ElementsAre(
            "task a.instance-1f._app.1 TASK_STAGING from 50",
            "task a.instance-2f._app.1 TASK_STAGING from 50",
            "instance a.instance-2f Staging from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, AnUnreachableTaskSaysNothingOfAnInactiveInstance) {
    hear_all(
        instance(i1, "UnreachableInactive", at(1s)),
        status("a.instance-1f._app.1", "TASK_UNREACHABLE", at(1s))
    );
    EXPECT_THAT(
        differences(Shown("1.8.0").task("a.instance-1f._app.1", "TASK_UNREACHABLE")), IsEmpty()
    );
}

TEST_F(CompareAfterAGapTest, TheTaskOfAnInactiveInstanceIsGoneWhenItIsNotShownTheInstanceMayCome) {
    hear_all(
        instance(i1, "UnreachableInactive", at(1s)),
        status("a.instance-1f._app.1", "TASK_UNREACHABLE", at(1s))
    );
    EXPECT_THAT(
        differences(Shown("1.8.0").app("/a")),
        ElementsAre("task a.instance-1f._app.1 none from 50")
    );
}

TEST_F(CompareAfterAGapTest, AnInstanceIsLaunchedAgainAfterItsEnd) {
    hear_all(
        instance(i1, "Running", at(1s)),
        status("a.instance-1f._app.1", "TASK_FAILED", at(2s)),
        instance(i1, "Failed", at(2s))
    );
    EXPECT_THAT(
        differences(Shown("1.8.0").task("a.instance-1f._app.2", "TASK_RUNNING", {.alive = true})),
        ElementsAre(
            "task a.instance-1f._app.2 TASK_RUNNING from 50",
            "instance a.instance-1f Running from 50",
            "health a.instance-1f healthy from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, AnOlderSnapshotTellsNothingOfTheInstanceEither) {
    hear_all(
        instance(i1, "Running", at(1s)),
        status("a.instance-1f._app.1", "TASK_FAILED", at(2s)),
        instance(i1, "Failed", at(2s))
    );
    EXPECT_THAT(
        differences(Shown("1.8.0").task("a.instance-1f._app.1", "TASK_RUNNING", {.alive = true})),
        IsEmpty()
    );
}

TEST_F(CompareAfterAGapTest, AnInstanceThatIsNotShownIsGone) {
    hear_all(
        instance(i1, "Running", at(1s)), status("a.instance-1f._app.1", "TASK_RUNNING", at(1s))
    );
    EXPECT_THAT(
        differences(Shown("1.8.0").app("/a")),
        ElementsAre("task a.instance-1f._app.1 none from 50", "instance a.instance-1f none from 50")
    );
}

TEST_F(CompareAfterAGapTest, AbsenceProvesNothingWhereNoTaskIsExpected) {
    hear_all(
        instance("a.instance-1", "Scheduled", at(1s)),
        instance("a.instance-2", "Reserved", at(1s)),
        instance("a.instance-3", "UnreachableInactive", at(1s)),
        instance("a.instance-4", "Failed", at(1s))
    );
    EXPECT_THAT(differences(Shown().app("/a")), IsEmpty());
}

TEST_F(CompareAfterAGapTest, APodInstanceThatIsShownIsThereWithoutAnyTask) {
    hear_all(
        instance("p.instance-1f", "Running", at(1s)),
        status("p.instance-1f.web", "TASK_RUNNING", at(1s))
    );
    EXPECT_THAT(differences(Shown().pod("p.instance-1f", {})), IsEmpty());
}

TEST_F(CompareAfterAGapTest, APodInstanceThatWaitsToBeLaunchedHasNoTask) {
    hear_all(
        instance("p.instance-1f", "Running", at(1s)),
        status("p.instance-1f.web.1", "TASK_RUNNING", at(1s))
    );
    EXPECT_THAT(
        differences(Shown().pod("p.instance-1f", {}, {}, "PENDING")),
        ElementsAre("task p.instance-1f.web.1 none from 50")
    );
}

TEST_F(CompareAfterAGapTest, AContainerIsFoundAmongTheTasksOfItsInstance) {
    hear_all(
        status("p.instance-1f.web.2", "TASK_STARTING", at(1s)),
        status("p.instance-1f.log.1", "TASK_STARTING", at(1s)),
        status("q.instance-2f.web", "TASK_STARTING", at(1s))
    );
    EXPECT_THAT(
        differences(Shown("1.4.0")
                        .pod("p.instance-1f", {"web TASK_RUNNING", "log TASK_STARTING"})
                        .pod("q.instance-2f", {"web TASK_RUNNING"})),
        ElementsAre(
            "task p.instance-1f.web.2 TASK_RUNNING from 50",
            "task q.instance-2f.web TASK_RUNNING from 50",
            "instance q.instance-2f Running from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, AContainerThatCannotBeMatchedMakesNoTask) {
    hear(status("p.instance-1f.log.1", "TASK_RUNNING", at(1s)));
    EXPECT_THAT(
        differences(Shown()
                        .pod("p.instance-1f", {"web TASK_RUNNING"})
                        .pod("p.instance-2f", {"web TASK_RUNNING"})),
        IsEmpty()
    );
}

TEST_F(CompareAfterAGapTest, ATaskIsGoneFromAPodThatTellsAllItsTasks) {
    hear_all(status("p.instance-1f.web.1", "TASK_RUNNING", at(1s)));
    EXPECT_THAT(
        differences(Shown("1.8.0").pod("p.instance-1f", {"web=p.instance-1f.web.2 TASK_RUNNING"})),
        ElementsAre(
            "task p.instance-1f.web.1 none from 50",
            "task p.instance-1f.web.2 TASK_RUNNING from 50",
            "instance p.instance-1f Running from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, WithoutTheirStatusNothingIsSaidOfPods) {
    hear_all(
        instance("p.instance-1f", "Running", at(1s)),
        status("p.instance-1f.web", "TASK_RUNNING", at(1s)),
        instance("q.instance-2f", "Running", at(1s)),
        status("a.instance-3f._app.1", "TASK_RUNNING", at(1s)),
        instance("a.instance-3f", "Running", at(1s))
    );
    EXPECT_THAT(
        differences(Shown("1.8.0").without_pods()),
        ElementsAre(
            "task a.instance-3f._app.1 none from 50",
            "instance a.instance-3f none from 50",
            "app /a none from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, AnInstanceHeardOfAfterTheRequestIsLeftAlone) {
    hear_live(instance("a.marathon-1f", "Starting", at(1s)), at(1s));
    hear_live(healthy("a.marathon-1f", true, at(2s)), at(101s));
    EXPECT_THAT(differences(Shown().app("/a")), IsEmpty());
    EXPECT_THAT(
        differences(Shown().task(a, "TASK_RUNNING", {.alive = false})),
        ElementsAre("task a.1f TASK_RUNNING from 50")
    );
}

TEST_F(CompareAfterAGapTest, HealthIsWhatAllResultsSay) {
    hear_all(
        status(a, "TASK_RUNNING", at(1s)),
        status(b, "TASK_RUNNING", at(1s)),
        status(c, "TASK_RUNNING", at(1s)),
        alive(b, true, at(2s)),
        alive(c, true, at(2s))
    );
    EXPECT_THAT(
        differences(Shown("1.3.0")
                        .task(a, "TASK_RUNNING", {.alive = true})
                        .task(b, "TASK_RUNNING", {.alive = false})
                        .task(c, "TASK_RUNNING", {.alive = true})),
        ElementsAre("health a.1f healthy from 50", "health b.2f unhealthy from 50")
    );
}

TEST_F(CompareAfterAGapTest, ResultsOverrideWhatEventsOfTheInstanceSaid) {
    hear_all(status(a, "TASK_RUNNING", at(1s)), healthy("a.marathon-1f", true, at(2s)));
    EXPECT_THAT(
        differences(Shown("1.3.0").task(a, "TASK_RUNNING", {.alive = false})),
        ElementsAre(
            "instance a.marathon-1f Running from 50", "health a.marathon-1f unhealthy from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, NoResultsMeanUnknownOnlyLater) {
    hear_all(status(a, "TASK_RUNNING", at(1s)), alive(a, true, at(2s)));
    const Shown shown = Shown("1.3.0").app("/z").task(a, "TASK_RUNNING");
    EXPECT_THAT(differences(shown), IsEmpty());
    EXPECT_TRUE(world().has_unsettled_health(shown.snapshot()));
    EXPECT_THAT(
        differences(shown, {.sent = at(100s), .gap_start = at(50s), .health_is_settled = true}),
        ElementsAre("health a.1f unknown from 50")
    );
}

TEST_F(CompareAfterAGapTest, WhatHasResultsOrNoHealthIsSettled) {
    hear_all(
        status(a, "TASK_RUNNING", at(1s)), alive(a, true, at(2s)), status(b, "TASK_RUNNING", at(1s))
    );
    EXPECT_FALSE(world().has_unsettled_health(
        Shown().task(a, "TASK_RUNNING", {.alive = true}).task(b, "TASK_RUNNING").snapshot()
    ));
    EXPECT_FALSE(world().has_unsettled_health(Shown().task(b, "TASK_RUNNING").snapshot()));
}

TEST_F(CompareAfterAGapTest, TheEndOfAnEarlierAttemptEndsTheHealthThatTheNextOneHas) {
    hear_all(status("a.1f.1", "TASK_RUNNING", at(1s)), alive("a.1f.1", true, at(2s)));
    EXPECT_THAT(
        differences(Shown("1.3.0").task("a.1f.2", "TASK_RUNNING", {.alive = true})),
        ElementsAre(
            "task a.1f.1 none from 50",
            "task a.1f.2 TASK_RUNNING from 50",
            "health a.1f.2 healthy from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, AnInstanceKnownOnlyByItsHealthEnds) {
    hear_all(healthy("p.instance-1f", true, at(1s)));
    EXPECT_THAT(differences(Shown().app("/p")), ElementsAre("instance p.instance-1f none from 50"));
}

TEST_F(CompareAfterAGapTest, ARunningDeploymentIsFoundAndOneIsGone) {
    hear_all(
        info("d1", start_plan("/a", 1s), start_a, at(1s)),
        info("d2", start_plan("/a", 1s), start_a, at(2s))
    );
    EXPECT_THAT(
        differences(Shown()
                        .app("/a")
                        .deployment("d2", start_plan("/a", 1s), 1)
                        .deployment("d3", start_plan("/b", 60s), 2)),
        ElementsAre("deployment d1 unknown from 50", "deployment d3 running from 50 done 1 of 2")
    );
}

TEST_F(CompareAfterAGapTest, ADeploymentHeardOfAfterTheRequestIsLeftAlone) {
    hear_live(info("d1", start_plan("/a", 1s), start_a, at(1s)), at(101s));
    hear_live(success("d2", start_plan("/a", 1s), at(1s)), at(101s));
    EXPECT_THAT(
        differences(Shown().app("/a").deployment("d2", start_plan("/a", 1s), 1)), IsEmpty()
    );
}

TEST_F(CompareAfterAGapTest, AnAppEndsWhenItIsNotShown) {
    hear_all(api_post("/a", at(1s)), api_post("/b", at(1s)), app_terminated("/b", at(2s)));
    EXPECT_THAT(
        differences(Shown().app("/b")), ElementsAre("app /b live from 50", "app /a none from 50")
    );
}

TEST_F(CompareAfterAGapTest, AnAppHeardOfAfterTheRequestIsLeftAlone) {
    hear_live(api_post("/a", at(1s)), at(101s));
    hear_live(app_terminated("/b", at(1s)), at(101s));
    EXPECT_THAT(differences(Shown().app("/b")), IsEmpty());
}

TEST_F(CompareAfterAGapTest, OfAnotherClusterEverythingEndsAndBeginsAnew) {
    hear_live(instance(i1, "Scheduled", at(1s)), at(101s));
    hear_live(status("a.instance-2f._app.1", "TASK_RUNNING", at(1s)), at(1s));
    hear_live(info("d1", start_plan("/a", 1s), start_a, at(1s)), at(1s));
    EXPECT_THAT(
        differences(
            Shown("1.8.0")
                .task("b.instance-9f._app.1", "TASK_RUNNING", {.started = at(40s)})
                .deployment("d2", start_plan("/b", 60s), 1),
            {.sent = at(100s), .gap_start = at(50s), .other_cluster = true}
        ),
        ElementsAre(
            "task a.instance-2f._app.1 none from 50",
            "instance a.instance-1f none from 50",
            "deployment d1 unknown from 50",
            "task b.instance-9f._app.1 TASK_RUNNING since 40",
            "instance b.instance-9f Running since 40",
            "deployment d2 running done 0 of 2",
            "app /z none from 50",
            "app /a none from 50"
        )
    );
}

TEST_F(CompareAfterAGapTest, TheOrderDoesNotComeFromMemory) {
    for (const char* id : {"a.3", "a.1", "a.2"}) {
        hear(status(id, "TASK_RUNNING", at(1s)));
    }
    Story next = restarted();
    const World::Comparison how{.sent = at(100s), .gap_start = at(50s)};
    EXPECT_EQ(
        world().compare(Shown().snapshot(), how), next.world().compare(Shown().snapshot(), how)
    );
}

}  // namespace
}  // namespace tally::model
