// Faults of streams and of attempts to attach, as a raw socket sees them.
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

/// A stream that has read its head and its own attachment.
class Reader : public Client {
  public:
    explicit Reader(std::uint16_t port) : Client(port) {
        attach();
        EXPECT_THAT(read_head(), StartsWith("HTTP/1.1 200 "));
        EXPECT_THAT(read_head(), HasSubstr("event: event_stream_attached\r\n"));
    }
};

TEST(StreamFaultTest, RstResetsTheConnection) {
    const RunningServer server(quiet());
    Reader reader(server.port());
    fault(server, "kind=rst");
    EXPECT_TRUE(reader.ended());
    EXPECT_EQ(reader.error(), ECONNRESET);
}

TEST(StreamFaultTest, AHalfFrameEndsWhereItIsToldTo) {
    struct Row {
        const char* at;
        bool (*cut)(const std::string&);
    };

    for (const Row& row : {
             Row{"body", [](const std::string& all) { return all.find('\n') == all.rfind('\n'); }},
             Row{"utf8", [](const std::string& all) { return all.back() == '\xc3'; }},
             Row{"crlf", [](const std::string& all) { return all.ends_with("}\r"); }},
             Row{"blank", [](const std::string& all) { return all.ends_with("}\r\n"); }},
         }) {
        const RunningServer server(quiet());
        Reader reader(server.port());
        fault(server, std::string("kind=half_frame&at=") + row.at);
        step(server, 3);
        const std::string all = reader.read_all();
        EXPECT_EQ(reader.error(), 0);
        EXPECT_THAT(all, StartsWith("event: "));
        EXPECT_THAT(all, Not(HasSubstr("\r\n\r\n"))) << row.at;
        EXPECT_TRUE(row.cut(all)) << row.at << ": " << all;
    }
}

TEST(StreamFaultTest, AHalfFrameCanEndWithAReset) {
    const RunningServer server(quiet());
    Reader reader(server.port());
    fault(server, "kind=half_frame&how=rst");
    step(server, 1);
    EXPECT_THAT(reader.read_all(), Not(HasSubstr("\r\n\r\n")));
    EXPECT_EQ(reader.error(), ECONNRESET);
}

TEST(StreamFaultTest, SilenceTakesEventsAndHeartbeatsAndLeavesTheConnectionOpen) {
    ServeOptions options = quiet();
    options.heartbeat = 20ms;
    const RunningServer server(options);
    Client deaf(server.port());
    deaf.attach();
    deaf.read_until("\r\n\r\nevent: event_stream_attached");
    deaf.read_until("}\r\n\r\n");
    fault(server, "kind=silence");
    while (deaf.pending()) {
        deaf.read_until("\n");  // a heartbeat that was on its way
    }
    Client other(server.port());
    other.attach("?event_type=nothing");
    other.read_head();
    step(server, 20);
    for (int i = 0; i < 5; ++i) {
        other.read_until("\n");  // a later stream has its heartbeats
    }
    EXPECT_FALSE(deaf.pending());
    EXPECT_THAT(fetch(server.port(), "/sim/sent"), HasSubstr("\"streams\":2,"));
    fault(server, "kind=clear");
    step(server, 1);
    const std::string next = deaf.read_until("}\r\n\r\n");
    EXPECT_EQ(next.find("data: "), next.rfind("data: "));  // what was said meanwhile is lost
}

TEST(StreamFaultTest, DripSendsAFewBytesAtATime) {
    const RunningServer server(quiet());
    Reader reader(server.port());
    fault(server, "kind=drip&bytes=7&every=1h");
    step(server, 1);
    EXPECT_EQ(reader.read_until("event: "), "event: ");
    EXPECT_FALSE(reader.pending());
    fault(server, "kind=clear");
    EXPECT_THAT(reader.read_head(), HasSubstr("\r\ndata: {"));
}

TEST(StreamFaultTest, ABufferingProxyPassesOnlyWholeBlocksOn) {
    const RunningServer server(quiet());
    Reader reader(server.port());
    fault(server, "kind=buffer&bytes=6");
    step(server, 1);
    fault(server, "kind=rst");
    const std::string all = reader.read_all();
    EXPECT_GT(all.size(), 100U);
    EXPECT_EQ(all.size() % 6, 0U);
}

