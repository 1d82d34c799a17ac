#include "simulate/server.hpp"

#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "http_client.hpp"

namespace tally::simulate {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ServerTest, TheHeadOfAStreamIsJettysAndComesBeforeAnyEvent) {
    const RunningServer server(quiet());
    Client client(server.port());
    client.attach();
    const std::string head = client.read_head();
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Type: text/event-stream;charset=utf-8\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(
        head,
        HasSubstr(
            "\r\nX-Marathon-Leader: http://127.0.0.1:" + std::to_string(server.port()) + "\r\n"
        )
    );
    EXPECT_THAT(head, HasSubstr("\r\nCache-Control: no-cache, no-store, must-revalidate\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("Transfer-Encoding")));
    EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
}

TEST(ServerTest, AStreamSeesItsOwnAttachmentFirst) {
    const RunningServer server(quiet());
    Client client(server.port());
    client.attach();
    client.read_head();
    const std::string frame = client.read_head();
    EXPECT_THAT(
        frame,
        StartsWith(
            "event: event_stream_attached\r\ndata: {\"remoteAddress\":\"127.0.0.1\",\"eventType\":"
        )
    );
}

TEST(ServerTest, EveryEventIsAnEventLineADataLineAndAnEmptyOne) {
    const RunningServer server(quiet());
    Client client(server.port());
    client.attach();
    client.read_head();
    client.read_head();
    step(server, 200);
    simdjson::dom::parser parser;
    for (int i = 0; i < 200; ++i) {
        const std::string frame = client.read_head();
        ASSERT_THAT(frame, StartsWith("event: "));
        const std::string type = frame.substr(7, frame.find('\r') - 7);
        simdjson::dom::element event;
        ASSERT_FALSE(parser.parse(body_of(frame)).get(event)) << frame;
        EXPECT_EQ(event["eventType"].get_string().value(), type);
    }
}

TEST(ServerTest, TheHeartbeatIsAnEmptyLineBetweenFrames) {
    ServeOptions options = quiet();
    options.heartbeat = 20ms;
    const RunningServer server(options);
    Client client(server.port());
    client.attach("?event_type=nothing");  // a filter hides our own attachment, but no heartbeat
    client.read_head();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.read_until("\r"), "\r");
        EXPECT_EQ(client.read_until("\n"), "\n");
    }
}

TEST(ServerTest, TheAcceptHeaderMustBeExactlyThat) {
    const RunningServer server(quiet());

    struct Row {
        const char* headers;
        const char* status;
    };

    for (const Row& row : {
             Row{"", "HTTP/1.1 405 "},
             Row{"Accept: */*\r\n", "HTTP/1.1 405 "},
             Row{"Accept: text/event-stream, */*\r\n", "HTTP/1.1 405 "},
             Row{"Accept: text/event-stream;q=1\r\n", "HTTP/1.1 405 "},
             Row{"Accept: Text/Event-Stream\r\n", "HTTP/1.1 405 "},
             Row{"Accept: text/event-stream\r\n", "HTTP/1.1 200 "},
             Row{"Accept: text/html\r\nAccept: text/event-stream\r\n", "HTTP/1.1 200 "},
         }) {
        Client client(server.port());
        client.get("/v2/events", row.headers);
        EXPECT_THAT(client.read_head(), StartsWith(row.status)) << row.headers;
    }
}

TEST(ServerTest, ARefusalKeepsTheConnectionAndHasHtmlOnlyForThoseWhoTakeIt) {
    const RunningServer server(quiet());
    Client client(server.port());
    client.get("/v2/events", "Accept: application/json\r\n");
    std::string head = client.read_head();
    EXPECT_EQ(client.read_body(head), "");
    client.get("/v2/events", "Accept: */*\r\n");
    head = client.read_head();
    EXPECT_THAT(client.read_body(head), HasSubstr("<html>"));
    client.get("/ping");
    EXPECT_EQ(client.read_body(client.read_head()), "pong");
}

TEST(ServerTest, AnotherPathIsNotFoundAlsoWithASlashBehindIt) {
    const RunningServer server(quiet());
    for (const char* path : {"/v2/events/", "/v2/nothing", "/", "/sim/nothing"}) {
        Client client(server.port());
        client.get(path, "Accept: text/event-stream\r\n");
        EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 404 ")) << path;
    }
}

TEST(ServerTest, AFilterLetsOnlyTheTypesAskedForThrough) {
    const RunningServer server(quiet());
    Client client(server.port());
    client.attach("?event_type=status_update_event&event_type=deployment_success");
    client.read_head();
    step(server, 600);
    fetch(server.port(), "/sim/close", "POST");
    const std::string all = client.read_all();
    std::set<std::string> types;
    for (std::size_t at = all.find("event: "); at != std::string::npos;
         at = all.find("\nevent: ", at + 1)) {
        const std::size_t start = all.find(": ", at) + 2;
        types.insert(all.substr(start, all.find('\r', start) - start));
    }
    EXPECT_TRUE(types.contains("status_update_event"));
    EXPECT_THAT(types, ::testing::IsSubsetOf({"status_update_event", "deployment_success"}));
}

