#include "callback_registration.hpp"

#include <deque>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "tally/serve/http.hpp"

namespace tally {

namespace {

using connect::RestClient;

/// A Marathon that answers when the test says so.
class CallbackRegistrationTest : public testing::Test {
  protected:
    CallbackRegistration::Options options() {
        CallbackRegistration::Options options;
        options.source = "x";
        options.url = "http://tally:9977/callback/a%2Fb?secret=s&t=1";
        options.members = {*connect::parse_endpoint("http://m:8080/service/marathon")};
        options.ask = [this](RestClient::Request request, std::function<void(RestClient::Reply)> done) {
            asked_.push_back({std::move(request), std::move(done)});
        };
        return options;
    }

    void expect_and_answer(const std::string& method, const std::string& target, unsigned status, std::string body) {
        ASSERT_FALSE(asked_.empty());
        const auto [request, done] = std::move(asked_.front());
        asked_.pop_front();
        EXPECT_EQ(request.method, method);
        EXPECT_EQ(request.target, target);
        EXPECT_EQ(request.server.host, "m");
        RestClient::Reply reply;
        reply.status = status;
        reply.body = std::move(body);
        done(reply);
    }

    const std::string list_ = "/v2/eventSubscriptions";
    const std::string own_ =
        "/v2/eventSubscriptions?callbackUrl=http%3A%2F%2Ftally%3A9977%2Fcallback%2Fa%252Fb%3Fsecret%3Ds%26t%3D1";
    boost::asio::io_context io_;
    std::deque<std::pair<RestClient::Request, std::function<void(RestClient::Reply)>>> asked_;
};

TEST_F(CallbackRegistrationTest, GetsPostsAndDeletesTheUrlPercentEncoded) {
    CallbackRegistration registration(io_, options());
    expect_and_answer("GET", list_, 200, R"({"callbackUrls":["http://other"]})");
    expect_and_answer("POST", own_, 200, R"({"eventType":"subscribe_event"})");
    EXPECT_TRUE(asked_.empty());
    registration.look_again();
    expect_and_answer("GET", list_, 200, R"({"callbackUrls":["http://tally:9977/callback/a%2Fb?secret=s&t=1"]})");
    EXPECT_TRUE(asked_.empty());
    int ended = 0;
    registration.stop([&ended] { ++ended; });
    EXPECT_EQ(ended, 0);
    expect_and_answer("DELETE", own_, 200, "");
    EXPECT_EQ(ended, 1);
    io_.run();  // nothing is left to wait for
}

TEST_F(CallbackRegistrationTest, StopsAtOnceWithoutAnythingToTakeAway) {
    CallbackRegistration registration(io_, options());
    expect_and_answer("GET", list_, 404, "");
    int ended = 0;
    registration.stop([&ended] { ++ended; });
    EXPECT_EQ(ended, 1);
    EXPECT_TRUE(asked_.empty());
    io_.run();
}

TEST_F(CallbackRegistrationTest, MayBeDestroyedByTheEndItTells) {
    auto registration = std::make_unique<CallbackRegistration>(io_, options());
    registration->stop([&registration] { registration.reset(); });
    EXPECT_EQ(registration, nullptr);
    expect_and_answer("GET", list_, 200, R"({"callbackUrls":[]})");
    EXPECT_TRUE(asked_.empty());
}

TEST_F(CallbackRegistrationTest, DestroyedItWaitsForNothingAndTellsNobody) {
    auto registration = std::make_unique<CallbackRegistration>(io_, options());
    expect_and_answer("GET", list_, 503, "");
    registration.reset();
    io_.run();
    EXPECT_TRUE(asked_.empty());
}

TEST_F(CallbackRegistrationTest, APageThatIsNoListIsNotTakenForAnEmptyOne) {
    CallbackRegistration registration(io_, options());
    expect_and_answer("GET", list_, 200, "<html>log in first</html>");
    EXPECT_TRUE(asked_.empty());
}

TEST(RegisteredUrlTest, CarriesTheSecretUnlessItHasOneAlready) {
    EXPECT_EQ(registered_url("http://t/callback/x", "a b&c/é"), "http://t/callback/x?secret=a%20b%26c%2F%C3%A9");
    EXPECT_EQ(registered_url("http://t/callback/x?y=1", "s"), "http://t/callback/x?y=1&secret=s");
    for (const char* url : {"http://t/callback/x?secret=other", "http://u:p@t/callback/x"}) {
        EXPECT_EQ(registered_url(url, "s"), url);
    }
    EXPECT_EQ(registered_url("http://t/callback/x", ""), "http://t/callback/x");
}

TEST(RegisteredUrlTest, IsReadBackAsTheSecretItWas) {
    const std::string secret = "a+b %&=#?\xC3\xA9\x01";
    const std::string url = registered_url("http://t/callback/x", secret);
    serve::Request request;
    request.query = url.substr(url.find('?') + 1);
    EXPECT_EQ(request.query_value("secret"), secret);
}

}  // namespace

}  // namespace tally
