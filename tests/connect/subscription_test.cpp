#include "tally/connect/subscription.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/scripted_server.hpp"
#include "connect/tls_server.hpp"
#include "tally/connect/frame.hpp"

namespace tally::connect {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Then = Script::Then;

const std::string stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;charset=utf-8\r\nConnection: close\r\n\r\n";
const std::string chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Writes down what it is told, in one line each; neighbouring body bytes as one.
class Log final : public SubscriptionListener {
  public:
    void on_attached(std::string_view url, TimeMs /*time*/) override {
        lines.push_back("attached");
        urls.emplace_back(url);
    }

    void on_bytes(std::string_view bytes, TimeMs /*time*/) override {
        if (lines.empty() || !lines.back().starts_with("bytes ")) {
            lines.emplace_back("bytes ");
        }
        lines.back() += bytes;
        bytes_count += bytes.size();
        for (std::size_t i = 0; i < body_padding; ++i) {
            padding_sum += static_cast<unsigned char>(bytes.data()[bytes.size() + i]);
        }
        then();
    }

    void on_end(const Ending& ending, TimeMs /*time*/) override {
        lines.push_back(
            (ending.attached ? "session ended " : "attempt failed ") +
            std::string(to_string(ending.cause))
        );
        details.push_back(ending.detail);
        ++ends;
        then();
    }

    void on_attempt(Cause cause, TimeMs /*time*/) override {
        lines.push_back("attempt after " + std::string(to_string(cause)));
    }

    std::vector<std::string> lines;
    std::vector<std::string> urls;
    std::vector<std::string> details;
    std::size_t bytes_count = 0;
    int ends = 0;
    unsigned padding_sum = 0;
    std::function<void()> then = [] {};
};

class SubscriptionTest : public testing::Test {
  protected:
    void subscribe(const std::vector<std::string>& urls) {
        for (const auto& url : urls) {
            options.members.push_back(*parse_endpoint(url));
        }
        subscription.emplace(io, options, log);
    }

    void run_until(const std::function<bool()>& reached) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!reached()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << "does not get there";
            io.run_one_for(milliseconds(1000));
        }
    }

    void run_until_end() {
        run_until([this] { return log.ends > 0; });
    }

    /// One attempt with one server that plays this; how it ends.
    std::vector<std::string> lines_of(Script script) {
        const ScriptedServer server(io, {std::move(script)});
        subscribe({server.url()});
        run_until_end();
        return log.lines;
    }

    SubscriptionTest() {
        options.backoff = {
            .wait_first = milliseconds(1),
            .wait_max = milliseconds(1),
            .stable_min = milliseconds(10000)};
    }

    boost::asio::io_context io{1};
    Log log;
    Subscription::Options options;
    std::optional<Subscription> subscription;
};

TEST_F(SubscriptionTest, AsksExactlyAsMarathonWantsIt) {
    const ScriptedServer server(io, {{stream_head}});
    subscribe({server.url() + "/service/marathon"});
    run_until_end();
    EXPECT_EQ(
        server.requests().front(),
        "GET /service/marathon/v2/events?plan-format=light HTTP/1.1\r\n"
        "Host: 127.0.0.1:" +
            std::to_string(server.port()) +
            "\r\n"
            "User-Agent: marathon-tally/" TALLY_VERSION
            "\r\n"
            "Accept: text/event-stream\r\n\r\n"
    );
}

TEST_F(SubscriptionTest, HandsTheBodyOnUntilItsEnd) {
    EXPECT_THAT(
        lines_of({stream_head + "data: x\r\n\r\n"}),
        ElementsAre("attached", "bytes data: x\r\n\r\n", "session ended closed")
    );
}

TEST_F(SubscriptionTest, HandsALongBodyOnWhole) {
    const std::string body(1 << 20, 'x');
    EXPECT_THAT(
        lines_of({stream_head + body}),
        ElementsAre("attached", "bytes " + body, "session ended closed")
    );
}

