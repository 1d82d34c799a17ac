#include <deque>

#include <gtest/gtest.h>

#include "serve/certificates.hpp"
#include "serve/client.hpp"
#include "serve/passwords.hpp"
#include "serve/test_server.hpp"
#include "support/scratch.hpp"

namespace tally::serve {

namespace {

using namespace std::chrono_literals;
using testing::bcrypt_hash;
using testing::Client;
using testing::get;
using testing::post;
using testing::TestServer;
using testing::write_file;

const std::string alice = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";  // alice:secret
const std::string wrong = "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n";  // alice:wrong
const std::string bob = "Authorization: Basic Ym9iOnNlY3JldA==\r\n";    // bob:secret

WebConfig with_alice() {
    WebConfig config;
    config.users = {{"alice", bcrypt_hash("secret")}};
    return config;
}

TEST(BasicAuthOfTheServerTest, LetsInWhoKnowsThePassword) {
    TestServer server({}, {}, with_alice());
    Client client(server.port());
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.ask(get("/hello", alice))->body, "hello");
    }
    EXPECT_EQ(client.ask(post("/echo", "abc", alice))->body, "abc");
}

TEST(BasicAuthOfTheServerTest, TurnsAwayAllOthersWithTheSameWords) {
    TestServer server({}, {}, with_alice());
    Client client(server.port());
    for (const std::string& lines :
         {std::string(),
          wrong,
          bob,
          std::string("Authorization: Bearer abc\r\n"),
          std::string("Authorization: Basic !\r\n"),
          alice + wrong}) {
        const auto reply = client.ask(get("/hello", lines));
        ASSERT_TRUE(reply) << lines;
        EXPECT_EQ(reply->status, 401) << lines;
        EXPECT_EQ(
            reply->header("WWW-Authenticate"), "Basic realm=\"marathon-tally\", charset=\"UTF-8\""
        );
        EXPECT_EQ(reply->body, "{\"error\":\"a user name and its password are needed\"}\n");
    }
    EXPECT_EQ(client.ask(get("/hello", alice))->body, "hello");
}

TEST(BasicAuthOfTheServerTest, DoesNotTellStrangersWhatThereIs) {
    TestServer server({}, {}, with_alice());
    Client client(server.port());
    EXPECT_EQ(client.ask(get("/nowhere"))->status, 401);
    EXPECT_EQ(client.ask("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n")->status, 401);
    EXPECT_EQ(client.ask(get("/nowhere", alice))->status, 404);
}

TEST(BasicAuthOfTheServerTest, DoesNotReadTheBodyOfAStranger) {
    TestServer server({.bodies_bytes_max = 900}, {}, with_alice());
    Client client(server.port());
    const auto reply = client.ask(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 950\r\nExpect: 100-continue\r\n\r\n"
    );
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 401);
    EXPECT_TRUE(client.closed());
}

TEST(BasicAuthOfTheServerTest, RefusesMalformedRequestsBeforeAskingWhoSentThem) {
    TestServer server({}, {}, with_alice());
    EXPECT_EQ(Client(server.port()).ask("GET\r\n\r\n")->status, 400);
}

TEST(BasicAuthOfTheServerTest, ServesOthersWhileBcryptWorks) {
    WebConfig config = with_alice();
    config.users["slow"] = bcrypt_hash("x", "$2b$", 10);
    TestServer server({.password_checks_max = 2}, {}, config);
    Client remembered(server.port());
    EXPECT_EQ(remembered.ask(get("/hello", alice))->body, "hello");
    // Three guesses at a time: one is looked at, two wait, and there is no room for more.
    const std::string guess = "Authorization: Basic c2xvdzp5\r\n";  // slow:y
    std::deque<Client> guessing;
    for (int i = 0; i < 6; ++i) {
        guessing.emplace_back(server.port()).send(get("/hello", guess));
    }
    EXPECT_EQ(remembered.ask(get("/hello", alice))->body, "hello");
    std::map<int, int> statuses;
    for (Client& client : guessing) {
        ++statuses[client.receive()->status];
    }
    EXPECT_GE(statuses[401], 2);
    EXPECT_GE(statuses[503], 2);
    EXPECT_EQ(statuses[401] + statuses[503], 6);
}

TEST(BasicAuthOfTheServerTest, ForgetsWhoIsNoUserAnyMore) {
    TestServer server({}, {}, with_alice());
    Client client(server.port());
    EXPECT_EQ(client.ask(get("/hello", alice))->status, 200);
    WebConfig other;
    other.users = {{"bob", bcrypt_hash("secret")}};
    EXPECT_EQ(server.reload(other), "");
    EXPECT_EQ(client.ask(get("/hello", alice))->status, 401);
    EXPECT_EQ(client.ask(get("/hello", bob))->status, 200);
    EXPECT_EQ(server.reload({}), "");
    EXPECT_EQ(client.ask(get("/hello"))->status, 200);
}

TEST(BasicAuthOfTheServerTest, NoticesAChangeOfItsFileButNotTheLossOfAllUsers) {
    const test::Scratch scratch;
    const std::string path = scratch.file("web.yml");
    write_file(path, "basic_auth_users:\n  alice: " + bcrypt_hash("secret") + "\n");
    TestServer server({}, {}, *read_web_config(path));
    Client client(server.port());
    EXPECT_EQ(client.ask(get("/hello", alice))->status, 200);
    write_file(path, "basic_auth_users:\n  bob: " + bcrypt_hash("secret") + "\n# longer\n");
    EXPECT_EQ(client.ask(get("/hello", alice))->status, 401);
    EXPECT_EQ(client.ask(get("/hello", bob))->status, 200);
    write_file(path, "basic_auth_");
    EXPECT_EQ(client.ask(get("/hello"))->status, 401);
    write_file(path, "");
    EXPECT_EQ(client.ask(get("/hello"))->status, 401);
    EXPECT_EQ(server.server().numbers().web_config_failures, 2U);
    EXPECT_EQ(client.ask(get("/hello", bob))->status, 200);
}

TEST(WebConfigOfTheServerTest, PutsItsHeadersOnEveryAnswer) {
    WebConfig config;
    config.headers = {{"X-Frame-Options", "deny"}};
    TestServer server({}, {}, config);
    Client client(server.port());
    EXPECT_EQ(client.ask(get("/hello"))->header("X-Frame-Options"), "deny");
    EXPECT_EQ(client.ask(get("/nowhere"))->header("X-Frame-Options"), "deny");
    EXPECT_EQ(client.ask("GET\r\n\r\n")->header("X-Frame-Options"), "deny");
}

TEST(WebConfigOfTheServerTest, LimitsTheRateOfRequests) {
    WebConfig config;
    config.rate_limit = {.interval = 1h, .burst = 2};
    TestServer server({}, {}, config);
    Client client(server.port());
    EXPECT_EQ(client.ask(get("/hello"))->status, 200);
    EXPECT_EQ(Client(server.port()).ask(get("/hello"))->status, 200);
    const auto reply = client.ask(get("/hello"));
    EXPECT_EQ(reply->status, 429);
    EXPECT_EQ(reply->body, "{\"error\":\"too many requests\"}\n");
}

}  // namespace

}  // namespace tally::serve
