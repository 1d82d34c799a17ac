// Faults of events and snapshots, scenarios on a running server, and the truth.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "http_client.hpp"

namespace tally::simulate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// All frames until the server ends the stream.
std::vector<std::string> rest_of(Client& client) {
    std::vector<std::string> frames;
    for (std::string frame = client.read_head(); frame.ends_with("\r\n\r\n");
         frame = client.read_head()) {
        frames.push_back(frame);
    }
    return frames;
}

/// A stream that will be closed after what the test does.
class Listening {
  public:
    explicit Listening(const ServeOptions& options) : server(options), client(server.port()) {
        client.attach();
        client.read_head();
        client.read_head();
    }

    std::vector<std::string> frames() {
        fetch(server.port(), "/sim/close", "POST");
        return rest_of(client);
    }

    const RunningServer server;
    Client client;
};

std::string types_of(const std::vector<std::string>& frames) {
    std::string types;
    for (const std::string& frame : frames) {
        types += frame.substr(7, frame.find('\r') - 6);
    }
    return types;
}

TEST(EventFaultTest, DroppedEventsAreInTheTotalsAndInNoStreamAndCounted) {
    Listening listening(quiet());
    fault(listening.server, "kind=drop&count=5");
    const std::string state = step(listening.server, 30);
    EXPECT_THAT(state, HasSubstr("\"sent\":31,"));
    EXPECT_THAT(state, HasSubstr("\"lost\":5,"));
    EXPECT_THAT(fetch(listening.server.port(), "/sim/totals"), StartsWith("{\"events_total\":31,"));
    EXPECT_EQ(listening.frames().size(), 25U);
    EXPECT_THAT(
        fetch(listening.server.port(), "/sim/truth"),
        HasSubstr("\"lost\":{\"count\":5,\"ranges\":[[2,6]]}")
    );
}

TEST(EventFaultTest, DuplicatesFollowTheirOriginals) {
    Listening listening(quiet());
    fault(listening.server, "kind=duplicate&share=1");
    step(listening.server, 20);
    const std::vector<std::string> frames = listening.frames();
    ASSERT_EQ(frames.size(), 20U);
    for (std::size_t i = 0; i < frames.size(); i += 2) {
        EXPECT_EQ(frames[i], frames[i + 1]);
    }
}

TEST(EventFaultTest, ReorderedEventsComeLateAndSettlingBringsTheLastOfThem) {
    Listening straight(quiet());
    step(straight.server, 300);
    Listening listening(quiet());
    fault(listening.server, "kind=reorder&share=0.3");
    step(listening.server, 200);
    EXPECT_THAT(
        fetch(listening.server.port(), "/sim/settle", "POST"), Not(HasSubstr("\"sent\":201,"))
    );
    const std::vector<std::string> late = listening.frames();
    const std::vector<std::string> in_time = straight.frames();
    const std::string types = types_of(in_time);
    EXPECT_THAT(types, Not(StartsWith(types_of(late).substr(0, 2000))));
    std::multiset<std::string> expected;
    std::multiset<std::string> got;
    for (std::size_t i = 0; i < late.size(); ++i) {
        expected.insert(types_of({in_time[i]}));
        got.insert(types_of({late[i]}));
    }
    EXPECT_EQ(got, expected);
}