TEST_F(SubscriptionTest, ComesBackAfterTheEnd) {
    const ScriptedServer server(io, {{stream_head + "x"}, {stream_head + "y"}, {stream_head}});
    subscribe({server.url()});
    run_until([this] { return log.ends == 3; });
    EXPECT_THAT(
        log.lines,
        ElementsAre(
            "attached",
            "bytes x",
            "session ended closed",
            "attempt after closed",
            "attached",
            "bytes y",
            "session ended closed",
            "attempt after closed",
            "attempt failed empty"
        )
    );
}

TEST_F(SubscriptionTest, HandsOnTheBytesOfAChunkWhoseEndHasNotCome) {
    const ScriptedServer server(
        io, {{chunked_head + "9\r\ndata: x\r\n\r\n4\r\n\r\nda", Then::stay}}
    );
    subscribe({server.url()});
    run_until([this] { return log.bytes_count == 13; });
    EXPECT_THAT(log.lines, ElementsAre("attached", "bytes data: x\r\n\r\nda"));
}

TEST_F(SubscriptionTest, TakesTheLastChunkForTheEnd) {
    EXPECT_THAT(
        lines_of({chunked_head + "1\r\nx\r\n0\r\n\r\n", Then::stay}),
        ElementsAre("attached", "bytes x", "session ended closed")
    );
}

TEST_F(SubscriptionTest, TakesAnEndInsideAChunkForTheEnd) {
    EXPECT_THAT(
        lines_of({chunked_head + "9\r\nx"}),
        ElementsAre("attached", "bytes x", "session ended closed")
    );
}

TEST_F(SubscriptionTest, IsNotAttachedBeforeTheFirstByte) {
    EXPECT_THAT(lines_of({stream_head}), ElementsAre("attempt failed empty"));
}

TEST_F(SubscriptionTest, NoticesAReset) {
    options.timeouts.silence = milliseconds(5000);
    const ScriptedServer server(io, {{stream_head, Then::reset}});
    subscribe({server.url()});
    run_until_end();
    EXPECT_THAT(log.lines, ElementsAre("attempt failed reset"));
}

TEST_F(SubscriptionTest, NoticesSilence) {
    options.timeouts.silence = milliseconds(30);
    EXPECT_THAT(
        lines_of({stream_head + "x", Then::stay}),
        ElementsAre("attached", "bytes x", "session ended silent")
    );
}

TEST_F(SubscriptionTest, NoticesSilenceBeforeTheFirstByte) {
    options.timeouts.silence = milliseconds(30);
    EXPECT_THAT(lines_of({stream_head, Then::stay}), ElementsAre("attempt failed silent"));
}

TEST_F(SubscriptionTest, NoticesThatNoHeaderComes) {
    options.timeouts.header = milliseconds(30);
    EXPECT_THAT(
        lines_of({"HTTP/1.1 200 OK\r\nContent-Ty", Then::stay}),
        ElementsAre("attempt failed timeout")
    );
}

TEST_F(SubscriptionTest, NoticesThatTheAnswerIsNotHttp) {
    EXPECT_THAT(
        lines_of({"SSH-2.0-OpenSSH_9.2\r\n\r\n", Then::stay}),
        ElementsAre("attempt failed not_a_stream")
    );
}

TEST_F(SubscriptionTest, BoundsTheHeader) {
    const std::string field = "X-Padding: " + std::string(1000, 'x') + "\r\n";
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100; ++i) {
        head += field;
    }
    EXPECT_THAT(lines_of({head, Then::stay}), ElementsAre("attempt failed too_large"));
}

TEST_F(SubscriptionTest, BoundsASingleHeaderField) {
    EXPECT_THAT(
        lines_of({"HTTP/1.1 200 OK\r\nX-Padding: " + std::string(100000, 'x'), Then::stay}),
        ElementsAre("attempt failed too_large")
    );
}

TEST_F(SubscriptionTest, JudgesTheAnswer) {
    EXPECT_THAT(
        lines_of({"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", Then::stay}),
        ElementsAre("attempt failed http_5xx")
    );
}

TEST_F(SubscriptionTest, NoticesAResetOfASession) {
    EXPECT_THAT(
        lines_of({stream_head + "x", Then::reset}),
        ElementsAre("attached", "bytes x", "session ended reset")
    );
}

