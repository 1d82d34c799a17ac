#include "callback_door.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "serve/client.hpp"
#include "serve/test_server.hpp"

namespace tally {

namespace {

using serve::HttpServer;
using serve::testing::Client;
using serve::testing::get;
using serve::testing::post;
using serve::testing::TestServer;

using Sources = std::vector<CallbackAccess::Source>;

constexpr std::size_t body_bytes_max = 1000;

/// A daemon that keeps what it is handed, and answers as it is told to.
class CallbackDoorTest : public testing::Test {
  protected:
    void serve(Sources sources, std::optional<serve::WebConfig> web = std::nullopt) {
        door_ = std::make_unique<CallbackDoor>(
            CallbackAccess(std::move(sources)),
            [this](CallbackInput input, CallbackDoor::Completion done) { return take(std::move(input), std::move(done)); }
        );
        // TestServer has a route of that path itself.
        std::vector<serve::Route> routes{door_->route(body_bytes_max)};
        routes[0].path = "/cb/{source}";
        server_ = std::make_unique<TestServer>(HttpServer::Options{}, std::move(routes), std::move(web));
    }

    ~CallbackDoorTest() override { server_.reset(); }

    bool take(CallbackInput input, CallbackDoor::Completion done) {
        const std::lock_guard lock(mutex_);
        inputs_.push_back(std::move(input));
        if (!room_) {
            return false;
        }
        if (answer_) {
            done(*answer_);
        }
        return true;
    }

    void answer_with(std::optional<CallbackAnswer> answer) {
        const std::lock_guard lock(mutex_);
        answer_ = answer;
    }

    std::deque<CallbackInput> inputs() {
        const std::lock_guard lock(mutex_);
        return inputs_;
    }

    /// Asks on a connection of its own.
    serve::testing::Reply ask(const std::string& request) {
        const auto reply = Client(server_->port()).ask(request);
        EXPECT_TRUE(reply) << request;
        return reply.value_or(serve::testing::Reply{});
    }

    int status(const std::string& path, const std::string& lines = {}) { return ask(post(path, "{}", lines)).status; }

