#include "tally/connect/rest_client.hpp"

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
using testing::Not;
using testing::StartsWith;
using Reply = RestClient::Reply;
using Then = Script::Then;

std::string answer(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string redirect(const std::string& location) {
    return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + "\r\n\r\n";
}

const std::string chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

class RestClientTest : public testing::Test {
  protected:
    Reply ask(RestClient::Request request) {
        begin(std::move(request));
        run_until([this] { return !replies.empty(); });
        io.poll();
        EXPECT_EQ(replies.size(), 1U) << "exactly once";
        return replies.empty() ? Reply() : replies.back();
    }

    void begin(RestClient::Request request) {
        if (!client) {
            client.emplace(io, options);
        }
        client->ask(std::move(request), [this](Reply reply) {
            replies.push_back(std::move(reply));
            then();
        });
    }

    /// GET /v2/info of a server that plays this.
    Reply reply_to(Script script) {
        const ScriptedServer server(io, {std::move(script)});
        return ask(info_of(server.url()));
    }

    RestClient::Request info_of(const std::string& url, const std::string& target = "/v2/info") {
        return {.method = "GET", .server = *parse_endpoint(url), .target = target};
    }

    void run_until(const std::function<bool()>& reached) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!reached()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << "does not get there";
            io.run_one_for(milliseconds(1000));
        }
    }

    boost::asio::io_context io{1};
    RestClient::Options options;
    std::optional<RestClient> client;
    std::vector<Reply> replies;
    std::function<void()> then = [] {};
};

TEST_F(RestClientTest, AsksForJsonAndHandsOutTheWholeBody) {
    const ScriptedServer server(io, {{answer("{}"), Then::stay}});
    const auto reply = ask(info_of(server.url() + "/service/marathon/", "/v2/tasks?status=running"));
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.body, "{}");
    EXPECT_EQ(
        server.requests().front(),
        "GET /service/marathon/v2/tasks?status=running HTTP/1.1\r\n"
        "Host: 127.0.0.1:" +
            std::to_string(server.port()) +
            "\r\n"
            "User-Agent: marathon-tally/" TALLY_VERSION
            "\r\n"
            "Accept: application/json\r\n\r\n"
    );
    run_until([&] { return server.left() == 1; });  // it does not wait for the server to close
}

TEST_F(RestClientTest, SaysThatAPostWithoutABodyHasNone) {
    for (const char* method : {"POST", "DELETE"}) {
        replies.clear();
        const ScriptedServer server(io, {{answer("")}});
        ask({.method = method, .server = *parse_endpoint(server.url()), .target = "/v2/eventSubscriptions?callbackUrl=x"});
        EXPECT_THAT(server.requests().front(), StartsWith(std::string(method) + " /v2/eventSubscriptions?callbackUrl=x "));
        EXPECT_THAT(server.requests().front(), HasSubstr("\r\nContent-Length: 0\r\n"));
    }
}