TEST_F(SubscriptionTest, JudgesEveryKindOfAnswer) {
    struct Row {
        const char* head;
        const char* end;
    };

    const std::vector<Row> rows = {
        {"HTTP/1.1 401 No\r\n\r\n", "attempt failed unauthorized"},
        {"HTTP/1.1 403 No\r\n\r\n", "attempt failed unauthorized"},
        {"HTTP/1.1 404 No\r\n\r\n", "attempt failed http_4xx"},
        {"HTTP/1.1 500 No\r\n\r\n", "attempt failed http_5xx"},
        {"HTTP/1.1 204 No\r\n\r\n", "attempt failed not_a_stream"},
        {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "attempt failed not_a_stream"},
        {"HTTP/1.1 302 Found\r\n\r\n", "attempt failed redirect"},
        {"HTTP/1.1 302 Found\r\nLocation: /v2/events?plan-format=light\r\n\r\n",
         "attempt failed redirect"},
        {"", "attempt failed closed"},
    };
    for (const auto& row : rows) {
        log = Log();
        options.members.clear();
        EXPECT_THAT(lines_of({row.head}), ElementsAre(row.end)) << row.head;
    }
}

TEST_F(SubscriptionTest, NoticesThatTheLeaderHasChanged) {
    const ScriptedServer old_leader(io, {{stream_head + "x"}});
    const ScriptedServer new_leader(io, {{stream_head + "y", Then::stay}});
    subscribe({old_leader.url(), new_leader.url()});
    run_until([this] { return log.bytes_count == 2; });
    EXPECT_THAT(
        log.lines,
        ElementsAre(
            "attached",
            "bytes x",
            "session ended closed",
            "attempt after leader_changed",
            "attached",
            "bytes y"
        )
    );
}

TEST_F(SubscriptionTest, NoticesThatTheLeaderHasBecomeAStandby) {
    const ScriptedServer leader(io, {{stream_head + "y", Then::stay}});
    const ScriptedServer server(
        io,
        {{stream_head + "x"},
         {"HTTP/1.1 302 Found\r\nLocation: " + leader.url() + "/v2/events\r\n\r\n"}}
    );
    subscribe({server.url()});
    run_until([this] { return log.bytes_count == 2; });
    EXPECT_EQ(log.lines[3], "attempt after leader_changed");
    EXPECT_THAT(log.urls, ElementsAre(server.url(), leader.url() + "/v2/events"));
}

TEST_F(SubscriptionTest, CountsItsFirstAttemptWhenASessionWasBefore) {
    options.before = Cause::crash;
    EXPECT_THAT(
        lines_of({stream_head + "x"}),
        ElementsAre("attempt after crash", "attached", "bytes x", "session ended closed")
    );
}

TEST_F(SubscriptionTest, NoticesThatThereIsNoWayToAHost) {
    subscribe({"http://255.255.255.255:1"});  // for everybody, so no connection's end; nothing leaves the machine
    run_until_end();
    EXPECT_THAT(log.lines, ElementsAre("attempt failed unreachable"));
}

TEST_F(SubscriptionTest, NoticesThatNobodyListens) {
    unsigned short port = 0;
    {
        const ScriptedServer::tcp::acceptor closed_soon(
            io, {boost::asio::ip::address_v4::loopback(), 0}
        );
        port = closed_soon.local_endpoint().port();
    }
    subscribe({"http://127.0.0.1:" + std::to_string(port)});
    run_until_end();
    EXPECT_THAT(log.lines, ElementsAre("attempt failed refused"));
}

TEST_F(SubscriptionTest, NoticesThatANameHasNoAddress) {
    subscribe({"http://" + std::string(64, 'a')}
    );  // too long for a label, so no name server is asked
    run_until_end();
    EXPECT_THAT(log.lines, ElementsAre("attempt failed dns"));
}

TEST_F(SubscriptionTest, LooksNamesUpAndTriesEachAddress) {
    const ScriptedServer server(io, {{stream_head + "x", Then::stay}});
    subscribe({server.url("localhost")});
    run_until([this] { return log.bytes_count == 1; });
    EXPECT_THAT(log.lines, ElementsAre("attached", "bytes x"));
}

