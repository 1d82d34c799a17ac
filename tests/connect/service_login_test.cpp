#include "tally/connect/service_login.hpp"

#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/base64.hpp"
#include "connect/rsa_key.hpp"
#include "connect/scripted_server.hpp"
#include "support/scratch.hpp"

namespace tally::connect {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string login_answer(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string with_token(const std::string& token) {
    return login_answer(R"({"token":")" + token + "\"}");
}

std::string token_until(TimeMs expires) {
    return "e30." + base64url(R"({"exp":)" + std::to_string(expires / 1000) + "}") + ".c2ln";
}

class ServiceLoginTest : public testing::Test {
  protected:
    ServiceLoginTest() { std::ofstream(scratch.file("key.pem")) << key.private_pem(); }

    void begin(const ScriptedServer& server) {
        options.account = {.uid = "tally", .private_key = {.file = scratch.file("key.pem")}};
        options.login = login_beside(*parse_endpoint(server.url("127.0.0.1", "user:pass@") + "/service/marathon?x=y"));
        login.emplace(io, options);
    }

    void begin_and_settle(const ScriptedServer& server) {
        begin(server);
        bool settled = false;
        login->when_settled([&settled] { settled = true; });
        run_until([&settled] { return settled; });
    }

    void run_until(const std::function<bool()>& reached) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!reached()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << "does not get there";
            io.run_one_for(std::chrono::milliseconds(1000));
        }
    }

    void run_until_token(const std::string& token) {
        run_until([&] { return login->credentials().authorization == "token=" + token; });
    }

    boost::asio::io_context io{1};
    static const RsaKey key;  // made once: it takes a while
    test::Scratch scratch;
    ServiceLogin::Options options;
    std::optional<ServiceLogin> login;
};

const RsaKey ServiceLoginTest::key;

TEST_F(ServiceLoginTest, LogsInWithWhatTheKeySigns) {
    const ScriptedServer server(io, {{with_token("a.b.c")}});
    begin_and_settle(server);
    EXPECT_EQ(login->credentials().authorization, "token=a.b.c");
    EXPECT_EQ(login->credentials().fault, "");
    const auto& request = server.requests().front();
    EXPECT_THAT(request, StartsWith("POST /acs/api/v1/auth/login HTTP/1.1\r\n"));
    EXPECT_THAT(request, Not(HasSubstr("Authorization")));
    const std::string before = "\r\n\r\n{\"uid\":\"tally\",\"token\":\"";
    const auto at = request.find(before);
    ASSERT_NE(at, std::string::npos);
    const auto jwt = request.substr(at + before.size(), request.size() - at - before.size() - 2);
    const auto last = jwt.rfind('.');
    EXPECT_TRUE(key.has_signed(jwt.substr(0, last), from_base64url(jwt.substr(last + 1)).value_or("")));
}

TEST_F(ServiceLoginTest, HasAFaultUntilThereIsAToken) {
    const ScriptedServer server(io, {{"", Script::Then::stay}});
    begin(server);
    EXPECT_EQ(login->credentials().authorization, "");
    EXPECT_EQ(login->credentials().fault, "no token yet");
}

TEST_F(ServiceLoginTest, KeepsTheTokenUntilItIsRefused) {
    const ScriptedServer server(io, {{with_token("one")}, {with_token("two")}});
    begin_and_settle(server);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(login->credentials().authorization, "token=one");
    }
    io.poll();
    EXPECT_EQ(server.requests().size(), 1U);
    login->refused();
    login->refused();
    EXPECT_EQ(login->credentials().fault, "the token was refused");
    run_until_token("two");
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(ServiceLoginTest, RenewsATokenBeforeItExpires) {
    const auto soon = token_until(wall_now() + 30'000);
    const auto later = token_until(wall_now() + 3'600'000);
    const ScriptedServer server(io, {{with_token(soon)}, {with_token(later)}});
    begin_and_settle(server);
    EXPECT_EQ(login->credentials().authorization, "token=" + soon) << "still good";
    run_until_token(later);
    io.poll();
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(ServiceLoginTest, BelievesTheServerAboutATokenThatSeemsToHaveExpired) {
    const auto old = token_until(wall_now() - 3'600'000);
    const ScriptedServer server(io, {{with_token(old)}});
    begin_and_settle(server);
    EXPECT_EQ(login->credentials().authorization, "token=" + old);
}

TEST_F(ServiceLoginTest, SaysWhyThereIsNoTokenAndTriesAgainWhenAsked) {
    const ScriptedServer server(io, {{login_answer("secret", "401 No")}, {login_answer("[]")}, {""}, {with_token("one")}});
    begin_and_settle(server);
    EXPECT_EQ(login->credentials().fault, "login of the service account: HTTP status 401");
    run_until([&] { return login->credentials().fault.ends_with("an answer without a token"); });
    run_until([&] { return login->credentials().fault.ends_with("closed before an answer came"); });
    run_until_token("one");
}

TEST_F(ServiceLoginTest, ReadsTheKeyAtEachLogin) {
    std::ofstream(scratch.file("key.pem")) << "no key";
    const ScriptedServer server(io, {{with_token("one")}});
    begin_and_settle(server);
    EXPECT_THAT(login->credentials().fault, StartsWith("service account: no usable private key"));
    std::ofstream(scratch.file("key.pem")) << key.private_pem();
    run_until_token("one");
}

TEST_F(ServiceLoginTest, TellsAtOnceThatItHasSettled) {
    const ScriptedServer server(io, {{with_token("one")}});
    begin_and_settle(server);
    bool settled = false;
    login->when_settled([&settled] { settled = true; });
    EXPECT_TRUE(settled);
}

TEST_F(ServiceLoginTest, SaysNothingMoreOnceItIsDestroyed) {
    const ScriptedServer server(io, {{with_token("one")}});
    begin(server);
    bool settled = false;
    login->when_settled([&settled] { settled = true; });
    login.reset();
    io.poll();
    EXPECT_FALSE(settled);
}

}  // namespace
}  // namespace tally::connect
