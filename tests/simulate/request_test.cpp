#include "simulate/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::simulate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RequestTest, ReadsTheLineTheParametersAndTheHeaders) {
    const auto request = parse_request(
        "GET /v2/events?event_type=a&event_type=b%5Fc&plan-format=light HTTP/1.1\r\nHost: "
        "x\r\nACCEPT:  text/event-stream \r\n\r\n"
    );
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "GET");
    EXPECT_EQ(request->path, "/v2/events");
    EXPECT_THAT(request->parameter("event_type"), ElementsAre("a", "b_c"));
    EXPECT_THAT(request->parameter("plan-format"), ElementsAre("light"));
    EXPECT_THAT(request->parameter("nothing"), IsEmpty());
    EXPECT_THAT(request->header("accept"), ElementsAre("text/event-stream"));
    EXPECT_EQ(request->query, "event_type=a&event_type=b%5Fc&plan-format=light");
}

TEST(RequestTest, RefusesWhatIsNoHttpHead) {
    for (const char* text :
         {"",
          "\r\n\r\n",
          "GET\r\n\r\n",
          "GET /\r\n\r\n",
          "GET / HTTP/2\r\n\r\n",
          " / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n",
          "GET / HTTP/1.1\r\n: no name\r\n\r\n",
          "\x16\x03\x01\r\n\r\n"}) {
        EXPECT_FALSE(parse_request(text)) << text;
    }
}

TEST(RequestTest, APercentSignWithoutTwoHexDigitsStaysAsItIs) {
    const auto request = parse_request("GET /a%zz%4 HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->path, "/a%zz%4");
}

TEST(RequestTest, TheConnectionIsKeptInHttpOneOneUnlessClosed) {
    const auto keeps = [](const std::string& rest) {
        return parse_request("GET / " + rest + "\r\n\r\n")->keeps_alive();
    };
    EXPECT_TRUE(keeps("HTTP/1.1"));
    EXPECT_FALSE(keeps("HTTP/1.1\r\nConnection: Close"));
    EXPECT_FALSE(keeps("HTTP/1.0"));
    EXPECT_TRUE(keeps("HTTP/1.0\r\nConnection: keep-alive"));
}

TEST(RequestTest, ALengthThatIsNoNumberIsNone) {
    EXPECT_EQ(
        parse_request("POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n")->content_length(), 12U
    );
    EXPECT_FALSE(parse_request("POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n")->content_length());
    EXPECT_FALSE(parse_request("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
                     ->content_length());
}

TEST(HttpUrlTest, TellsHostPortAndTarget) {
    struct Row {
        const char* text;
        const char* host;
        const char* port;
        const char* target;
    };

    for (const Row& row : {
             Row{"http://a.b:81/c?d=e", "a.b", "81", "/c?d=e"},
             Row{"http://a.b", "a.b", "80", "/"},
             Row{"http://[::1]:8080/x", "::1", "8080", "/x"},
             Row{"http://a?b", "a", "80", "/?b"},
         }) {
        const auto url = parse_http_url(row.text);
        ASSERT_TRUE(url) << row.text;
        EXPECT_EQ(url->host, row.host);
        EXPECT_EQ(url->port, row.port);
        EXPECT_EQ(url->target, row.target);
    }
    for (const char* text :
         {"",
          "ftp://a",
          "https://a",
          "http://",
          "http://:80",
          "http://a:x",
          "http://a:99999",
          "http://u@a"}) {
        EXPECT_FALSE(parse_http_url(text)) << text;
    }
}

}  // namespace
}  // namespace tally::simulate
