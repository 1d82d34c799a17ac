#include "access.hpp"

#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/rsa_key.hpp"
#include "connect/scripted_server.hpp"
#include "support/scratch.hpp"

namespace tally {
namespace {

using connect::Script;
using connect::ScriptedServer;

class AccessTest : public testing::Test {
  protected:
    void run_until(const std::function<bool()>& reached) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!reached()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << "does not get there";
            io.run_one_for(std::chrono::milliseconds(1000));
        }
    }

    boost::asio::io_context io{1};
    SourceConfig source{.name = "a", .urls = {"http://m1:8080", "http://m2:8080"}};
};

TEST_F(AccessTest, IsReadyAtOnceWithoutAServiceAccount) {
    source.credentials.authorization = connect::Authorization{.type = "token", .credentials = {.text = "x"}};
    Access access(io, source, std::chrono::milliseconds(5000));
    bool ready = false;
    access.when_ready([&ready] { ready = true; });
    EXPECT_TRUE(ready);
    EXPECT_EQ(access.members().size(), 2U);
    EXPECT_EQ(access.credentials()().authorization, "token=x");
}

TEST_F(AccessTest, LogsAServiceAccountInBesideTheFirstMemberAndAgainAfterA401) {
    const auto token = [](const std::string& value) {
        const std::string body = R"({"token":")" + value + "\"}";
        return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    const ScriptedServer server(io, {{token("one")}, {token("two")}});
    const test::Scratch scratch;
    std::ofstream(scratch.file("key.pem")) << connect::RsaKey().private_pem();
    source.urls = {server.url() + "/service/marathon"};
    source.credentials.service_account =
        connect::ServiceAccount{.uid = "tally", .private_key = {.file = scratch.file("key.pem")}};
    Access access(io, source, std::chrono::milliseconds(5000));
    const auto credentials = access.credentials();
    EXPECT_EQ(credentials().fault, "no token yet");
    bool ready = false;
    access.when_ready([&ready] { ready = true; });
    EXPECT_FALSE(ready);
    run_until([&ready] { return ready; });
    EXPECT_THAT(server.requests().front(), testing::StartsWith("POST /acs/api/v1/auth/login HTTP/1.1\r\n"));
    EXPECT_EQ(credentials().authorization, "token=one");
    access.answered(403);
    EXPECT_EQ(credentials().authorization, "token=one");
    access.answered(401);
    run_until([&] { return credentials().authorization == "token=two"; });
}

}  // namespace
}  // namespace tally
