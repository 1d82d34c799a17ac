#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

class AppsTest : public StoryTest {};

TEST_F(AppsTest, AnAppLivesFromItsFirstEvent) {
    hear(status("a.1f", "TASK_RUNNING", at(1s)));
    EXPECT_FALSE(app("/a").ended);
}

TEST_F(AppsTest, AppTerminatedEndsIt) {
    hear_all(status("a.1f", "TASK_RUNNING", at(1s)), app_terminated("/a", at(2s)));
    EXPECT_TRUE(app("/a").ended);
}

TEST_F(AppsTest, AnEndedAppKeepsTheReceiveTimeOfItsLastEvent) {
    hear_live(app_terminated("/a", at(2s)), at(10s));
    EXPECT_EQ(app("/a").last_received, at(10s));
    hear_live(status("a.1f", "TASK_KILLED", at(3s)), at(12s));
    EXPECT_EQ(app("/a").last_received, at(12s));
    hear_live(status("b.1f", "TASK_KILLED", at(3s)), at(13s));
    EXPECT_EQ(app("/a").last_received, at(12s)) << "another app's event";
}

TEST_F(AppsTest, TheTaskEventsOfItsOwnEndDoNotReviveIt) {
    hear_all(
        status("a.1f", "TASK_RUNNING", at(1s)),
        app_terminated("/a", at(2s)),
        status("a.1f", "TASK_KILLING", at(3s)),
        status("a.1f", "TASK_KILLED", at(4s)),
        status("a.2f", "TASK_KILLED", at(4s))
    );
    EXPECT_TRUE(app("/a").ended);
}

TEST_F(AppsTest, ANewTaskRevivesIt) {
    hear_all(app_terminated("/a", at(2s)), status("a.1f", "TASK_STAGING", at(3s)));
    EXPECT_FALSE(app("/a").ended);
}

TEST_F(AppsTest, AnApiCallRevivesIt) {
    hear_all(app_terminated("/a", at(2s)), api_post("/a", at(3s)));
    EXPECT_FALSE(app("/a").ended);
}

TEST_F(AppsTest, ANewHealthCheckRevivesIt) {
    hear_all(app_terminated("/a", at(2s)), add_check("/a", {.protocol = "TCP"}, at(3s)));
    EXPECT_FALSE(app("/a").ended);
}

TEST_F(AppsTest, AnEventWithoutItsNeededFieldsEndsAndRevivesNothing) {
    hear(app_terminated("/a", at(2s)));
    decode::Event half = api_post("/a", at(3s));
    half.missing = "uri";
    hear(half);
    EXPECT_TRUE(app("/a").ended);
}

TEST_F(AppsTest, ARevivedAppComesBackWithItsFullCount) {
    hear_all(
        status("a.1f", "TASK_FAILED", at(1s)),
        app_terminated("/a", at(2s)),
        status("a.2f", "TASK_FAILED", at(3s)),
        api_post("/a", at(4s))
    );
    EXPECT_EQ(number(Family::task_transitions, {.app = "/a", .a = "none", .b = "TASK_FAILED"}), 2);
}

TEST_F(AppsTest, AnEndSurvivesARestart) {
    hear_live(app_terminated("/a", at(2s)), at(10s));
    Story next = restarted();
    EXPECT_TRUE(next.app("/a").ended);
    EXPECT_EQ(next.app("/a").last_received, at(10s));
}

class AppCapTest : public StoryTest {
  protected:
    AppCapTest() : StoryTest({.max_apps = 2}) {
        hear_all(
            status("a.1f", "TASK_RUNNING", at(1s)),
            status("b.1f", "TASK_RUNNING", at(1s)),
            status("c.1f", "TASK_RUNNING", at(1s)),
            status("d.1f", "TASK_RUNNING", at(1s))
        );
    }
};

TEST_F(AppCapTest, AppsPastTheCapAreCountedTogetherAsOther) {
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_RUNNING"}), 1);
    EXPECT_EQ(number(Family::tasks, {.app = "/b", .a = "TASK_RUNNING"}), 1);
    EXPECT_EQ(number(Family::tasks, {.app = "other", .a = "TASK_RUNNING"}), 2);
    EXPECT_EQ(
        number(Family::task_transitions, {.app = "other", .a = "none", .b = "TASK_RUNNING"}), 2
    );
}

TEST_F(AppCapTest, TheRowsKeepTheirApps) {
    EXPECT_EQ(ledger().app_name(task_row("c.1f").app), "/c");
    EXPECT_EQ(ledger().app_name(task_row("d.1f").app), "/d");
}

TEST_F(AppCapTest, OtherIsDecidedAtFirstSightAndNeverChanged) {
    hear_all(app_terminated("/a", at(2s)), status("c.2f", "TASK_RUNNING", at(3s)));
    EXPECT_EQ(number(Family::tasks, {.app = "other", .a = "TASK_RUNNING"}), 3);
    Story next = restarted();
    next.hear(status("c.3f", "TASK_RUNNING", at(3s)));
    EXPECT_EQ(next.number(Family::tasks, {.app = "other", .a = "TASK_RUNNING"}), 4);
}

TEST_F(AppCapTest, TheEndOfAnAppPastTheCapHidesNothing) {
    hear(app_terminated("/c", at(2s)));
    EXPECT_FALSE(app("other").ended);
}

TEST_F(AppCapTest, HealthTimeOfAppsPastTheCapIsSummed) {
    hear_all(
        healthy("c.instance-1f", false, at(10s)),
        healthy("d.instance-1f", false, at(10s)),
        plain("tick", at(15s))
    );
    EXPECT_EQ(app("other").unhealthy_ms, 10'000);
    EXPECT_EQ(app("other").unhealthy_now, 2);
}

TEST_F(AppCapTest, TheLastDeploymentOfOtherIsTheLatestOfItsApps) {
    for (const auto& [id, name, ended] :
         {std::tuple{"d1", "/d", 10s}, std::tuple{"d2", "/c", 20s}, std::tuple{"d3", "/d", 15s}}) {
        hear_all(
            info(id, scale_plan(name, 1s), std::nullopt, at(5s)),
            success(id, scale_plan(name, 1s), at(ended))
        );
    }
    EXPECT_EQ(app("other").last_deployment_ended_ms, at(20s));
    EXPECT_EQ(app("other").last_deployment_ms, 15'000);
}

TEST_F(AppsTest, ANameOver256BytesIsCountedAsOther) {
    const std::string fits = "/" + std::string(255, 'x');
    const std::string too_long = "/" + std::string(256, 'x');
    hear_all(
        status("t.1", "TASK_RUNNING", at(1s), {.app = keep(fits)}),
        status("t.2", "TASK_RUNNING", at(1s), {.app = keep(too_long)})
    );
    EXPECT_EQ(number(Family::tasks, {.app = fits, .a = "TASK_RUNNING"}), 1);
    EXPECT_EQ(number(Family::tasks, {.app = "other", .a = "TASK_RUNNING"}), 1);
    EXPECT_EQ(ledger().app_name(task_row("t.2").app), too_long);
}

TEST_F(AppsTest, AnAppLiterallyOtherSharesTheSeries) {
    hear(status("t.1", "TASK_RUNNING", at(1s), {.app = "other"}));
    EXPECT_EQ(number(Family::tasks, {.app = "other", .a = "TASK_RUNNING"}), 1);
}

}  // namespace
}  // namespace tally::model