TEST_F(SubscriptionTest, FollowsARedirectWithCredentials) {
    const ScriptedServer leader(io, {{stream_head + "x", Then::stay}});
    const ScriptedServer standby(
        io,
        {{"HTTP/1.1 302 Found\r\nLocation: " + leader.url() +
              "/v2/events?plan-format=light\r\n\r\n",
          Then::stay}}
    );
    subscribe({standby.url("127.0.0.1", "user:pass@")});
    run_until([this] { return log.bytes_count == 1; });
    EXPECT_THAT(log.urls, ElementsAre(leader.url() + "/v2/events"));
    EXPECT_THAT(standby.requests().front(), HasSubstr("\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"));
    EXPECT_THAT(leader.requests().front(), HasSubstr("\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"));
    EXPECT_THAT(
        leader.requests().front(),
        testing::StartsWith("GET /v2/events?plan-format=light HTTP/1.1\r\n")
    );
}

TEST_F(SubscriptionTest, AsksForCredentialsAtEveryAttempt) {
    int asked = 0;
    options.credentials = [&asked] {
        return Subscription::Credentials{"token=" + std::to_string(++asked), ""};
    };
    const ScriptedServer server(io, {{"HTTP/1.1 401 No\r\n\r\n"}, {stream_head + "x", Then::stay}});
    subscribe({server.url()});
    run_until([this] { return log.bytes_count == 1; });
    EXPECT_THAT(
        log.lines,
        ElementsAre(
            "attempt failed unauthorized", "attempt after unauthorized", "attached", "bytes x"
        )
    );
    EXPECT_THAT(server.requests().front(), HasSubstr("\r\nAuthorization: token=1\r\n"));
    EXPECT_THAT(server.requests().back(), HasSubstr("\r\nAuthorization: token=2\r\n"));
}

TEST_F(SubscriptionTest, SendsNothingWithoutItsCredentials) {
    for (const auto& bad :
         {Subscription::Credentials{"", "token.txt: not there"},
          Subscription::Credentials{"a\r\nb", ""}}) {
        options.credentials = [bad] { return bad; };
        log = Log();
        const ScriptedServer server(io, {{stream_head + "x", Then::stay}});
        subscribe({server.url()});
        run_until_end();
        EXPECT_EQ(log.lines.front(), "attempt failed unauthorized");
        EXPECT_TRUE(server.requests().empty());
        options.members.clear();
    }
}

TEST_F(SubscriptionTest, StopsPromptlyAndForGood) {
    const ScriptedServer server(io, {{stream_head + "x", Then::stay}});
    subscribe({server.url()});
    run_until([this] { return log.bytes_count == 1; });
    subscription->stop();
    run_until([&] { return server.left() == 1; });
    io.poll();
    EXPECT_THAT(log.lines, ElementsAre("attached", "bytes x", "session ended shutdown"));
}

TEST_F(SubscriptionTest, StopsFromInsideACallback) {
    const ScriptedServer server(io, {{stream_head + "x", Then::stay}});
    subscribe({server.url()});
    log.then = [this] { subscription->stop(Cause::reload); };
    run_until([&] { return server.left() == 1; });
    io.poll();
    EXPECT_THAT(log.lines, ElementsAre("attached", "bytes x", "session ended reload"));
}

TEST_F(SubscriptionTest, SaysNothingMoreOnceItIsDestroyed) {
    const ScriptedServer server(io, {{stream_head + "x", Then::stay}});
    subscribe({server.url()});
    log.then = [this] { subscription.reset(); };
    run_until([&] { return server.left() == 1; });
    io.poll();
    EXPECT_THAT(log.lines, ElementsAre("attached", "bytes x"));
}

TEST_F(SubscriptionTest, StopsWhileItWaitsConnectsOrLooksUp) {
    options.backoff = {.wait_first = milliseconds(100000), .wait_max = milliseconds(100000)};
    subscribe({"http://localhost:1"});
    io.run_one();  // now the look-up is on its way
    subscription->stop();
    io.run();  // returns only when the coroutine is gone
    EXPECT_THAT(log.lines, ElementsAre());
    io.restart();
    subscribe({"http://127.0.0.1:1"});
    run_until_end();
    subscription->stop();
    io.run();
    EXPECT_EQ(log.ends, 1);
}

