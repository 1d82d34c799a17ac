#include "connect/route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::connect {
namespace {

using testing::HasSubstr;
using testing::Not;

Endpoint endpoint(std::string_view url) {
    return *parse_endpoint(url);
}

Route route_of(const std::vector<std::string>& members, const std::string& begin) {
    std::vector<Endpoint> endpoints;
    for (const auto& member : members) {
        endpoints.push_back(endpoint(member));
    }
    Route route(endpoints);
    route.begin(endpoint(begin), "/v2/info");
    return route;
}

TEST(RouteTest, BeginsAtTheServerItIsGiven) {
    const auto route = route_of({"http://a", "http://b"}, "http://b:80");
    EXPECT_EQ(route.server(), endpoint("http://b"));
    EXPECT_EQ(route.target(), "/v2/info");
    EXPECT_TRUE(route.credentials());
}

TEST(RouteTest, TellsNoCredentialsToStrangers) {
    EXPECT_FALSE(route_of({"http://a"}, "http://b").credentials());
    EXPECT_FALSE(route_of({"http://a"}, "http://a:8080").credentials());
    EXPECT_FALSE(route_of({"http://a"}, "https://a:80").credentials());
}

TEST(RouteTest, TellsCredentialsToWhomAMemberRedirectsAndNoFurther) {
    auto route = route_of({"http://a"}, "http://a");
    ASSERT_TRUE(route.follow("http://b/v2/info"));
    EXPECT_TRUE(route.credentials());
    ASSERT_TRUE(route.follow("/elsewhere?x=y"));
    EXPECT_EQ(route.target(), "/elsewhere?x=y");
    EXPECT_FALSE(route.credentials());
    ASSERT_TRUE(route.follow("http://a/back"));
    EXPECT_TRUE(route.credentials());
}

TEST(RouteTest, TellsNoCredentialsFromHttpsToHttp) {
    auto route = route_of({"https://a", "http://b"}, "https://a");
    ASSERT_TRUE(route.follow("http://b/"));
    EXPECT_FALSE(route.credentials());
    ASSERT_TRUE(route.follow("https://a/x"));
    EXPECT_TRUE(route.credentials());
    route.begin(endpoint("http://b"), "/");
    EXPECT_TRUE(route.credentials()) << "another way";
}

TEST(RouteTest, StaysWhereItIsWhenARedirectIsNoGood) {
    auto route = route_of({"http://a"}, "http://a");
    for (const char* location : {"", "ftp://b/", "v2/info", "http://b c/", "http://a/v2/info", "//a/v2/info"}) {
        EXPECT_FALSE(route.follow(location)) << location;
        EXPECT_EQ(route.server(), endpoint("http://a"));
        EXPECT_EQ(route.target(), "/v2/info");
    }
    const auto refused = route.follow("http://user:secret@:x");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("unusable Location: "));
    EXPECT_THAT(refused.error().what, Not(HasSubstr("secret")));
}

TEST(RouteTest, EndsAfterThreeRedirects) {
    auto route = route_of({"http://a"}, "http://a");
    for (const char* location : {"http://b/", "http://c/", "http://d/"}) {
        EXPECT_TRUE(route.follow(location));
    }
    const auto refused = route.follow("http://e/");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what, "more than 3 redirects");
}

}  // namespace
}  // namespace tally::connect