TEST(EventFaultTest, AnOversizeEventIsStillOne) {
    Listening listening(quiet());
    fault(listening.server, "kind=oversize&bytes=300000");
    step(listening.server, 2);
    const std::vector<std::string> frames = listening.frames();
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(body_of(frames[0]).size(), 300'000U);
    EXPECT_LT(body_of(frames[1]).size(), 100'000U);
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(body_of(frames[0])).error(), simdjson::SUCCESS);
}

/// Ids of the deployments that run.
std::vector<std::string> running(const RunningServer& server) {
    simdjson::dom::parser parser;
    const std::string body = fetch(server.port(), "/v2/deployments");
    std::vector<std::string> ids;
    for (const simdjson::dom::element deployment : parser.parse(body).get_array()) {
        ids.emplace_back(deployment["id"].get_string().value());
    }
    return ids;
}

TEST(EventFaultTest, ANewLeaderRunsAllDeploymentsAgainFromTheirFirstStep) {
    Listening listening(quiet());
    std::vector<std::string> ids;
    while ((ids = running(listening.server)).size() < 2) {
        step(listening.server, 50);
    }
    fault(listening.server, "kind=close");
    rest_of(listening.client);
    Client again(listening.server.port());
    again.attach();
    again.read_head();
    again.read_head();
    ASSERT_EQ(running(listening.server), ids);
    fault(listening.server, "kind=rerun");
    fetch(listening.server.port(), "/sim/close", "POST");
    std::vector<std::string> infos;
    simdjson::dom::parser parser;
    for (const std::string& frame : rest_of(again)) {
        if (frame.starts_with("event: deployment_info\r\n")) {
            const std::string body = body_of(frame);
            infos.emplace_back(parser.parse(body)["plan"]["id"].get_string().value());
        }
    }
    EXPECT_THAT(infos, ::testing::IsSupersetOf(ids));
}

TEST(SnapshotFaultTest, AnOlderOneStaysBehindUntilItIsOver) {
    const RunningServer server(quiet());
    const std::string before = fetch(server.port(), "/v2/tasks");
    fault(server, "kind=snapshot_older");
    step(server, 500);
    EXPECT_EQ(fetch(server.port(), "/v2/tasks"), before);
    fault(server, "kind=clear");
    EXPECT_NE(fetch(server.port(), "/v2/tasks"), before);
}

TEST(SnapshotFaultTest, AnOlderOneGrowsOldNoFurtherThanAsked) {
    const RunningServer server(quiet());
    const std::string first = fetch(server.port(), "/v2/tasks");
    fault(server, "kind=snapshot_older&events=200");
    step(server, 190);
    EXPECT_EQ(fetch(server.port(), "/v2/tasks"), first);
    step(server, 300);
    EXPECT_NE(fetch(server.port(), "/v2/tasks"), first);
}

TEST(SnapshotFaultTest, ANewerOneShowsWhatTheStreamHasNotSaid) {
    Listening listening(quiet());
    fault(listening.server, "kind=snapshot_newer&events=20");
    EXPECT_THAT(step(listening.server, 50), HasSubstr("\"held\":20,"));
    for (int i = 0; i < 30; ++i) {
        EXPECT_THAT(listening.client.read_head(), StartsWith("event: "));
    }
    EXPECT_FALSE(listening.client.pending());
    EXPECT_THAT(fault(listening.server, "kind=clear"), HasSubstr("\"held\":0,"));
    EXPECT_EQ(listening.frames().size(), 20U);
}

std::string get(const RunningServer& server, std::string_view path, std::string* head = nullptr) {
    Client client(server.port());
    client.get(path, "Accept: application/json\r\nConnection: close\r\n");
    const std::string read = client.read_head();
    if (head != nullptr) {
        *head = read;
    }
    return client.read_all();
}

TEST(SnapshotFaultTest, EachFailsInItsWay) {
    const RunningServer server(quiet());
    const std::string whole = get(server, "/v2/tasks");
    std::string head;
    fault(server, "kind=snapshot_error&count=1&status=503");
    get(server, "/v2/tasks", &head);
    EXPECT_THAT(head, StartsWith("HTTP/1.1 503 "));
    fault(server, "kind=snapshot_not_json&count=1&path=tasks");
    EXPECT_THAT(get(server, "/v2/apps"), StartsWith("{\"apps\":["));
    EXPECT_THAT(get(server, "/v2/tasks", &head), StartsWith("<!DOCTYPE"));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Type: application/json\r\n"));
    fault(server, "kind=snapshot_cut&count=1&bytes=100");
    EXPECT_EQ(get(server, "/v2/tasks", &head), whole.substr(0, 100));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Length: " + std::to_string(whole.size()) + "\r\n"));
    fault(server, "kind=snapshot_slow&count=1&delay=1ms&bytes=1000&every=1ms");
    EXPECT_EQ(get(server, "/v2/tasks"), whole);
    fault(server, "kind=other_framework&count=1&id=someone-else");
    EXPECT_THAT(get(server, "/v2/info"), HasSubstr("\"frameworkId\":\"someone-else\""));
    EXPECT_THAT(get(server, "/v2/info"), Not(HasSubstr("someone-else")));
    EXPECT_EQ(get(server, "/v2/tasks"), whole);
}

TEST(SnapshotFaultTest, ASlowOneStopsNobodyElse) {
    const RunningServer server(quiet());
    fault(server, "kind=snapshot_slow&count=1&delay=1h");
    Client waiting(server.port());
    waiting.get("/v2/apps");
    while (fetch(server.port(), "/sim/faults").find("delay=1h\"],") != std::string::npos) {
    }
    EXPECT_THAT(get(server, "/v2/apps"), StartsWith("{\"apps\":["));
    EXPECT_FALSE(waiting.pending());
}

TEST(SnapshotTest, ALargeOneComesInChunksAndIsOfOneMoment) {
    ServeOptions options = quiet();
    options.shape.apps = 500;
    options.shape.tasks = 8000;
    options.send_buffer_bytes = 4096;
    const RunningServer server(options);
    Client truth(server.port());
    truth.get("/sim/truth");
    EXPECT_THAT(truth.read_head(), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    const std::string before = truth.read_chunks();
    Client client(server.port(), 4096);
    client.get("/v2/tasks", "Accept: application/json\r\n");
    EXPECT_THAT(client.read_head(), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    step(server, 500);  // while the rest of the body waits for its reader
    const std::string body = client.read_chunks();
    simdjson::dom::parser parser;
    std::map<std::string, std::string> shown;
    for (const simdjson::dom::element task : parser.parse(body)["tasks"].get_array()) {
        shown[std::string(task["id"].get_string().value())] =
            std::string(task["state"].get_string().value());
    }
    std::size_t known = 0;
    for (const simdjson::dom::element task : parser.parse(before)["tasks"].get_array()) {
        const auto found = shown.find(std::string(task["id"].get_string().value()));
        if (found != shown.end()) {  // else it is a pod's
            ++known;
            EXPECT_EQ(found->second, task["shown"].get_string().value());
        }
    }
    EXPECT_EQ(known, shown.size());
    EXPECT_GT(known, 5000U);
    client.get("/ping");
    EXPECT_EQ(client.read_body(client.read_head()), "pong");  // the connection goes on
}

/// On a busy machine some of what was said is on its way for a while.
std::string truth_once_all_is_out(const RunningServer& server) {
    constexpr int patience = 10'000;
    simdjson::dom::parser parser;
    std::string truth;
    for (int i = 0; i < patience; ++i) {
        truth = fetch(server.port(), "/sim/truth");
        const simdjson::dom::element root = parser.parse(truth);
        if (root["streams"].at(0)["count"].get_uint64().value() == root["sent"].get_uint64().value()) {
            break;
        }
    }
    return truth;
}

TEST(TruthTest, ItSaysWhatTheStreamSaidLastAndWhichEventsItGot) {
    for (const Dialect dialect : {Dialect::v1_3, Dialect::v1_5, Dialect::v1_8}) {
        ServeOptions options = quiet(dialect);
        options.outstanding_max = 100'000;
        Listening listening(options);
        step(listening.server, 2500);
        fetch(listening.server.port(), "/sim/settle", "POST");
        const std::string truth = truth_once_all_is_out(listening.server);
        std::map<std::string, std::string> tasks;
        std::map<std::string, std::string> conditions;
        simdjson::dom::parser parser;
        for (const std::string& frame : listening.frames()) {
            const std::string body = body_of(frame);
            const simdjson::dom::element event = parser.parse(body);
            if (frame.starts_with("event: status_update_event\r\n")) {
                tasks[std::string(event["taskId"].get_string().value())] =
                    std::string(event["taskStatus"].get_string().value());
            } else if (frame.starts_with("event: instance_changed_event\r\n")) {
                conditions[std::string(event["instanceId"].get_string().value())] =
                    std::string(event["condition"].get_string().value());
            }
        }
        const simdjson::dom::element root = parser.parse(truth);
        std::size_t told = 0;
        for (const simdjson::dom::element task : root["tasks"].get_array()) {
            const auto found = tasks.find(std::string(task["id"].get_string().value()));
            if (found != tasks.end()) {
                ++told;
                EXPECT_EQ(found->second, task["state"].get_string().value()) << found->first;
            }
        }
        EXPECT_GT(told, 20U);
        for (const simdjson::dom::element one : root["instances"].get_array()) {
            const auto found = conditions.find(std::string(one["id"].get_string().value()));
            if (found != conditions.end()) {
                EXPECT_EQ(found->second, one["condition"].get_string().value()) << found->first;
            }
        }
        const std::uint64_t sent = root["sent"].get_uint64();
        const simdjson::dom::element stream = root["streams"].at(0);
        EXPECT_EQ(stream["count"].get_uint64().value(), sent);
        EXPECT_EQ(stream["ranges"].at(0).at(1).get_uint64().value(), sent);
    }
}

TEST(TruthTest, TheSameStateGivesTheSameBytes) {
    const RunningServer server(quiet());
    step(server, 700);
    EXPECT_EQ(fetch(server.port(), "/sim/truth"), fetch(server.port(), "/sim/truth"));
}

TEST(TruthTest, EventsThatNobodyHeardAreTold) {
    const RunningServer server(quiet());
    step(server, 10);
    EXPECT_THAT(
        fetch(server.port(), "/sim/truth"),
        HasSubstr("\"unheard\":{\"count\":10,\"ranges\":[[1,10]]}")
    );
}

std::string play(
    const RunningServer& server, std::string_view scenario, std::string_view name = ""
) {
    Client client(server.port());
    client.send(
        "POST /sim/scenario" + std::string(name) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
        std::to_string(scenario.size()) + "\r\n\r\n" + std::string(scenario)
    );
    return client.read_body(client.read_head());
}

TEST(ServedScenarioTest, ItActsAtTheVeryEventAndAtTheNextAttachment) {
    Listening listening(quiet());
    play(listening.server, "at events 11 drop count=3\nat events 21 close\nwait attach rst\n");
    step(listening.server, 40);
    EXPECT_EQ(rest_of(listening.client).size(), 17U);  // 2 to 21 without 3
    Client again(listening.server.port());
    again.attach();
    again.read_all();
    EXPECT_EQ(again.error(), ECONNRESET);
    EXPECT_THAT(fetch(listening.server.port(), "/sim/sent"), HasSubstr("\"scenario\":false,"));
    EXPECT_THAT(fetch(listening.server.port(), "/sim/faults"), HasSubstr(" 11 drop count=3\""));
}

TEST(ServedScenarioTest, ATimeThatBeginsWithAnAttachmentPassesWithoutEvents) {
    const RunningServer server(quiet());
    play(server, "wait subscriber\nafter 1ms close");
    Client client(server.port());
    client.attach();
    EXPECT_THAT(client.read_all(), HasSubstr("event: event_stream_attached\r\n"));
    EXPECT_EQ(client.error(), 0);
}

TEST(ServedScenarioTest, TimePassesWithoutEvents) {
    Listening listening(quiet());
    play(listening.server, "after 1ms close");
    EXPECT_TRUE(listening.client.ended());
}

TEST(ServedScenarioTest, AMistakeIsRefusedAndAReadyOneIsKnownByName) {
    const RunningServer server(quiet());
    EXPECT_THAT(play(server, "now\nnow explode"), HasSubstr("line 2: there is no fault"));
    EXPECT_THAT(play(server, "", "?name=none"), HasSubstr("there is no such scenario"));
    EXPECT_THAT(play(server, "", "?name=failover"), HasSubstr("\"scenario\":true,"));
}

TEST(ServedScenarioTest, FaultsAndScenariosFromTheStartAreCheckedThere) {
    ServeOptions options = quiet();
    options.faults = {"http_error status=503 count=1"};
    options.scenario = "wait subscriber rst";
    {
        const RunningServer server(options);
        Client refused(server.port());
        refused.attach();
        EXPECT_THAT(refused.read_head(), StartsWith("HTTP/1.1 503 "));
        Client reset(server.port());
        reset.attach();
        reset.read_all();
        EXPECT_EQ(reset.error(), ECONNRESET);
    }
    options.faults = {"explode"};
    EXPECT_THROW(Server{options}, CannotStart);
    options.faults.clear();
    options.scenario = "explode";
    EXPECT_THROW(Server{options}, CannotStart);
}

std::size_t whole_frames(const std::string& bytes) {
    std::size_t frames = 0;
    for (std::size_t at = bytes.find("}\r\n\r\n"); at != std::string::npos;
         at = bytes.find("}\r\n\r\n", at + 1)) {
        ++frames;
    }
    return frames;
}

TEST(ServedScenarioTest, InAStormTheTruthSaysOfEveryStreamWhatItsReaderGot) {
    ServeOptions options = quiet();
    options.shape.rate = 1000;
    options.scenario =
        "wait attach\n"
        "after 1ms..30ms close | half_frame | half_frame at=crlf | half_frame at=utf8 | "
        "leader_change ready_after=1 | drop count=9 | duplicate share=0.1 for=20ms | "
        "reorder share=0.1 for=20ms | drip bytes=900 every=1ms for=5ms | buffer for=10ms | "
        "http_error count=1 | oversize bytes=100000 | snapshot_newer for=10ms | rerun\n"
        "after 1ms..30ms close\n"
        "repeat\n";
    const RunningServer server(options);
    std::vector<std::size_t> got;
    for (int attempt = 0; attempt < 50; ++attempt) {
        Client client(server.port());
        client.attach();
        const std::string head = client.read_head();
        if (!head.starts_with("HTTP/1.1 200 ")) {
            continue;
        }
        const std::string bytes = client.read_all();
        EXPECT_EQ(client.error(), 0);
        if (!bytes.empty()) {
            got.push_back(whole_frames(bytes));
        }
    }
    fetch(server.port(), "/sim/settle", "POST");
    const std::string truth = fetch(server.port(), "/sim/truth");
    std::vector<std::size_t> sent;
    simdjson::dom::parser parser;
    for (const simdjson::dom::element stream : parser.parse(truth)["streams"].get_array()) {
        sent.push_back(stream["count"].get_uint64());
    }
    EXPECT_EQ(got, sent);
    EXPECT_GT(got.size(), 10U);
}

TEST(ControlTest, AFaultThatIsNoneIsRefused) {
    const RunningServer server(quiet());
    EXPECT_THAT(fault(server, "kind=explode"), HasSubstr("there is no fault 'explode'"));
    EXPECT_THAT(fault(server, "kind=drop&share=9"), HasSubstr("cannot use share=9"));
    EXPECT_THAT(fault(server, "share=1"), HasSubstr("there is no fault ''"));
}

}  // namespace
}  // namespace tally::simulate
