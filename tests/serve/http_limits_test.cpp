#include <array>
#include <deque>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "serve/client.hpp"
#include "serve/test_server.hpp"

namespace tally::serve {

namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::get;
using testing::plain;
using testing::post;
using testing::TestServer;

constexpr std::size_t kib = 1024;

TEST(HttpLimitsTest, TakeATargetOf32KibAndRefuseALongerOneWith414) {
    TestServer server;
    Client client(server.port());
    const std::string longest = "/" + std::string(32 * kib - 1, 'a');
    EXPECT_EQ(client.ask(get(longest))->status, 404);
    EXPECT_EQ(client.ask(get(longest + "a"))->status, 414);
    EXPECT_TRUE(client.closed());
}

TEST(HttpLimitsTest, RefuseARequestLineThatNeverEndsWith414) {
    TestServer server;
    Client client(server.port());
    EXPECT_EQ(client.ask("GET /" + std::string(70 * kib, 'a'))->status, 414);
    EXPECT_TRUE(client.closed());
}

TEST(HttpLimitsTest, TakeAHeaderOf64KibAndRefuseALargerOneWith431) {
    TestServer server;
    Client client(server.port());
    const std::size_t frame = get("/hello", "X-A: \r\n").size();
    const auto header_of = [frame](std::size_t size) {
        return get("/hello", "X-A: " + std::string(size - frame, 'a') + "\r\n");
    };
    ASSERT_EQ(header_of(1000).size(), 1000U);
    EXPECT_EQ(client.ask(header_of(64 * kib))->body, "hello");
    EXPECT_EQ(client.ask(header_of(64 * kib + 1))->status, 431);
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(Client(server.port()).ask(header_of(200 * kib))->status, 431);
}

TEST(HttpLimitsTest, TakeAHundredHeaderLinesAndRefuseMoreWith431) {
    TestServer server;
    Client client(server.port());
    std::string lines;
    for (int i = 0; i < 99; ++i) {
        lines += "X-" + std::to_string(i) + ": 1\r\n";
    }
    EXPECT_EQ(client.ask(get("/hello", lines))->body, "hello");
    EXPECT_EQ(client.ask(get("/hello", lines + "X-A: 1\r\n"))->status, 431);
}

TEST(HttpLimitsTest, RefuseALargeBodyWith413FromItsContentLengthAlone) {
    TestServer server;
    Client client(server.port());
    EXPECT_EQ(client.ask(post("/echo", std::string(1000, 'a')))->body.size(), 1000U);
    for (const char* length : {"1001", "99999999999999999"}) {
        Client one(server.port());
        const auto reply = one.ask(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::string(length) + "\r\n\r\n"
        );
        ASSERT_TRUE(reply) << length;
        EXPECT_EQ(reply->status, 413) << length;
        EXPECT_TRUE(one.closed()) << length;
    }
}

TEST(HttpLimitsTest, RefuseAChunkedBodyThatGrowsTooLargeWith413) {
    TestServer server;
    Client client(server.port());
    const std::string chunk = "190\r\n" + std::string(400, 'a') + "\r\n";
    const auto reply = client.ask(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk +
        chunk
    );
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 413);
    EXPECT_TRUE(client.closed());
}

TEST(HttpLimitsTest, LetAClientReadItsRefusalThoughItGoesOnSending) {
    TestServer server;
    Client client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
    client.send(std::string(3'000'000, 'a'));
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 413);
}

TEST(HttpLimitsTest, BoundTheBytesOfAllBodiesAtOneTime) {
    TestServer server({.bodies_bytes_max = 900});
    Client first(server.port());
    first.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 601\r\n\r\n" + std::string(600, 'b')
    );
    auto refused = Client(server.port()).ask(post("/echo", std::string(301, 'a')));
    while (refused && refused->status == 200) {  // until the bytes of the first have come
        refused = Client(server.port()).ask(post("/echo", std::string(301, 'a')));
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->header("Retry-After"), "1");
    EXPECT_EQ(first.ask("b")->body.size(), 601U);
    EXPECT_EQ(Client(server.port()).ask(post("/echo", std::string(301, 'a')))->body.size(), 301U);
}

TEST(HttpLimitsTest, GiveABodyThatIsOnlyAnnouncedNoPartOfTheBound) {
    TestServer server({.bodies_bytes_max = 900});
    std::deque<Client> all_talk;
    for (int i = 0; i < 10; ++i) {
        all_talk.emplace_back(server.port())
            .send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\nExpect: "
                "100-continue\r\n\r\n"
            );
        ASSERT_TRUE(all_talk.back().receive(false));  // 100: now its body is waited for
    }
    EXPECT_EQ(Client(server.port()).ask(post("/echo", std::string(900, 'a')))->status, 200);
}

TEST(HttpLimitsTest, EndAHeaderThatIsNotCompleteInTime) {
    TestServer server({.idle_timeout = 60s, .header_timeout = 50ms});
    Client client(server.port());
    client.send("GET /hello HTTP/1.1\r\nHost:");
    EXPECT_TRUE(client.closed());
}