TEST_F(RestClientTest, SendsABody) {
    const ScriptedServer server(io, {{answer("")}});
    ask({.method = "POST", .server = *parse_endpoint(server.url()), .target = "/login", .body = R"({"a":1})"});
    EXPECT_THAT(server.requests().front(), HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(server.requests().front(), HasSubstr("\r\nContent-Length: 7\r\n"));
    EXPECT_THAT(server.requests().front(), testing::EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST_F(RestClientTest, HandsOutAnswersOfAnyStatus) {
    for (const unsigned status : {204U, 304U, 400U, 401U, 403U, 404U, 500U, 503U}) {
        replies.clear();
        const bool bodiless = status == 204 || status == 304;
        const auto reply = reply_to(
            {bodiless ? "HTTP/1.1 " + std::to_string(status) + " x\r\n\r\n" : answer("why", std::to_string(status) + " x"),
             Then::stay}
        );
        EXPECT_EQ(reply.status, status);
        EXPECT_EQ(reply.body, bodiless ? "" : "why");
    }
}

TEST_F(RestClientTest, ReadsChunksAndWhatEndsWithTheConnection) {
    EXPECT_EQ(reply_to({chunked_head + "2\r\n[1\r\n2;x=y\r\n2]\r\n0\r\nTrailer: x\r\n\r\n", Then::stay}).body, "[12]");
    replies.clear();
    EXPECT_EQ(reply_to({"HTTP/1.0 200 OK\r\n\r\n[1]"}).body, "[1]");
}

TEST_F(RestClientTest, PutsReadableBytesBehindTheBody) {
    for (const auto& body : {std::string(), std::string("{}"), std::string(300'000, 'x')}) {
        replies.clear();
        const ScriptedServer server(io, {{answer(body)}});
        ask(info_of(server.url()));
        const Reply reply = std::move(replies.front());
        ASSERT_EQ(reply.body, body);
        EXPECT_EQ(std::string(reply.body.data() + body.size(), body_padding), std::string(body_padding, '\0'));
        replies.emplace_back();
    }
}

TEST_F(RestClientTest, TakesABodyCutShortForNoAnswer) {
    const std::vector<Script> cut = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"},
        {chunked_head},
        {chunked_head + "2\r\n{}\r\n"},
        {chunked_head + "5\r\n{}"},
        {chunked_head + "2\r\n{}\r\n0\r\n"}};
    for (const auto& script : cut) {
        replies.clear();
        const auto reply = reply_to(script);
        EXPECT_EQ(reply.status, 0U) << script.text;
        EXPECT_EQ(reply.failure, Cause::closed) << script.text;
        EXPECT_EQ(reply.body, "");
        EXPECT_THAT(reply.detail, HasSubstr("cut short"));
    }
}

TEST_F(RestClientTest, SaysWhyThereIsNoAnswer) {
    struct Row {
        Script script;
        Cause failure;
    };

    const std::vector<Row> rows = {
        {{""}, Cause::closed},
        {{"HTTP/1.1 200 OK\r\nConte"}, Cause::closed},
        {{"", Then::reset}, Cause::reset},
        {{"SSH-2.0-OpenSSH\r\n\r\n", Then::stay}, Cause::not_a_stream},
        {{chunked_head + "xyz\r\n", Then::stay}, Cause::not_a_stream},
        {{"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), Then::stay}, Cause::too_large},
    };
    for (const auto& row : rows) {
        replies.clear();
        const auto reply = reply_to(row.script);
        EXPECT_EQ(reply.status, 0U) << row.script.text.substr(0, 40);
        EXPECT_EQ(reply.failure, row.failure) << row.script.text.substr(0, 40);
        EXPECT_THAT(reply.detail, StartsWith("http://127.0.0.1:"));
    }
}

TEST_F(RestClientTest, SaysThatNobodyListens) {
    std::string url;
    {
        const ScriptedServer::tcp::acceptor closed_soon(io, {boost::asio::ip::address_v4::loopback(), 0});
        url = "http://127.0.0.1:" + std::to_string(closed_soon.local_endpoint().port());
    }
    EXPECT_EQ(ask(info_of(url)).failure, Cause::refused);
}

TEST_F(RestClientTest, SendsNoTargetThatWouldEndTheLine) {
    const ScriptedServer server(io, {{answer("{}")}});
    for (const char* target : {"/v2/info HTTP/1.1\r\nX: y", "v2/info", "/a b", "/\xC3\xA4"}) {
        replies.clear();
        EXPECT_EQ(ask(info_of(server.url(), target)).status, 0U);
    }
    EXPECT_THAT(server.requests(), ElementsAre());
}

TEST_F(RestClientTest, HasALimitForTheWholeRequest) {
    options.within = milliseconds(50);
    for (const char* text : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"}) {
        replies.clear();
        const auto reply = reply_to({text, Then::stay});
        EXPECT_EQ(reply.status, 0U);
        EXPECT_EQ(reply.failure, Cause::timeout);
    }
}

TEST_F(RestClientTest, BoundsTheBodyHoweverItIsSent) {
    options.body_bytes_max = 1000;
    const std::string large(1001, 'x');
    const std::vector<Script> scripts = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", Then::stay},
        {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", Then::stay},
        {"HTTP/1.0 200 OK\r\n\r\n" + large, Then::stay},
        {chunked_head + "3e9\r\n" + large + "\r\n", Then::stay},
        {chunked_head + "1f4\r\n" + large.substr(0, 500) + "\r\n1f5\r\n" + large.substr(0, 501), Then::stay}};
    for (const auto& script : scripts) {
        replies.clear();
        const auto reply = reply_to(script);
        EXPECT_EQ(reply.status, 0U);
        EXPECT_EQ(reply.failure, Cause::too_large);
    }
    replies.clear();
    EXPECT_EQ(reply_to({answer(large.substr(1))}).body.size(), 1000U);
}

TEST_F(RestClientTest, AllocatesNothingForALengthThatIsALie) {
    const auto reply = reply_to({"HTTP/1.1 200 OK\r\nContent-Length: 536870912\r\n\r\n{}"});
    EXPECT_EQ(reply.failure, Cause::closed);
    EXPECT_LT(reply.body.capacity(), 1000U);
}

TEST_F(RestClientTest, FollowsRedirectsOfAGetWithCredentials) {
    options.credentials = [] { return Subscription::Credentials{"token=x", ""}; };
    const ScriptedServer leader(io, {{answer("{}")}});
    const ScriptedServer standby(io, {{redirect(leader.url() + "/v2/info?x=y")}});
    options.members = {*parse_endpoint(standby.url())};
    EXPECT_EQ(ask(info_of(standby.url())).body, "{}");
    EXPECT_THAT(leader.requests().front(), StartsWith("GET /v2/info?x=y HTTP/1.1\r\n"));
    EXPECT_THAT(leader.requests().front(), HasSubstr("\r\nAuthorization: token=x\r\n"));
}

TEST_F(RestClientTest, FollowsNoRedirectOfAnotherMethod) {
    const ScriptedServer standby(io, {{redirect("http://127.0.0.1:1/")}});
    const auto reply = ask({.method = "POST", .server = *parse_endpoint(standby.url()), .target = "/x"});
    EXPECT_EQ(reply.status, 302U);
}

TEST_F(RestClientTest, GivesUpInACircleAndAfterThreeRedirects) {
    const ScriptedServer circle(io, {{redirect("/v2/info")}});
    EXPECT_EQ(ask(info_of(circle.url())).failure, Cause::redirect);
    EXPECT_EQ(circle.requests().size(), 1U);
    replies.clear();
    const ScriptedServer endless(
        io, {{redirect("/1")}, {redirect("/2")}, {redirect("/3")}, {redirect("/4")}, {redirect("/5")}}
    );
    const auto reply = ask(info_of(endless.url()));
    EXPECT_EQ(reply.failure, Cause::redirect);
    EXPECT_EQ(endless.requests().size(), 4U);
}

TEST_F(RestClientTest, KeepsCredentialsFromStrangers) {
    int asked = 0;
    options.credentials = [&asked] {
        ++asked;
        return Subscription::Credentials{"token=x", ""};
    };
    const ScriptedServer stranger(io, {{answer("{}")}});
    options.members = {*parse_endpoint("http://127.0.0.1:1")};
    ask(info_of(stranger.url("127.0.0.1", "user:pass@")));
    EXPECT_THAT(stranger.requests().front(), Not(HasSubstr("Authorization")));
    EXPECT_EQ(asked, 0);
}

TEST_F(RestClientTest, ReadsCredentialsAtEachRequestAndAsksOnlyOnce) {
    int asked = 0;
    options.credentials = [&asked] {
        return Subscription::Credentials{"token=" + std::to_string(++asked), ""};
    };
    const ScriptedServer server(io, {{answer("no", "401 Unauthorized")}, {answer("{}")}});
    options.members = {*parse_endpoint(server.url())};
    EXPECT_EQ(ask(info_of(server.url())).status, 401U);
    EXPECT_EQ(server.requests().size(), 1U);
    replies.clear();
    EXPECT_EQ(ask(info_of(server.url())).status, 200U);
    EXPECT_THAT(server.requests().back(), HasSubstr("\r\nAuthorization: token=2\r\n"));
}

TEST_F(RestClientTest, KnowsAMembersUserinfo) {
    const ScriptedServer server(io, {{answer("{}")}});
    options.members = {*parse_endpoint(server.url("127.0.0.1", "user:pass@"))};
    const auto reply = ask(info_of(server.url()));
    EXPECT_THAT(server.requests().front(), HasSubstr("\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"));
}

TEST_F(RestClientTest, SendsNothingWithoutItsCredentialsAndTellsNoSecret) {
    options.credentials = [] { return Subscription::Credentials{"", "token.txt: cannot be read"}; };
    const ScriptedServer server(io, {{answer("{}")}});
    options.members = {*parse_endpoint(server.url())};
    const auto reply = ask(info_of(server.url()));
    EXPECT_EQ(reply.failure, Cause::unauthorized);
    EXPECT_EQ(reply.detail, server.url() + ": token.txt: cannot be read");
    EXPECT_THAT(server.requests(), ElementsAre());
    replies.clear();
    const auto refused = ask(info_of("http://user:secret@127.0.0.1:1"));
    EXPECT_THAT(refused.detail, Not(HasSubstr("secret")));
}

TEST_F(RestClientTest, AnswersLaterAndSeveralAtATime) {
    const ScriptedServer server(io, {{answer("{}")}});
    for (int i = 0; i < 5; ++i) {
        begin(info_of(server.url()));
    }
    EXPECT_TRUE(replies.empty());
    run_until([this] { return replies.size() == 5; });
}

TEST_F(RestClientTest, SaysNothingMoreOnceItIsDestroyed) {
    const ScriptedServer silent(io, {{"", Then::stay}});
    begin(info_of(silent.url()));
    run_until([&] { return !silent.requests().empty(); });
    begin(info_of(silent.url()));       // not begun yet
    begin(info_of("http://localhost:1"));  // nor this
    client.reset();
    run_until([&] { return silent.left() == 1; });
    while (io.poll() > 0) {
    }
    EXPECT_TRUE(replies.empty());
    EXPECT_EQ(silent.requests().size(), 1U);
}

TEST_F(RestClientTest, MayBeDestroyedInsideACall) {
    const ScriptedServer server(io, {{answer("{}")}});
    const ScriptedServer silent(io, {{"", Then::stay}});
    then = [this] { client.reset(); };
    begin(info_of(silent.url()));
    begin(info_of(server.url()));
    run_until([&] { return silent.left() == 1; });
    EXPECT_EQ(replies.size(), 1U);
}

TEST_F(RestClientTest, SpeaksTls) {
    TlsServer tls;
    const ScriptedServer server(io, {{answer("{}")}}, &tls.context);
    EXPECT_EQ(ask(info_of(server.url())).failure, Cause::tls);
    client.reset();
    replies.clear();
    options.tls.ca_file = tls.ca_file;
    EXPECT_EQ(ask(info_of(server.url())).body, "{}");
}

TEST_F(RestClientTest, TakesATlsStreamThatIsCutForNoEnd) {
    TlsServer tls;
    options.tls.ca_file = tls.ca_file;
    const ScriptedServer server(io, {{"HTTP/1.0 200 OK\r\n\r\n{}"}}, &tls.context);
    EXPECT_EQ(ask(info_of(server.url())).failure, Cause::closed);
}

}  // namespace
}  // namespace tally::connect