TEST_F(SubscriptionTest, ReadsNothingWhileItIsHeld) {
    const std::string body(20 << 20, 'x');
    const ScriptedServer server(io, {{stream_head + body, Then::stay}});
    subscribe({server.url()});
    int calls = 0;
    log.then = [&] {
        ++calls;
        subscription->hold();
    };
    run_until([&] { return calls > 0; });
    while (io.poll() > 0) {
    }
    EXPECT_LE(calls, 2);
    EXPECT_LT(log.bytes_count, 200000U);
    log.then = [] {};
    subscription->release();
    run_until([&] { return log.bytes_count == body.size(); });
}

class SubscriptionTlsTest : public SubscriptionTest {
  protected:
    SubscriptionTlsTest() {
        server.emplace(io, std::vector<Script>{{stream_head + "x", Then::stay}}, &tls.context);
    }

    std::vector<std::string> lines_with(const std::string& host) {
        subscribe({server->url(host)});
        run_until([this] { return log.bytes_count > 0 || log.ends > 0; });
        return log.lines;
    }

    TlsServer tls;
    std::optional<ScriptedServer> server;
};

TEST_F(SubscriptionTlsTest, AttachesToAServerThatItsCaKnows) {
    options.tls.ca_file = tls.ca_file;
    EXPECT_THAT(lines_with("localhost"), ElementsAre("attached", "bytes x"));
}

TEST_F(SubscriptionTlsTest, VerifiesAnAddressToo) {
    options.tls.ca_file = tls.ca_file;
    EXPECT_THAT(lines_with("127.0.0.1"), ElementsAre("attached", "bytes x"));
}

TEST_F(SubscriptionTlsTest, RefusesAServerThatNobodyKnows) {
    EXPECT_THAT(lines_with("127.0.0.1"), ElementsAre("attempt failed tls"));
    EXPECT_TRUE(server->requests().empty());
}

TEST_F(SubscriptionTlsTest, RefusesACertificateForAnotherName) {
    options.tls.ca_file = tls.ca_file;
    options.tls.server_name = "marathon.example";
    EXPECT_THAT(lines_with("127.0.0.1"), ElementsAre("attempt failed tls"));
}

TEST_F(SubscriptionTlsTest, TakesAnyServerWhenToldTo) {
    options.tls.insecure_skip_verify = true;
    EXPECT_THAT(lines_with("127.0.0.1"), ElementsAre("attached", "bytes x"));
}

TEST_F(SubscriptionTlsTest, NamesTheFileThatCannotBeUsed) {
    options.tls.ca_file = tls.ca_file + ".missing";
    EXPECT_THAT(lines_with("127.0.0.1"), ElementsAre("attempt failed tls"));
    EXPECT_THAT(log.details.front(), HasSubstr(options.tls.ca_file));
}

TEST_F(SubscriptionTlsTest, ShowsItsOwnCertificate) {
    tls.context.set_verify_mode(
        boost::asio::ssl::verify_peer | boost::asio::ssl::verify_fail_if_no_peer_cert
    );
    tls.context.add_certificate_authority(boost::asio::buffer(tls.certificate.certificate));
    options.tls.ca_file = tls.ca_file;
    options.tls.cert_file = tls.ca_file;
    options.tls.key_file = tls.key_file;
    EXPECT_THAT(lines_with("127.0.0.1"), ElementsAre("attached", "bytes x"));
}

TEST_F(SubscriptionTlsTest, NoticesThatTheHandshakeGetsNoAnswer) {
    const ScriptedServer plain(
        io, {{""}}
    );  // waits for the end of a request head, which TLS never sends
    options.timeouts.connect = milliseconds(100);
    subscribe({"https://127.0.0.1:" + std::to_string(plain.port())});
    run_until_end();
    EXPECT_THAT(log.lines, ElementsAre("attempt failed timeout"));
}

}  // namespace
}  // namespace tally::connect