TEST(HttpLimitsTest, EndAHeaderThatDripsOnAndOn) {
    // Neither size nor number of lines ends it here, and each line would keep a timeout per read
    // alive.
    TestServer server(
        {.header_bytes_max = 64'000 * kib, .header_lines_max = 100'000'000, .header_timeout = 50ms}
    );
    Client client(server.port());
    client.send("GET /hello HTTP/1.1\r\n");
    while (client.send("A: b\r\n")) {
    }
    EXPECT_TRUE(client.closed());
}

TEST(HttpLimitsTest, EndAConnectionThatStaysIdle) {
    TestServer server({.idle_timeout = 50ms});
    Client fresh(server.port());
    EXPECT_TRUE(fresh.closed());
    Client used(server.port());
    EXPECT_TRUE(used.ask(get("/hello")));
    EXPECT_TRUE(used.closed());
}

TEST(HttpLimitsTest, EndABodyThatComesTooSlowly) {
    TestServer server({.body_grace = 50ms, .bytes_per_second_min = 1'000'000'000});
    Client client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    EXPECT_TRUE(client.closed());
}

TEST(HttpLimitsTest, EndABodyThatStopsAfterAQuickBeginning) {
    TestServer server({.body_grace = 50ms, .bytes_per_second_min = 1});
    Client client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    client.send(std::string(999, 'a'));  // enough for 999 seconds, were it a saving
    EXPECT_TRUE(client.closed());
}

TEST(HttpLimitsTest, EndAnAnswerThatIsReadTooSlowlyWhileOthersAreServed) {
    TestServer server({.write_grace = 300ms, .bytes_per_second_min = 1'000'000'000});
    constexpr std::size_t size = 16'000'000;
    Client slow(server.port(), 4096);
    slow.send(get("/bytes?n=" + std::to_string(size)));
    ASSERT_TRUE(slow.receive(false));
    EXPECT_EQ(Client(server.port()).ask(get("/hello"))->body, "hello");
    // The connections counted tell when it was given up: this one is the other.
    Client other(server.port());
    ASSERT_TRUE(other.ask(get("/hello")));
    while (server.server().numbers().connections > 1) {
        ASSERT_TRUE(other.ask(get("/hello")));
    }
    EXPECT_LT(slow.rest().size(), size);
}

TEST(HttpLimitsTest, MakeTheSlowestReaderGoWhenAnswersGrowTooLargeInAll) {
    TestServer server({.responses_bytes_max = 15'000'000});
    constexpr std::size_t size = 12'000'000;
    Client slow(server.port(), 4096);
    slow.send(get("/bytes?n=" + std::to_string(size)));
    ASSERT_TRUE(slow.receive(false));
    Client quick(server.port());
    EXPECT_EQ(quick.ask(get("/bytes?n=" + std::to_string(size)))->body.size(), size);
    EXPECT_LT(slow.rest().size(), size);
}

TEST(HttpLimitsTest, MakeTheOldestIdleConnectionGoFirst) {
    TestServer server({.connections_max = 3});
    std::deque<Client> clients;
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(clients.emplace_back(server.port()).ask(get("/hello")));
    }
    EXPECT_TRUE(clients[0].ask(get("/hello")));  // now the second is idle longest
    EXPECT_TRUE(clients.emplace_back(server.port()).ask(get("/hello")));
    EXPECT_TRUE(clients[1].closed());
    for (const std::size_t i : {0U, 2U, 3U}) {
        EXPECT_TRUE(clients[i].ask(get("/hello"))) << i;
    }
    EXPECT_EQ(server.server().numbers().connections_evicted, 1U);
}

TEST(HttpLimitsTest, MakeAnUnfinishedRequestGoBeforeABusyOne) {
    TestServer server({.connections_max = 2});
    Client busy(server.port());
    busy.send(get("/later"));
    Responder respond = server.deferred.take();
    Client unfinished(server.port());
    EXPECT_TRUE(unfinished.ask(get("/hello")));
    unfinished.send("GET /hel");
    EXPECT_EQ(Client(server.port()).ask(get("/hello"))->body, "hello");
    EXPECT_TRUE(unfinished.closed());
    respond(plain("done"));
    EXPECT_EQ(busy.receive()->body, "done");
}

TEST(HttpLimitsTest, RefuseANewConnectionWhenAllAreBusy) {
    TestServer server({.connections_max = 1});
    Client busy(server.port());
    busy.send(get("/later"));
    Responder respond = server.deferred.take();
    EXPECT_FALSE(Client(server.port()).ask(get("/hello")));
    respond(plain("done"));
    EXPECT_EQ(busy.receive()->body, "done");
}

TEST(HttpLimitsTest, ServeAScrapeBesideFiveHundredIdleConnections) {
    TestServer server({.connections_max = 400});
    std::deque<Client> idle;
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(idle.emplace_back(server.port()).connected());
        if (i % 2 == 0) {
            idle.back().send("GET /hello HT");
        }
    }
    EXPECT_EQ(Client(server.port()).ask(get("/text?n=100000"))->body.size(), 100'000U);
    EXPECT_LE(server.server().numbers().connections, 400U);
}

/// Every way to be slow at once, within all limits: nobody is evicted, and a scrape does not wait.
TEST(HttpLimitsTest, ServeAScrapeBesideFiveHundredSlowConnections) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    TestServer server({.idle_timeout = 600s, .header_timeout = 600s, .body_grace = 600s});
    std::deque<Client> slow;
    const std::array<std::string, 6> beginnings{
        "",
        "G",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        get("/bytes?n=100000")};
    for (std::size_t i = 0; i < 500; ++i) {
        ASSERT_TRUE(slow.emplace_back(server.port(), 4096).connected()) << i;
        ASSERT_TRUE(slow.back().send(beginnings.at(i % beginnings.size()))) << i;
    }
    EXPECT_EQ(Client(server.port()).ask(get("/text?n=100000"))->body.size(), 100'000U);
    EXPECT_EQ(server.server().numbers().connections_evicted, 0U);
}

TEST(HttpLimitsTest, CloseAConnectionAfterItsLastAllowedRequest) {
    TestServer server({.requests_max = 2});
    Client client(server.port());
    EXPECT_EQ(client.ask(get("/hello"))->header("Connection"), "");
    EXPECT_EQ(client.ask(get("/hello"))->header("Connection"), "close");
    EXPECT_TRUE(client.closed());
}

}  // namespace

}  // namespace tally::serve
