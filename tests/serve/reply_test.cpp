#include "serve/reply.hpp"

#include <gtest/gtest.h>

namespace tally::serve {

namespace {

TEST(ReplyTest, WritesDatesAsHttpDoes) {
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(951'782'399'999), "Mon, 28 Feb 2000 23:59:59 GMT");
    EXPECT_EQ(http_date(1'709'208'000'000), "Thu, 29 Feb 2024 12:00:00 GMT");
}

TEST(ReplyTest, WritesTheLinesOfTheAnswerBeforeThoseOfAll) {
    const std::vector<std::pair<std::string, std::string>> of_all{
        {"X-Frame-Options", "deny"}, {"Content-Security-Policy", "default-src *"}};
    const Response response{
        .status = 404,
        .content_type = "text/plain",
        .body = "abc",
        .headers = {{"Content-Security-Policy", "default-src 'none'"}}};
    EXPECT_EQ(
        head_of(
            response, {.http10 = true, .packed = true, .varies = true, .now = 0, .headers = of_all}
        ),
        "HTTP/1.1 404 Not Found\r\n"
        "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        "Content-Type: text/plain\r\n"
        "Content-Length: 3\r\n"
        "Content-Encoding: gzip\r\n"
        "Vary: Accept-Encoding\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "X-Frame-Options: deny\r\n"
        "Connection: keep-alive\r\n"
        "\r\n"
    );
}

}  // namespace

}  // namespace tally::serve