TEST(StreamFaultTest, ABufferingProxyWithholdsWhatFillsNoBlock) {
    const RunningServer server(quiet());
    Reader reader(server.port());
    fault(server, "kind=buffer&bytes=1000000");
    step(server, 5);
    EXPECT_FALSE(reader.pending());
    fault(server, "kind=flush");
    for (int i = 0; i < 5; ++i) {
        EXPECT_THAT(reader.read_head(), StartsWith("event: "));
    }
    step(server, 1);
    EXPECT_FALSE(reader.pending());
    fault(server, "kind=clear");
    EXPECT_THAT(reader.read_head(), StartsWith("event: "));
}

TEST(StreamFaultTest, AProxyingStandbyEndsAChunkOnlyWithTheNextOne) {
    const RunningServer server(quiet());
    fault(server, "kind=proxy");
    Client client(server.port());
    client.attach();
    const std::string head = client.read_head();
    EXPECT_THAT(head, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nX-Marathon-Via: 1.1 127.0.0.1:"));
    const std::string size = client.read_until("\r\n");
    const std::string frame = client.read_head();
    EXPECT_EQ(std::stoul(size, nullptr, 16), frame.size());
    EXPECT_FALSE(client.pending());
    step(server, 1);
    EXPECT_EQ(client.read_until("\r\n"), "\r\n");
    const std::string next_size = client.read_until("\r\n");
    EXPECT_EQ(std::stoul(next_size, nullptr, 16), client.read_head().size());
    fault(server, "kind=close");
    EXPECT_EQ(client.read_all(), "\r\n0\r\n\r\n");
}

TEST(AttemptFaultTest, ErrorsComeAsOftenAsOrdered) {
    const RunningServer server(quiet());
    for (const char* status : {"401", "403", "404", "500", "503"}) {
        fault(server, "kind=http_error&count=2&status=" + std::string(status));
        Client client(server.port());
        for (int i = 0; i < 2; ++i) {
            client.attach();
            const std::string head = client.read_head();
            EXPECT_THAT(head, StartsWith("HTTP/1.1 " + std::string(status) + " "));
            EXPECT_EQ(head.find("WWW-Authenticate") != head.npos, head.find(" 401 ") != head.npos);
            client.read_body(head);
        }
        client.attach();
        EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 200 "));
    }
}

TEST(AttemptFaultTest, AnEmptyTwoHundredIsAStreamsHeadAndNothingMore) {
    const RunningServer server(quiet());
    fault(server, "kind=empty_200&count=2");
    for (int i = 0; i < 2; ++i) {
        Client client(server.port());
        client.attach();
        EXPECT_THAT(client.read_head(), HasSubstr("\r\nContent-Type: text/event-stream"));
        EXPECT_TRUE(client.ended());
        EXPECT_EQ(client.error(), 0);
    }
    Reader reader(server.port());
    EXPECT_THAT(fetch(server.port(), "/sim/sent"), HasSubstr("\"attached\":1,"));
}

TEST(AttemptFaultTest, NotAStreamIsHtml) {
    const RunningServer server(quiet());
    fault(server, "kind=not_a_stream");
    Client client(server.port());
    client.attach();
    const std::string head = client.read_head();
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Type: text/html;"));
    EXPECT_THAT(client.read_body(head), HasSubstr("<html>"));
}

TEST(AttemptFaultTest, NeverAnswersLeavesTheOthersAlone) {
    const RunningServer server(quiet());
    fault(server, "kind=never_answers&count=1");
    Client waiting(server.port());
    waiting.attach();
    EXPECT_EQ(fetch(server.port(), "/ping"), "pong");
    while (fetch(server.port(), "/sim/faults").find("never_answers count=1\"],") !=
           std::string::npos) {  // not read yet
    }
    Reader reader(server.port());
    EXPECT_FALSE(waiting.pending());
}

std::string location_of(Client& client, std::string_view target) {
    client.get(target, "Accept: text/event-stream\r\n");
    const std::string head = client.read_head();
    if (!head.starts_with("HTTP/1.1 302 ")) {
        return head.substr(9, 3);
    }
    client.read_body(head);
    const std::size_t at = head.find("Location: ");
    return at == std::string::npos ? "" : head.substr(at + 10, head.find('\r', at) - at - 10);
}

TEST(AttemptFaultTest, ARedirectLeadsWhereItIsToldTo) {
    ServeOptions options = quiet();
    options.members = {"127.0.0.1:0"};
    const RunningServer server(options);
    const auto url = [&server](std::size_t member) {
        return "http://127.0.0.1:" + std::to_string(server.port(member));
    };

    for (const auto& [to, location] : {
             std::pair<std::string, std::string>{"self", url(0) + "/v2/events?a=b"},
             {"other", url(1) + "/v2/events?a=b"},
             {"none", ""},
             {"unusable", "http://"},
             {"https%3A%2F%2Fexample.com%2Fx", "https://example.com/x"},
         }) {
        fault(server, "kind=redirect&count=1&to=" + to);
        Client client(server.port());
        EXPECT_EQ(location_of(client, "/v2/events?a=b"), location) << to;
    }
}

TEST(AttemptFaultTest, AChainOfRedirectsIsAsLongAsOrderedAndEndsInAStream) {
    const RunningServer server(quiet());
    fault(server, "kind=redirect&hops=4&count=1");
    Client client(server.port());
    std::string target = "/v2/events";
    for (int hop = 0; hop < 4; ++hop) {
        const std::string location = location_of(client, target);
        ASSERT_THAT(location, StartsWith("http://127.0.0.1:")) << hop;
        target = location.substr(location.find("/v2/"));
    }
    EXPECT_EQ(location_of(client, target), "200");
}

TEST(AttemptFaultTest, RefuseTurnsConnectionsAwayUntilItIsOver) {
    const RunningServer server(quiet());
    Client control(server.port());
    control.send("POST /sim/fault?kind=refuse&for=1h HTTP/1.1\r\nHost: test\r\n\r\n");
    control.read_body(control.read_head());
    EXPECT_EQ(connect_error(server.port()), ECONNREFUSED);
    control.send("POST /sim/fault?kind=clear HTTP/1.1\r\nHost: test\r\n\r\n");
    control.read_body(control.read_head());
    while (connect_error(server.port()) != 0) {
    }
    Reader reader(server.port());
}

TEST(MemberTest, AStandbyRedirectsToTheLeaderAndAnswersTheRest) {
    ServeOptions options = quiet();
    options.members = {"127.0.0.1:0"};
    const RunningServer server(options);
    Client client(server.port(1));
    EXPECT_EQ(
        location_of(client, "/v2/events?a=b"),
        "http://127.0.0.1:" + std::to_string(server.port(0)) + "/v2/events?a=b"
    );
    EXPECT_EQ(fetch(server.port(1), "/v2/tasks"), fetch(server.port(0), "/v2/tasks"));
}

TEST(MemberTest, AStandbyCanPassTheStreamOn) {
    ServeOptions options = quiet();
    options.members = {"127.0.0.1:0"};
    options.standbys_proxy = true;
    const RunningServer server(options);
    Client client(server.port(1));
    client.attach();
    EXPECT_THAT(client.read_head(), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_THAT(client.read_head(), HasSubstr("event: event_stream_attached\r\n"));
}

TEST(MemberTest, ALeaderChangeEndsTheStreamsAndSwapsTheRoles) {
    ServeOptions options = quiet();
    options.members = {"127.0.0.1:0"};
    const RunningServer server(options);
    Reader reader(server.port(0));
    fault(server, "kind=leader_change&ready_after=1");
    EXPECT_TRUE(reader.ended());
    EXPECT_EQ(reader.error(), 0);
    Client old(server.port(0));
    const std::string now = "127.0.0.1:" + std::to_string(server.port(1));
    EXPECT_EQ(location_of(old, "/v2/events"), "http://" + now + "/v2/events");
    EXPECT_THAT(fetch(server.port(0), "/v2/leader"), HasSubstr(now));
    Client early(server.port(1));
    early.attach();
    EXPECT_THAT(early.read_head(), StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(early.ended());
    Reader again(server.port(1));
}

TEST(MemberTest, ALeaderChangeCanResetTheStreams) {
    const RunningServer server(quiet());
    Reader reader(server.port());
    fault(server, "kind=leader_change&how=rst");
    EXPECT_TRUE(reader.ended());
    EXPECT_EQ(reader.error(), ECONNRESET);
    Reader again(server.port());  // a single member leads again
}

}  // namespace
}  // namespace tally::simulate