TEST(ServerTest, AStandbyRedirectsWithTheSameQuery) {
    ServeOptions options = quiet();
    options.standby_of = "http://10.9.8.7:8080";
    const RunningServer server(options);
    Client client(server.port());
    client.attach("?plan-format=light");
    const std::string head = client.read_head();
    EXPECT_THAT(head, StartsWith("HTTP/1.1 302 "));
    EXPECT_THAT(
        head, HasSubstr("\r\nLocation: http://10.9.8.7:8080/v2/events?plan-format=light\r\n")
    );
    EXPECT_THAT(head, Not(HasSubstr("X-Marathon-Leader")));
}

TEST(ServerTest, AStandbyHandsEverythingElseToItsLeader) {
    const RunningServer leader(quiet());
    ServeOptions options = quiet(Dialect::v1_3);
    options.standby_of = "http://127.0.0.1:" + std::to_string(leader.port());
    const RunningServer standby(options);
    EXPECT_EQ(fetch(standby.port(), "/v2/tasks"), fetch(leader.port(), "/v2/tasks"));
    EXPECT_THAT(fetch(standby.port(), "/v2/info"), HasSubstr("\"version\":\"1.8.222\""));
}

TEST(ServerTest, CloseSendsWhatIsWaitingAndEndsTheStream) {
    const RunningServer server(quiet());
    Client client(server.port());
    client.attach();
    client.read_head();
    step(server, 50);
    fetch(server.port(), "/sim/close", "POST");
    const std::string all = client.read_all();
    std::size_t frames = 0;
    for (std::size_t at = all.find("\r\n\r\n"); at != std::string::npos;
         at = all.find("\r\n\r\n", at + 1)) {
        ++frames;
    }
    EXPECT_EQ(frames, 51U);  // and its own attachment
}

TEST(ServerTest, ItWaitsForASubscriberWhenAskedTo) {
    ServeOptions options = quiet();
    options.shape.rate = 2000;
    options.events = 300;
    options.wait_for_subscriber = true;
    const RunningServer server(options);
    Client client(server.port());
    client.attach();
    client.read_head();
    for (int i = 0; i < 301; ++i) {
        ASSERT_THAT(client.read_head(), StartsWith("event: "));
    }
    EXPECT_THAT(fetch(server.port(), "/sim/sent"), StartsWith("{\"sent\":301,"));
}

TEST(ServerTest, TotalsCountWhatWasSent) {
    const RunningServer server(quiet());
    step(server, 400);
    const std::string totals = fetch(server.port(), "/sim/totals");
    EXPECT_THAT(totals, StartsWith("{\"events_total\":400,"));
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    EXPECT_FALSE(parser.parse(totals).get(root));
}

/// The state of every task as the last status_update_event told it, without those that ended.
std::map<std::string, std::string> tasks_told(const std::vector<std::string>& frames) {
    static const std::set<std::string> ends{
        "TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_DROPPED", "TASK_GONE"};
    std::map<std::string, std::string> states;
    simdjson::dom::parser parser;
    for (const std::string& frame : frames) {
        const std::string body = body_of(frame);
        simdjson::dom::element event = parser.parse(body);
        if (event["eventType"].get_string().value() == "status_update_event") {
            states[std::string(event["taskId"].get_string().value())] =
                std::string(event["taskStatus"].get_string().value());
        }
    }
    return states;
}

class SnapshotTest : public ::testing::TestWithParam<Dialect> {};

TEST_P(SnapshotTest, TasksAreWhatTheStreamSaidLast) {
    ServeOptions options = quiet(GetParam());
    options.outstanding_max = 100'000;
    const RunningServer server(options);
    Client client(server.port());
    client.attach();
    client.read_head();
    step(server, 3000);
    const std::string snapshot =
        fetch(server.port(), "/v2/tasks");  // says the rest of the moment first
    const std::string pods =
        GetParam() == Dialect::v1_3 ? "[]" : fetch(server.port(), "/v2/pods/::status");
    fetch(server.port(), "/sim/close", "POST");
    std::vector<std::string> frames;
    for (std::string frame = client.read_head(); frame.ends_with("\r\n\r\n");
         frame = client.read_head()) {
        frames.push_back(frame);
    }
    ASSERT_GE(frames.size(), 3001U);
    const auto told = tasks_told(frames);
    std::map<std::string, std::string> shown;
    simdjson::dom::parser parser;
    for (const simdjson::dom::element task : parser.parse(snapshot)["tasks"].get_array()) {
        shown[std::string(task["id"].get_string().value())] =
            std::string(task["state"].get_string().value());
    }
    for (const simdjson::dom::element pod : parser.parse(pods).get_array()) {
        for (const simdjson::dom::element instance : pod["instances"].get_array()) {
            for (const simdjson::dom::element container : instance["containers"].get_array()) {
                shown[std::string(container["containerId"].get_string().value())] =
                    std::string(container["status"].get_string().value());
            }
        }
    }
    static const std::set<std::string> over{
        "TASK_FINISHED",
        "TASK_FAILED",
        "TASK_KILLED",
        "TASK_ERROR",
        "TASK_DROPPED",
        "TASK_GONE",
        "TASK_UNKNOWN",
        "TASK_GONE_BY_OPERATOR"};
    ASSERT_GT(told.size(), 100U);
    for (const auto& [task, state] : told) {
        if (over.contains(state)) {
            EXPECT_FALSE(shown.contains(task)) << task << " ended as " << state;
        } else {
            EXPECT_EQ(shown[task], state) << task;
        }
    }
}

