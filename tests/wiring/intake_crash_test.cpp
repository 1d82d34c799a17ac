// The story of two sources, in which a crash after any of its steps, or after two, changes nothing in what is there in
// the end. A crash ends a hold, since the snapshot's session is over: the run it is compared with has its holds end there.
#include <vector>

#include <gtest/gtest.h>

#include "intake_life.hpp"

namespace tally {

namespace {

using model::Mark;
using test::IntakeLife;

using Step = void (*)(IntakeLife&);

const std::vector<Step> story{
    [](IntakeLife& life) { life.attach("s"); },
    [](IntakeLife& life) { life.hear("s", {life.task("a.1", "TASK_STAGING"), life.task("a.2", "TASK_RUNNING")}); },
    [](IntakeLife& life) { life.attach("t"); },
    [](IntakeLife& life) { life.hear("t", {life.task("a.1", "TASK_RUNNING")}); },
    [](IntakeLife& life) { life.hear("s", {life.task("a.1", "TASK_RUNNING")}); },
    [](IntakeLife& life) { life.compare("s", {{"a.2", "TASK_RUNNING"}, {"a.3", "TASK_RUNNING"}}); },
    [](IntakeLife& life) { life.hear("s", {life.task("a.3", "TASK_FAILED"), "not json", life.task("a.4", "TASK_STAGING")}); },
    [](IntakeLife& life) { life.hear("t", {life.task("a.1", "TASK_KILLING"), "[]"}); },
    [](IntakeLife& life) { life.alive("s"); },
    [](IntakeLife& life) { life.compare("t", {{"a.1", "TASK_RUNNING"}}); },
    [](IntakeLife& life) { EXPECT_EQ(life.call("t", life.task("a.9", "TASK_RUNNING")), CallbackAnswer::accepted); },
    [](IntakeLife& life) { life.end("s"); },
    [](IntakeLife& life) { life.mark("s", {.kind = Mark::Kind::failed, .cause = "refused"}); },
    [](IntakeLife& life) { life.mark("s", {.kind = Mark::Kind::attempt, .cause = "refused"}); },
    [](IntakeLife& life) { life.attach("s"); },
    [](IntakeLife& life) { life.hear("s", {life.task("a.4", "TASK_RUNNING")}); },
    [](IntakeLife& life) { EXPECT_EQ(life.call("s", life.task("a.4", "TASK_KILLING")), CallbackAnswer::accepted); },
    [](IntakeLife& life) { EXPECT_EQ(life.call("s", "{}"), CallbackAnswer::no_event_type); },
    [](IntakeLife& life) { life.hear("t", {life.task("a.1", "TASK_KILLED")}); },
    [](IntakeLife& life) { life.snapshot_failed("s", false); },
    [](IntakeLife& life) { life.hear("s", {life.task("a.2", "TASK_KILLED")}); },
    [](IntakeLife& life) { life.snapshot_failed("s", true); },
    [](IntakeLife& life) { life.hear("s", {life.task("a.5", "TASK_STAGING")}); },
    [](IntakeLife& life) { life.compare("s", {{"a.5", "TASK_RUNNING"}}, "other"); },
    [](IntakeLife& life) { life.compare("s", {{"a.6", "TASK_RUNNING"}}, "other", "other"); },
    [](IntakeLife& life) { life.attach("t"); },
    [](IntakeLife& life) { life.hear("t", {life.task("a.8", "TASK_RUNNING")}); },
    [](IntakeLife& life) { life.mark("t", {.kind = Mark::Kind::stopped, .cause = "reload"}); },
    [](IntakeLife& life) { life.mark("t", {.kind = Mark::Kind::started}); },
    [](IntakeLife& life) { life.attach("t"); },
    [](IntakeLife& life) { life.hear("t", {life.task("a.8", "TASK_FINISHED")}); },
};

enum class Commits { none, few, all };

constexpr std::size_t never = 1000;

struct Run {
    std::size_t first = never;  ///< the step before which the holds end, or it crashes
    std::size_t second = never;
    bool crashes = false;
    Commits commits = Commits::none;
    std::uint64_t commit_inputs_max = 1'000'000;
};

std::string outcome_of(const Run& run) {
    constexpr std::size_t few = 5;
    IntakeLife life({.commit_inputs_max = run.commit_inputs_max, .sources = {"s", "t"}});
    for (std::size_t at = 0; at <= story.size(); ++at) {
        if (at == run.first || at == run.second) {
            if (run.crashes) {
                life.crash();
            } else {
                life.let_hold_end();
            }
        }
        if (at < story.size()) {
            if (run.commit_inputs_max < few) {
                life.keep_up();  // a snapshot is compared only then
            }
            story[at](life);
        }
        if (run.commits == Commits::all || (run.commits == Commits::few && at % few == 0)) {
            life.commit();
        }
    }
    return life.outcome();
}

TEST(IntakeCrashTest, ACrashBeforeAnyStepChangesNothing) {
    for (std::size_t first = 0; first <= story.size(); ++first) {
        const std::string expected = outcome_of({.first = first});
        for (const Commits commits : {Commits::none, Commits::few, Commits::all}) {
            ASSERT_EQ(outcome_of({.first = first, .crashes = true, .commits = commits}), expected)
                << "crash before step " << first << ", commits " << static_cast<int>(commits);
        }
    }
}

TEST(IntakeCrashTest, NorDoTwoCrashes) {
    for (std::size_t first = 0; first < story.size(); ++first) {
        for (const std::size_t later : {std::size_t{1}, std::size_t{4}}) {
            const std::size_t second = std::min(first + later, story.size());
            const std::string expected = outcome_of({.first = first, .second = second});
            const Commits commits = later == 4 ? Commits::few : Commits::none;
            ASSERT_EQ(outcome_of({.first = first, .second = second, .crashes = true, .commits = commits}), expected)
                << "crash before steps " << first << " and " << second;
        }
    }
}

TEST(IntakeCrashTest, NorDoManyOnesBehindEachOther) {
    for (std::size_t first = 0; first <= story.size(); first += 3) {
        IntakeLife life({.sources = {"s", "t"}});
        for (std::size_t at = 0; at < story.size(); ++at) {
            for (int i = 0; at == first && i < 3; ++i) {
                life.crash();
            }
            story[at](life);
        }
        EXPECT_EQ(life.outcome(), outcome_of({.first = first}));
    }
}

TEST(IntakeCrashTest, NorDoesACrashWhereTheBatchesAreSmall) {
    for (std::size_t first = 0; first <= story.size(); ++first) {
        ASSERT_EQ(outcome_of({.first = first, .crashes = true, .commit_inputs_max = 2}), outcome_of({.first = first}))
            << first;
    }
}

TEST(IntakeCrashTest, CommitsChangeNothing) {
    const std::string expected = outcome_of({});
    EXPECT_EQ(outcome_of({.commits = Commits::all}), expected);
    EXPECT_EQ(outcome_of({.commits = Commits::few}), expected);
    EXPECT_EQ(outcome_of({.commit_inputs_max = 1}), expected);
    EXPECT_NE(expected.find("v_task_transitions"), std::string::npos);
    EXPECT_NE(expected.find("inferred"), std::string::npos);
}

TEST(IntakeCrashTest, ACleanStopIsAsACrash) {
    for (std::size_t first = 0; first <= story.size(); ++first) {
        IntakeLife life({.sources = {"s", "t"}});
        for (std::size_t at = 0; at < story.size(); ++at) {
            if (at == first) {
                life.finish();
                life.crash();
            }
            story[at](life);
        }
        ASSERT_EQ(life.outcome(), outcome_of({.first = first})) << first;
    }
}

TEST(IntakeCrashTest, ASourceThatIsNotFollowedAnyMoreGetsWhatWasReceivedForIt) {
    IntakeLife::Setup setup{.sources = {"s", "t"}};
    IntakeLife life(setup);
    life.attach_and_compare("t");
    life.hear("s", {life.task("a.1", "TASK_RUNNING")});
    life.hear("t", {life.task("a.1", "TASK_RUNNING"), life.task("a.2", "TASK_RUNNING")});
    life.follow_only({"s"});
    life.crash();
    EXPECT_EQ(life.intake().snapshots().size(), 1U);
    life.finish();
    EXPECT_EQ(life.ask("SELECT source, count(*) FROM v_events GROUP BY 1"), "s 1\nt 2\n");
}

}  // namespace

}  // namespace tally
