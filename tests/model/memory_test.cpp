#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MemoryTest : public StoryTest {
  protected:
    MemoryTest() : StoryTest({.ended_max = 2, .closed_max = 2}) {}

    void end(std::string_view task) { hear(status(task, "TASK_FAILED", at(1s))); }
};

TEST_F(MemoryTest, TheLastEndedTasksAreRemembered) {
    end("a.1");
    end("a.2");
    end("a.3");
    hear_all(
        status("a.1", "TASK_RUNNING", at(5s)),
        status("a.2", "TASK_RUNNING", at(5s)),
        status("a.3", "TASK_RUNNING", at(5s))
    );
    EXPECT_THAT(transitions("a.1"), ElementsAre("none -> TASK_FAILED", "none -> TASK_RUNNING"));
    EXPECT_THAT(late("a.2"), ElementsAre("TASK_FAILED -> TASK_RUNNING"));
    EXPECT_THAT(late("a.3"), ElementsAre("TASK_FAILED -> TASK_RUNNING"));
}

TEST_F(MemoryTest, AForgottenTaskGoesOnInTheSameRow) {
    end("a.1");
    end("a.2");
    end("a.3");
    hear(status("a.1", "TASK_RUNNING", at(5s)));
    EXPECT_EQ(ledger().tasks.size(), 3U);
    EXPECT_EQ(task_row("a.1").state, "TASK_RUNNING");
    EXPECT_EQ(task_row("a.1").ended, no_time);
}

TEST_F(MemoryTest, TasksAreForgottenInTheOrderOfTheirEndNotOfTheirSight) {
    hear_all(status("a.1", "TASK_RUNNING", at(0s)), status("a.2", "TASK_RUNNING", at(0s)));
    end("a.3");
    end("a.2");
    end("a.1");
    hear_all(
        status("a.3", "TASK_LOST", at(5s)),
        status("a.2", "TASK_LOST", at(5s)),
        status("a.1", "TASK_LOST", at(5s))
    );
    EXPECT_EQ(transitions("a.3").back(), "none -> TASK_LOST");
    EXPECT_THAT(late("a.2"), ElementsAre("TASK_FAILED -> TASK_LOST"));
    EXPECT_THAT(late("a.1"), ElementsAre("TASK_FAILED -> TASK_LOST"));
}

TEST_F(MemoryTest, ARepeatOrALateEventMakesAnEndNoYounger) {
    end("a.1");
    end("a.2");
    hear_all(status("a.1", "TASK_FAILED", at(5s)), status("a.1", "TASK_LOST", at(5s)));
    end("a.3");
    hear(status("a.1", "TASK_LOST", at(5s)));
    EXPECT_EQ(transitions("a.1").back(), "none -> TASK_LOST");
}

TEST_F(MemoryTest, LiveTasksAreNeverForgotten) {
    hear(status("a.1", "TASK_RUNNING", at(0s)));
    for (int i = 0; i < 50; ++i) {
        end("b." + std::to_string(i));
    }
    hear(status("a.1", "TASK_FINISHED", at(2s)));
    EXPECT_EQ(transitions("a.1").back(), "TASK_RUNNING -> TASK_FINISHED after 2000");
}

TEST_F(MemoryTest, SlotsAreNotUsedAgainWithinABatch) {
    for (int i = 0; i < 20; ++i) {
        end("b." + std::to_string(i));  // the Ledger finds names by slot after the batch
    }
    cut();
    for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(transitions("b." + std::to_string(i)), ElementsAre("none -> TASK_FAILED"));
    }
}

TEST_F(MemoryTest, SlotsAreUsedAgainInALaterBatch) {
    Slot greatest = 0;
    for (int i = 0; i < 50; ++i) {
        end("b." + std::to_string(i));
        greatest = std::max(greatest, task_row("b." + std::to_string(i)).slot);
    }
    EXPECT_LT(greatest, 5U);
}

TEST_F(MemoryTest, TheLastEndedInstancesAreRemembered) {
    for (const char* id : {"a.instance-1", "a.instance-2", "a.instance-3"}) {
        hear_all(instance(id, "Running", at(0s)), instance(id, "Failed", at(1s)));
    }
    for (const char* id : {"a.instance-3", "a.instance-2", "a.instance-1"}) {
        hear(instance(id, "Running", at(5s)));
    }
    EXPECT_EQ(instance_transitions("a.instance-1").back(), "none -> Running");
    EXPECT_EQ(instance_transitions("a.instance-2").back(), "Failed -> Running after 4000");
    EXPECT_EQ(instance_transitions("a.instance-3").back(), "Failed -> Running after 4000");
}

TEST_F(MemoryTest, AForgottenInstanceStaysForgottenAfterARestart) {
    for (const char* id : {"a.instance-1", "a.instance-2", "a.instance-3"}) {
        hear_all(instance(id, "Running", at(0s)), instance(id, "Failed", at(1s)));
    }
    hear(instance("a.instance-2", "Running", at(2s)));  // now one of the two places is free
    Story next = restarted();
    next.hear_all(
        instance("a.instance-1", "Running", at(5s)), instance("a.instance-3", "Running", at(5s))
    );
    EXPECT_EQ(next.instance_transitions("a.instance-1").back(), "none -> Running");
    EXPECT_EQ(next.instance_transitions("a.instance-3").back(), "Failed -> Running after 4000");
}