std::string title(const ::testing::TestParamInfo<Dialect>& parameter) {
    return "Marathon1" + std::string(name_of(parameter.param).substr(2));
}

INSTANTIATE_TEST_SUITE_P(
    Of, SnapshotTest, ::testing::Values(Dialect::v1_3, Dialect::v1_5, Dialect::v1_8), title
);

TEST(ServerTest, AllSnapshotsAreValidJson) {
    const RunningServer server(quiet());
    step(server, 2000);
    simdjson::dom::parser parser;
    for (const char* path :
         {"/v2/apps",
          "/v2/"
          "apps?embed=apps.tasks&embed=apps.counts&embed=apps.deployments&embed=apps."
          "lastTaskFailure",
          "/v2/tasks",
          "/v2/deployments",
          "/v2/pods/::status",
          "/v2/info",
          "/v2/leader"}) {
        const std::string body = fetch(server.port(), path);
        simdjson::dom::element root;
        EXPECT_FALSE(parser.parse(body).get(root)) << path << ": " << body.substr(0, 300);
    }
    EXPECT_THAT(fetch(server.port(), "/v2/info"), HasSubstr("\"version\":\"1.8.222\""));
}

TEST(SlowConsumerTest, IsDisconnectedInOnePointEight) {
    ServeOptions options = quiet(Dialect::v1_8);
    options.send_buffer_bytes = 4096;
    options.outstanding_max = 20;
    const RunningServer server(options);
    Client client(server.port(), 4096);
    client.attach();
    client.read_head();
    for (int i = 0; i < 20; ++i) {
        step(server, 200);  // far more than socket buffers and the limit hold
    }
    const std::string all = client.read_all();  // ends only because the server closes
    EXPECT_LT(all.size(), 1'000'000U);
    EXPECT_THAT(fetch(server.port(), "/sim/sent"), Not(HasSubstr("\"dropped\":0}")));
}

TEST(SlowConsumerTest, LosesEventsWithoutASignInOnePointFive) {
    ServeOptions options = quiet(Dialect::v1_5);
    options.send_buffer_bytes = 4096;
    options.outstanding_max = 20;
    const RunningServer server(options);
    Client client(server.port(), 4096);
    client.attach();
    client.read_head();
    for (int i = 0; i < 20; ++i) {
        step(server, 200);
    }
    EXPECT_THAT(fetch(server.port(), "/sim/sent"), HasSubstr("\"streams\":1,"));
    fetch(server.port(), "/sim/close", "POST");
    const std::string all = client.read_all();
    EXPECT_THAT(all, StartsWith("event: event_stream_attached\r\n"));
    EXPECT_TRUE(all.ends_with("}\r\n\r\n"));  // whole frames to the end
    EXPECT_THAT(fetch(server.port(), "/sim/sent"), Not(HasSubstr("\"dropped\":0}")));
}

TEST(ServerTest, HostileRequestsEndTheirOwnConnectionOnly) {
    const RunningServer server(quiet());
    Client garbage(server.port());
    garbage.send("\x16\x03\x01\x02 garbage\r\n\r\n");
    EXPECT_TRUE(garbage.ended());
    Client long_one(server.port());
    long_one.send("GET /ping HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n");
    EXPECT_TRUE(long_one.ended());
    Client endless(server.port());
    endless.send("POST /sim/pause HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n");
    EXPECT_TRUE(endless.ended());
    EXPECT_EQ(fetch(server.port(), "/ping"), "pong");
}

TEST(ServerTest, APortThatIsTakenIsACleanRefusalToStart) {
    const Server first(quiet());
    ServeOptions options = quiet();
    options.listen = first.url().substr(7);
    EXPECT_THROW(Server{options}, CannotStart);
    options.listen = "nonsense";
    EXPECT_THROW(Server{options}, CannotStart);
}

}  // namespace
}  // namespace tally::simulate
