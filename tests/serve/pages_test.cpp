#include "tally/serve/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::serve {

namespace {

TEST(PagesTest, ReadyWithoutReasonsIs200) {
    const Response response = ready_response({});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body, "{\"ready\":true,\"reasons\":[]}\n");
}

TEST(PagesTest, ReadyNamesEveryReason) {
    const std::vector<ReadyReason> reasons{
        {.source = std::nullopt,
         .reason = NotReady::history_unwritable,
         .since = 1'566'295'200'001,
         .detail = "disk \"full\""},
        {.source = "east", .reason = NotReady::never_attached, .since = 0, .detail = ""},
    };
    const Response response = ready_response(reasons);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(
        response.body,
        "{\"ready\":false,\"reasons\":["
        "{\"source\":null,\"reason\":\"history_unwritable\",\"since\":\"2019-08-20T10:00:00.001Z\","
        "\"detail\":\"disk \\\"full\\\"\"},"
        "{\"source\":\"east\",\"reason\":\"never_attached\",\"since\":\"1970-01-01T00:00:00.000Z\","
        "\"detail\":\"\"}]}\n"
    );
}

TEST(PagesTest, AToleratedReasonIsToldAndLeavesUsReady) {
    const std::vector<ReadyReason> reasons{
        {.source = "east", .reason = NotReady::disconnected, .since = 0, .detail = "closed", .tolerated = true}};
    const Response response = ready_response(reasons);
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, ::testing::HasSubstr("{\"ready\":true,\"reasons\":[{\"source\":\"east\",\"reason\":\"disconnected\""));
    EXPECT_THAT(landing_response({.version = "1", .sources = {}, .reasons = reasons, .links = {}}).body,
                ::testing::HasSubstr("Ready, but:"));
}

TEST(PagesTest, UnavailableSaysWhenToComeAgain) {
    const Response response = unavailable_response("the history is being read", 5);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "{\"error\":\"the history is being read\"}\n");
    EXPECT_EQ(
        response.headers, (std::vector<std::pair<std::string, std::string>>{{"Retry-After", "5"}})
    );
}

TEST(PagesTest, HealthyIs200) {
    EXPECT_EQ(healthy_response().status, 200);
}

TEST(PagesTest, LandingShowsVersionSourcesReasonsAndLinks) {
    const Response response = landing_response({
        .version = "1.2.3",
        .sources = {{.name = "<east>", .url = "http://m1:8080", .state = "refused", .good = false}},
        .reasons =
            {{.source = "<east>", .reason = NotReady::disconnected, .since = 0, .detail = "a & b"}},
        .links = {{.path = "/api/v1/query?sql=1", .text = "query"}},
    });
    EXPECT_EQ(response.status, 200);
    for (const char* part : {
             "version 1.2.3",
             "<td>&lt;east&gt;</td><td class=\"bad\">refused</td><td>http://m1:8080</td>",
             "&lt;east&gt;: disconnected since 1970-01-01T00:00:00.000Z, a &amp; b",
             "<a href=\"/metrics\">",
             "<a href=\"/-/ready\">",
             "<a href=\"/api/v1/query?sql=1\">query</a>",
         }) {
        EXPECT_NE(response.body.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(response.body.find("<east>"), std::string::npos);
    EXPECT_EQ(response.body.find("src="), std::string::npos);
}

}  // namespace

}  // namespace tally::serve
