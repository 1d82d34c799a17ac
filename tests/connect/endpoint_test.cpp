#include "tally/connect/endpoint.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::connect {
namespace {

TEST(EndpointTest, ReadsUrls) {
    struct Row {
        std::string_view url;
        Endpoint endpoint;
    };

    const std::vector<Row> rows = {
        {"http://marathon:8080", {false, "marathon", 8080, "", "", ""}},
        {"http://marathon", {false, "marathon", 80, "", "", ""}},
        {"http://marathon:", {false, "marathon", 80, "", "", ""}},
        {"HTTPS://Master.Mesos/", {true, "master.mesos", 443, "/", "", ""}},
        {"https://dcos/service/marathon", {true, "dcos", 443, "/service/marathon", "", ""}},
        {"http://[2001:DB8::1]:8080/x", {false, "2001:db8::1", 8080, "/x", "", ""}},
        {"http://[::1]", {false, "::1", 80, "", "", ""}},
        {"http://u:p%40@host:1/", {false, "host", 1, "/", "", "u:p%40"}},
        {"http://u:a@b@host", {false, "host", 80, "", "", "u:a@b"}},
        {"http://host?event_type=x#f", {false, "host", 80, "", "event_type=x", ""}},
        {"http://host/a#f?x", {false, "host", 80, "/a", "", ""}},
        {"http://10.0.0.1:65535", {false, "10.0.0.1", 65535, "", "", ""}},
    };
    for (const auto& row : rows) {
        const auto endpoint = parse_endpoint(row.url);
        ASSERT_TRUE(endpoint) << row.url << ": " << endpoint.error().what;
        EXPECT_EQ(*endpoint, row.endpoint) << row.url;
    }
}

TEST(EndpointTest, RefusesWhatIsNoUrl) {
    const std::vector<std::string> rows = {
        "",
        "marathon:8080",
        "ftp://host",
        "http:/host",
        "http://",
        "http://:8080",
        "http:///path",
        "http://host:0",
        "http://host:65536",
        "http://host:80x",
        "http://host:-1",
        "http://ho st",
        "http://host/a b",
        "http://host\r\nX: y",
        "http://[::1",
        "http://[::1]x",
        "http://[host]",
        "http://[]",
        "http://::1",
        "http://h\xC3\xB6st",
        "http://host/" + std::string(9000, 'x'),
        "http://" + std::string(300, 'x'),
        "http://host/\x7F",
        "http://a,b",
    };
    for (const auto& url : rows) {
        EXPECT_FALSE(parse_endpoint(url)) << url;
    }
}

TEST(EndpointTest, RepeatsNothingOfTheUrlInItsErrors) {
    for (const char* url :
         {"http://user:secret@ho st", "htp://user:secret@host", "http://user:secret@host:secret"}) {
        const auto endpoint = parse_endpoint(url);
        ASSERT_FALSE(endpoint) << url;
        EXPECT_EQ(endpoint.error().what.find("secret"), std::string::npos) << endpoint.error().what;
    }
}

TEST(EndpointTest, ShowsNeitherUserinfoNorQuery) {
    EXPECT_EQ(
        shown(*parse_endpoint("https://u:p@[::1]:8443/service?q")), "https://[::1]:8443/service"
    );
    EXPECT_EQ(shown(*parse_endpoint("http://u:p@host:80")), "http://host");
}

TEST(EndpointTest, AsksForLightPlansBelowItsPath) {
    const auto target = [](std::string_view url) { return events_target(*parse_endpoint(url)); };
    EXPECT_EQ(target("http://host"), "/v2/events?plan-format=light");
    EXPECT_EQ(target("http://host/"), "/v2/events?plan-format=light");
    EXPECT_EQ(
        target("http://host/service/marathon/"), "/service/marathon/v2/events?plan-format=light"
    );
    EXPECT_EQ(target("http://host/v2/events"), "/v2/events?plan-format=light");
    EXPECT_EQ(
        target("http://host?event_type=a&event_type=b"),
        "/v2/events?plan-format=light&event_type=a&event_type=b"
    );
}

TEST(EndpointTest, FollowsLocations) {
    struct Row {
        std::string_view location;
        std::string_view place;
        std::string_view target;
    };

    const auto from = *parse_endpoint("https://u:p@standby:8443/x");
    const std::vector<Row> rows = {
        {"http://leader:8080/v2/events?plan-format=light",
         "http://leader:8080/v2/events",
         "/v2/events?plan-format=light"},
        {"http://u:p@leader:8080", "http://leader:8080", "/"},
        {"/v2/events?a=b", "https://standby:8443/v2/events", "/v2/events?a=b"},
        {"//leader/v2/events", "https://leader/v2/events", "/v2/events"},
    };
    for (const auto& row : rows) {
        const auto to = parse_location(from, row.location);
        ASSERT_TRUE(to) << row.location;
        EXPECT_EQ(shown(*to), row.place);
        EXPECT_EQ(request_target(*to), row.target);
        EXPECT_EQ(to->userinfo, "") << row.location;
    }
    for (const char* location : {"", "v2/events", "ftp://leader", "/a b", "http://", "?x"}) {
        EXPECT_FALSE(parse_location(from, location)) << location;
    }
}

TEST(EndpointTest, EncodesBasicCredentials) {
    EXPECT_EQ(basic_authorization("Aladdin:open%20sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(basic_authorization("user:a:b"), "Basic dXNlcjphOmI=");
    EXPECT_EQ(basic_authorization("user"), "Basic dXNlcjo=");
    EXPECT_EQ(basic_authorization("u:%4%zz%4"), "Basic dTolNCV6eiU0");
}

TEST(EndpointTest, LeavesTheSchemesOwnPortOutOfTheHostHeader) {
    EXPECT_EQ(authority(*parse_endpoint("http://host:80")), "host");
    EXPECT_EQ(authority(*parse_endpoint("https://host:80")), "host:80");
    EXPECT_EQ(authority(*parse_endpoint("http://[::1]:8080")), "[::1]:8080");
}

}  // namespace
}  // namespace tally::connect
