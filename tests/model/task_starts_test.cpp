#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

constexpr const char* task_of_1_8 = "a.instance-1f._app.1";
constexpr const char* next_task = "a.instance-1f._app.2";
constexpr const char* instance_1f = "a.instance-1f";

class TaskStartsTest : public StoryTest {
  protected:
    void expect_starts(std::int64_t count, TimeMs sum) {
        EXPECT_EQ(
            observed(HistogramFamily::task_start_duration), static_cast<std::uint64_t>(count)
        );
        EXPECT_EQ(observed_sum(HistogramFamily::task_start_duration), sum);
        EXPECT_EQ(number(Family::app_task_starts, {.app = "/a"}), count == 0 ? -1 : count);
        EXPECT_EQ(number(Family::app_task_start_ms, {.app = "/a"}), count == 0 ? -1 : sum);
    }
};

TEST_F(TaskStartsTest, AStartRunsFromStagingAtFirstSightToRunning) {
    hear_all(
        status("a.1f", "TASK_STAGING", at(1s)),
        status("a.1f", "TASK_STARTING", at(2s)),
        status("a.1f", "TASK_RUNNING", at(8s))
    );
    expect_starts(1, 7000);
}

TEST_F(TaskStartsTest, AStartRunsFromCreatedWhereThereIsNoStaging) {
    hear_all(
        instance(instance_1f, "Created", at(1s)),
        status("a.instance-1f.c1", "TASK_STARTING", at(2s)),
        status("a.instance-1f.c1", "TASK_RUNNING", at(4s))
    );
    expect_starts(1, 3000);
}

TEST_F(TaskStartsTest, TheInstanceOfALegacyTaskGivesItsCreated) {
    hear_all(instance("a.marathon-1f", "Created", at(1s)), status("a.1f", "TASK_RUNNING", at(4s)));
    expect_starts(1, 3000);
}

TEST_F(TaskStartsTest, TheEarlierOfCreatedAndStagingIsTheBeginning) {
    hear_all(
        instance(instance_1f, "Provisioned", at(3s)),
        status(task_of_1_8, "TASK_STAGING", at(2s)),
        status(task_of_1_8, "TASK_RUNNING", at(10s))
    );
    expect_starts(1, 8000);
}

TEST_F(TaskStartsTest, CreatedBeforeStagingIsTheBeginning) {
    hear_all(
        instance(instance_1f, "Provisioned", at(1s)),
        status(task_of_1_8, "TASK_STAGING", at(2s)),
        status(task_of_1_8, "TASK_RUNNING", at(10s))
    );
    expect_starts(1, 9000);
}

TEST_F(TaskStartsTest, StagingThatIsNotTheFirstSightIsNoBeginning) {
    hear_all(
        status("a.1f", "TASK_STARTING", at(1s)),
        status("a.1f", "TASK_STAGING", at(2s)),
        status("a.1f", "TASK_RUNNING", at(8s))
    );
    expect_starts(0, 0);
}

TEST_F(TaskStartsTest, WithoutABeginningThereIsNoStart) {
    hear_all(
        instance(instance_1f, "Scheduled", at(1s)), status(task_of_1_8, "TASK_RUNNING", at(8s))
    );
    expect_starts(0, 0);
}

TEST_F(TaskStartsTest, OnlyTheFirstRunningIsAStart) {
    hear_all(
        status("a.1f", "TASK_STAGING", at(1s)),
        status("a.1f", "TASK_RUNNING", at(3s)),
        status("a.1f", "TASK_UNREACHABLE", at(4s)),
        status("a.1f", "TASK_RUNNING", at(9s))
    );
    expect_starts(1, 2000);
}

TEST_F(TaskStartsTest, ALateRunningIsNoStart) {
    hear_all(
        status("a.1f", "TASK_STAGING", at(1s)),
        status("a.1f", "TASK_KILLING", at(5s)),
        status("a.1f", "TASK_RUNNING", at(3s))
    );
    expect_starts(0, 0);
}

TEST_F(TaskStartsTest, ARelaunchStartsFromTheLastProvisioned) {
    hear_all(
        instance(instance_1f, "Provisioned", at(1s)),
        status(task_of_1_8, "TASK_RUNNING", at(3s)),
        instance(instance_1f, "Running", at(3s)),
        status(task_of_1_8, "TASK_FAILED", at(10s)),
        instance(instance_1f, "Failed", at(10s)),
        instance(instance_1f, "Provisioned", at(20s)),
        status(next_task, "TASK_RUNNING", at(25s))
    );
    expect_starts(2, 7000);
}

TEST_F(TaskStartsTest, AStartIsNeverNegative) {
    hear_all(
        instance(instance_1f, "Provisioned", at(10s)), status(task_of_1_8, "TASK_RUNNING", at(8s))
    );
    expect_starts(1, 0);
}

TEST_F(TaskStartsTest, TheBeginningSurvivesARestart) {
    hear_all(instance(instance_1f, "Provisioned", at(1s)), status("b.1f", "TASK_STAGING", at(2s)));
    Story next = restarted();
    next.hear_all(
        status(task_of_1_8, "TASK_RUNNING", at(5s)), status("b.1f", "TASK_RUNNING", at(5s))
    );
    EXPECT_EQ(next.observed_sum(HistogramFamily::task_start_duration), 4000 + 3000);
}

}  // namespace
}  // namespace tally::model
