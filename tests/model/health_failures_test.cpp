#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Check http(std::string_view path, std::optional<double> interval = std::nullopt) {
    return {
        .protocol = "HTTP",
        .path = path,
        .command = {},
        .port = {},
        .port_index = 0,
        .interval_s = interval};
}

class HealthFailuresTest : public StoryTest {};

TEST_F(HealthFailuresTest, OneEventIsOneFailure) {
    hear_all(failure(i1, http("/ping"), at(1s)), failure(i1, http("/ping"), at(2s)));
    EXPECT_THAT(
        ledger().lines("health_failure"),
        ElementsAre(
            "a.instance-1f: HTTP /ping portIndex 0 (" + std::to_string(at(1s)) + " /a HTTP)",
            "a.instance-1f: HTTP /ping portIndex 0 (" + std::to_string(at(2s)) + " /a HTTP)"
        )
    );
    EXPECT_EQ(number(Family::health_check_failures, {.app = "/a", .a = "HTTP"}), 2);
}

TEST_F(HealthFailuresTest, AFailureIsNoHealth) {
    hear(failure(i1, http("/ping"), at(1s)));
    EXPECT_FALSE(app("/a").health_seen);
    EXPECT_THAT(ledger().texts("health_transition"), IsEmpty());
}

TEST_F(HealthFailuresTest, TheEntityIsShownAsItWasSent) {
    hear_all(
        status("a.2f", "TASK_RUNNING", at(0s)),
        failure("a.2f", http("/"), at(1s)),
        failure("a.marathon-2f", http("/"), at(1s)),
        failure("a.instance-9f._app.1", http("/"), at(1s))
    );
    EXPECT_EQ(ledger().texts("health_failure", "a.2f").size(), 1U);
    EXPECT_EQ(ledger().texts("health_failure", "a.marathon-2f").size(), 1U);
    EXPECT_EQ(ledger().texts("health_failure", "a.instance-9f._app.1").size(), 1U);
}

TEST_F(HealthFailuresTest, FailuresCountInTheHourOfTheirEventTime) {
    hear_all(
        failure(i1, http("/"), at(61min)),
        failure(i1, http("/"), at(5min)),
        failure(i1, http("/"), at(62min)),
        failure(i1, http("/"), at(6min))
    );
    EXPECT_EQ(hour("/a", 0h).failures, 2);
    EXPECT_EQ(hour("/a", 1h).failures, 2);
}

TEST_F(HealthFailuresTest, TheCheckKeyIsProtocolThenPathOrCommandThenPort) {
    struct Row {
        Check check;
        const char* key;
    };

    for (const Row& row : {
             Row{{.protocol = "HTTP", .path = "/ping", .port = 8080}, "HTTP /ping port 8080"},
             Row{{.protocol = "HTTP", .path = "/ping", .port_index = 1}, "HTTP /ping portIndex 1"},
             Row{{.protocol = "HTTP", .path = "/ping"}, "HTTP /ping"},
             Row{{.protocol = "TCP", .port_index = 0}, "TCP portIndex 0"},
             Row{{.protocol = "COMMAND", .command = "curl -f x"}, "COMMAND curl -f x"},
             Row{{.protocol = "TCP"}, "TCP"},
             Row{{.protocol = "MESOS_HTTPS", .path = "/", .port_index = 2},
                 "MESOS_HTTPS / portIndex 2"},
         }) {
        Story story;
        story.hear(failure(i1, row.check, at(1s)));
        EXPECT_THAT(story.ledger().texts("health_failure"), ElementsAre(row.key));
    }
}

TEST_F(HealthFailuresTest, ACheckIsToldOnceHoweverOftenItFails) {
    hear(add_check("/a", http("/ping", 20), at(1s)));
    for (int i = 0; i < 5; ++i) {
        hear(failure(i1, http("/ping", 20), at(2s)));
        cut();
    }
    EXPECT_THAT(ledger().texts("check"), ElementsAre("HTTP /ping portIndex 0 every 20"));
}

TEST_F(HealthFailuresTest, ACheckThatChangedIsToldAgain) {
    hear_all(
        add_check("/a", http("/ping", 20), at(1s)), add_check("/a", http("/ping", 30), at(2s))
    );
    EXPECT_EQ(ledger().checks.at("/a").at("HTTP /ping portIndex 0"), 30);
}

TEST_F(HealthFailuresTest, AFailureTellsItsCheckToo) {
    hear_all(failure(i1, http("/one", 10), at(1s)), failure(i1, http("/two", 15), at(1s)));
    EXPECT_EQ(ledger().checks.at("/a").size(), 2U);
    EXPECT_EQ(ledger().checks.at("/a").at("HTTP /two portIndex 0"), 15);
}

TEST_F(HealthFailuresTest, RemovingForgetsAllChecksOfTheApp) {
    hear_all(
        add_check("/a", http("/one", 10), at(1s)),
        add_check("/b", http("/one", 10), at(1s)),
        remove_check("/a", at(2s))
    );
    EXPECT_TRUE(ledger().checks.at("/a").empty());
    EXPECT_EQ(ledger().checks.at("/b").size(), 1U);
    hear(failure(i1, http("/one", 10), at(3s)));
    EXPECT_EQ(ledger().checks.at("/a").size(), 1U) << "known again";
}

TEST_F(HealthFailuresTest, ACheckWithoutAnIntervalHasNone) {
    hear(add_check("/a", http("/one"), at(1s)));
    EXPECT_EQ(ledger().checks.at("/a").begin()->second, 0);
}

TEST_F(HealthFailuresTest, ACheckWithoutAProtocolIsNoCheck) {
    hear(add_check("/a", {.path = "/one"}, at(1s)));
    EXPECT_THAT(ledger().texts("check"), IsEmpty());
}

TEST_F(HealthFailuresTest, AnUnhealthyKillIsCountedAndShownAsSent) {
    hear_all(
        kill("a.instance-1f._app.1", i1, at(5min), {.host = "h1", .reason = "too sick"}),
        kill("a.2f", "", at(6min))
    );
    EXPECT_THAT(
        ledger().texts("kill"),
        ElementsAre("a.instance-1f._app.1 of a.instance-1f", "a.2f of a.marathon-2f")
    );
    EXPECT_THAT(ledger().lines("kill"), ::testing::Contains(::testing::HasSubstr("h1 too sick")));
    EXPECT_EQ(number(Family::unhealthy_kills, {.app = "/a"}), 2);
    EXPECT_EQ(hour("/a", 0h).kills, 2);
}

}  // namespace
}  // namespace tally::model