    std::mutex mutex_;
    std::deque<CallbackInput> inputs_;
    bool room_ = true;
    std::optional<CallbackAnswer> answer_ = CallbackAnswer::accepted;
    std::unique_ptr<CallbackDoor> door_;
    std::unique_ptr<TestServer> server_;
};

TEST_F(CallbackDoorTest, HandsOverTheBodyAsItCameAndAnswers202WithNothing) {
    serve({{.name = "east", .secret = {}, .allow = {}}});
    const std::string body = "{\"a\":\"\xC3\xA9\"}\r\n";
    for (const char* type : {"", "Content-Type: application/json;charset=UTF-8\r\n", "Content-Type: text/plain\r\n",
                             "Content-Type: application/x-www-form-urlencoded\r\n"}) {
        const auto reply = ask(post("/cb/east", body, type));
        EXPECT_EQ(reply.status, 202);
        EXPECT_EQ(reply.body, "");
        EXPECT_EQ(reply.header("Content-Length"), "0");
        EXPECT_EQ(reply.header("Content-Type"), "");
    }
    ASSERT_EQ(inputs().size(), 4U);
    EXPECT_EQ(inputs()[0].source, "east");
    EXPECT_EQ(inputs()[0].body, body);
    EXPECT_GT(inputs()[0].wall, 1'700'000'000'000);
}

TEST_F(CallbackDoorTest, TakesManyOnOneConnection) {
    serve({{.name = "east", .secret = {}, .allow = {}}});
    Client client(server_->port());
    for (int i = 0; i < 100; ++i) {
        const auto reply = client.ask(post("/cb/east", std::to_string(i)));
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, 202);
    }
    ASSERT_EQ(inputs().size(), 100U);
    EXPECT_EQ(inputs().back().body, "99");
}

TEST_F(CallbackDoorTest, HandsOverChunkedAndEmptyBodiesToo) {
    serve({{.name = "east", .secret = {}, .allow = {}}});
    EXPECT_EQ(ask("POST /cb/east HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n").status,
              202);
    EXPECT_EQ(ask(post("/cb/east", "")).status, 202);
    EXPECT_EQ(inputs().at(0).body, "{}");
    EXPECT_EQ(inputs().at(1).body, "");
}

TEST_F(CallbackDoorTest, DecodesTheNameOnce) {
    serve({{.name = "a/b c", .secret = {}, .allow = {}}, {.name = "%2F", .secret = {}, .allow = {}}, {.name = "\xC3\xA9+", .secret = {}, .allow = {}}});
    EXPECT_EQ(status("/cb/a%2Fb%20c"), 202);
    EXPECT_EQ(status("/cb/%252F"), 202);
    EXPECT_EQ(status("/cb/%C3%A9+"), 202);
    EXPECT_EQ(status("/cb/\xC3\xA9+"), 202);
    EXPECT_EQ(inputs().at(0).source, "a/b c");
    for (const char* other : {"/cb/a/b%20c", "/cb/a%252Fb%20c", "/cb/%2F", "/cb/a%2Fb+c", "/cb/", "/cb/a%2Fb%20c/", "/cb/x"}) {
        EXPECT_EQ(status(other), 404) << other;
    }
    EXPECT_EQ(inputs().size(), 4U);
}

TEST_F(CallbackDoorTest, TellsWhatIsWrongWithAnEvent) {
    serve({{.name = "east", .secret = {}, .allow = {}}});
    const std::vector<std::pair<CallbackAnswer, std::string>> faults{{CallbackAnswer::not_json, "not_json"},
                                                                    {CallbackAnswer::not_object, "not_object"},
                                                                    {CallbackAnswer::no_event_type, "no_event_type"}};
    for (const auto& [answer, name] : faults) {
        answer_with(answer);
        const auto reply = ask(post("/cb/east", "x"));
        EXPECT_EQ(reply.status, 400);
        EXPECT_EQ(reply.body, "{\"error\":\"" + name + "\"}\n");
    }
}

TEST_F(CallbackDoorTest, Answers503WithRetryAfterWhenAnEventIsNotTaken) {
    serve({{.name = "east", .secret = {}, .allow = {}}});
    const auto expect_unavailable = [this] {
        const auto reply = ask(post("/cb/east", "{}"));
        EXPECT_EQ(reply.status, 503);
        EXPECT_EQ(reply.header("Retry-After"), "1");
        EXPECT_EQ(reply.body, "{\"error\":\"events cannot be kept now\"}\n");
    };
    answer_with(CallbackAnswer::unwritable);
    expect_unavailable();
    answer_with(std::nullopt);  // the completion is dropped
    expect_unavailable();
    room_ = false;
    expect_unavailable();
}

TEST_F(CallbackDoorTest, TakesAnAnswerFromAnotherThreadAlsoWhenTheServerHasGone) {
    CallbackDoor::Completion kept;
    std::promise<void> came;
    CallbackDoor door(CallbackAccess(Sources{{.name = "x", .secret = {}, .allow = {}}}),
                      [&](CallbackInput, CallbackDoor::Completion done) {
                          kept = std::move(done);
                          came.set_value();
                          return true;
                      });
    std::vector<serve::Route> routes{door.route(body_bytes_max)};
    routes[0].path = "/cb/{source}";
    auto server = std::make_unique<TestServer>(HttpServer::Options{}, std::move(routes));
    Client client(server->port());
    client.send(post("/cb/x", "{}"));
    came.get_future().wait();
    std::thread([&kept] { std::exchange(kept, nullptr)(CallbackAnswer::accepted); }).join();
    EXPECT_EQ(client.receive()->status, 202);
    came = {};
    client.send(post("/cb/x", "{}"));
    came.get_future().wait();
    server.reset();
    kept(CallbackAnswer::accepted);
}

TEST_F(CallbackDoorTest, RefusesALargeBodyUnread) {
    serve({{.name = "east", .secret = {}, .allow = {}}});
    EXPECT_EQ(ask(post("/cb/east", std::string(body_bytes_max, 'a'))).status, 202);
    Client client(server_->port());
    const auto reply = client.ask("POST /cb/east HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 413);
    EXPECT_EQ(reply->header("Connection"), "close");
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(inputs().size(), 1U);
}

TEST_F(CallbackDoorTest, TakesOnlyPosts) {
    serve({{.name = "east", .secret = "s", .allow = {}}});
    for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
        Client client(server_->port());
        client.send(std::string(method) + " /cb/east HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto reply = client.receive(false);
        ASSERT_TRUE(reply) << method;
        EXPECT_EQ(reply->status, 405) << method;
        EXPECT_EQ(reply->header("Allow"), "POST") << method;
    }
}

TEST_F(CallbackDoorTest, TakesTheSecretFromQueryUserinfoAndBearer) {
    serve({{.name = "east", .secret = "p q", .allow = {}}});
    EXPECT_EQ(status("/cb/east?secret=p%20q"), 202);
    EXPECT_EQ(status("/cb/east?x=y&secret=p+q"), 202);
    EXPECT_EQ(status("/cb/east", "Authorization: Basic dTpwIHE=\r\n"), 202);  // u:p q
    EXPECT_EQ(status("/cb/east", "Authorization: Bearer p q\r\n"), 202);
    EXPECT_EQ(status("/cb/east?secret=wrong", "Authorization: Bearer p q\r\n"), 202);
    const std::size_t taken = inputs().size();
    for (const char* path : {"/cb/east", "/cb/east?secret=", "/cb/east?secret=p", "/cb/east?Secret=p%20q", "/cb/west"}) {
        const auto reply = ask(post(path, "{}"));
        EXPECT_EQ(reply.status, 401) << path;
        EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer realm=\"marathon-tally callback\"") << path;
        EXPECT_EQ(reply.body, "{\"error\":\"the secret of this callback is needed\"}\n") << path;
    }
    EXPECT_EQ(status("/cb/west?secret=p%20q"), 404);
    EXPECT_EQ(inputs().size(), taken);
}

TEST_F(CallbackDoorTest, TakesEventsFromAllowedAddressesOnly) {
    serve({{.name = "east", .secret = {}, .allow = {*AddressRange::parse("127.0.0.0/8")}},
           {.name = "west", .secret = {}, .allow = {*AddressRange::parse("10.0.0.0/8")}}});
    EXPECT_EQ(status("/cb/east"), 202);
    EXPECT_EQ(status("/cb/west"), 403);
    EXPECT_EQ(inputs().size(), 1U);
}

TEST_F(CallbackDoorTest, ReadsNoBodyOfAStranger) {
    serve({{.name = "east", .secret = "s", .allow = {}}});
    Client client(server_->port());
    const auto reply = client.ask(
        "POST /cb/east HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n"
    );
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 401);  // and not 100
    EXPECT_TRUE(client.closed());
}

}  // namespace

}  // namespace tally