TEST_F(MemoryTest, ANewInstanceThatLivesPushesNoEndedOneOut) {
    hear_all(
        instance("a.instance-1", "Failed", at(1s)),
        instance("a.instance-2", "Failed", at(1s)),
        instance("a.instance-3", "Running", at(1s)),
        instance("a.instance-1", "Running", at(5s))
    );
    EXPECT_EQ(instance_transitions("a.instance-1").back(), "Failed -> Running after 4000");
}

TEST_F(MemoryTest, AnInstanceThatIsHealthyOrHasALiveTaskIsNeverForgotten) {
    hear_all(
        healthy("a.instance-h", true, at(0s)),
        instance("a.instance-t", "Provisioned", at(0s)),
        status("a.instance-t._app.1", "TASK_STARTING", at(1s)),
        instance("a.instance-t", "Failed", at(1s))
    );
    for (int i = 0; i < 10; ++i) {
        hear(instance("b.instance-" + std::to_string(i), "Failed", at(1s)));
    }
    hear_all(
        healthy("a.instance-h", false, at(2s)),
        status("a.instance-t._app.1", "TASK_RUNNING", at(5s)),
        instance("a.instance-t", "Running", at(6s))
    );
    EXPECT_EQ(health("a.instance-h").back(), "healthy -> unhealthy after 2000");
    EXPECT_EQ(observed_sum(HistogramFamily::task_start_duration), 5000);
    EXPECT_EQ(instance_transitions("a.instance-t").back(), "Failed -> Running after 5000");
}

TEST_F(MemoryTest, ARepeatOfATaskWhoseInstanceIsForgottenKeepsItsInstance) {
    end("a.1");
    cut();
    for (int i = 0; i < 5; ++i) {
        hear(instance("b.instance-" + std::to_string(i), "Failed", at(1s)));
        cut();
    }
    hear(status("a.1", "TASK_FAILED", at(2s), {.host = "h"}));
    EXPECT_EQ(task_row("a.1").host, "h");
    EXPECT_EQ(ledger().task_instances.at("a.1"), "a.marathon-1");
}

class DeploymentMemoryTest : public MemoryTest {
  protected:
    void close(std::string_view id, std::chrono::seconds requested) {
        const Plan plan = scale_plan("/a", requested);
        hear_all(info(id, plan, scale_a, at(1s)), success(id, plan, at(2s)));
    }
};

TEST_F(DeploymentMemoryTest, TheLastClosedDeploymentsAreRemembered) {
    close("d1", 1000s);
    close("d2", 2000s);
    close("d3", 3000s);
    hear_all(success("d3", {}, at(9s)), success("d2", {}, at(9s)), success("d1", {}, at(9s)));
    EXPECT_EQ(deployment_row("d1").ended, at(9s)) << "first sight again";
    EXPECT_EQ(deployment_row("d2").ended, at(2s));
    EXPECT_EQ(deployment_row("d3").ended, at(2s));
    EXPECT_EQ(number(Family::deployments, {.a = "success", .b = "unknown"}), 1);
}

TEST_F(DeploymentMemoryTest, OpenDeploymentsAreNeverForgotten) {
    hear(info("open", scale_plan("/a", 0s), scale_a, at(1s)));
    for (int i = 0; i < 10; ++i) {
        close("d" + std::to_string(i), 1000s);
    }
    hear(success("open", {}, at(9s)));
    EXPECT_EQ(observed_sum(HistogramFamily::deployment_duration, "success"), 10 * 1000 + 8000);
}

TEST_F(DeploymentMemoryTest, TheLastRefusedVersionsAreRemembered) {
    for (const auto version : {1s, 2s, 3s}) {
        hear(group_change(false, version_at(version), at(4s)));
    }
    hear(failed("d1", scale_plan("/a", 1s), at(100s)));
    EXPECT_EQ(deployment_row("d1").outcome, "failed") << "forgotten";
    hear(failed("d2", scale_plan("/a", 2s), at(100s)));
    EXPECT_EQ(deployment_row("d2").outcome, "rejected");
    hear(failed("d3", scale_plan("/a", 3s), at(100s)));
    EXPECT_EQ(deployment_row("d3").outcome, "rejected");
}

TEST_F(DeploymentMemoryTest, AVerdictDoesNotChangeWhenItsGroundsAreForgotten) {
    close("rival", 99s);
    hear_all(
        failed("d1", scale_plan("/a", 50s), at(100s)),
        info("other", scale_plan("/a", 500s), scale_a, at(99s))
    );
    EXPECT_EQ(deployment_row("d1").outcome, "canceled");
    close("d2", 1000s);  // the rival is forgotten, d1 is not
    hear(step_success("d1", scale_plan("/a", 50s), scale_a, at(101s)));
    EXPECT_EQ(deployment_row("d1").outcome, "canceled");
    EXPECT_THAT(corrections("d1"), IsEmpty());
}

TEST_F(DeploymentMemoryTest, ARejectionDoesNotChangeWhenItsVersionIsForgotten) {
    hear(group_change(false, version_at(1s), at(4s)));
    hear(failed("d1", scale_plan("/a", 1s), at(100s)));
    hear_all(
        group_change(false, version_at(2s), at(4s)), group_change(false, version_at(3s), at(4s))
    );
    hear(step_failure("d1", scale_plan("/a", 1s), scale_a, at(101s)));
    EXPECT_EQ(deployment_row("d1").outcome, "rejected");
    EXPECT_THAT(corrections("d1"), IsEmpty());
}

}  // namespace
}  // namespace tally::model
