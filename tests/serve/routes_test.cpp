#include "tally/serve/routes.hpp"

#include <gtest/gtest.h>

namespace tally::serve {

namespace {

const Routes& table() {
    static const Routes routes({
        {Method::get, "/", nullptr},
        {Method::get, "/metrics", nullptr},
        {Method::post, "/callback/{source}", nullptr},
        {Method::get, "/both", nullptr},
        {Method::post, "/both", nullptr},
    });
    return routes;
}

TEST(RoutesTest, FindsAPathOnlyAsAWhole) {
    EXPECT_EQ(table().find("GET", "/").route->path, "/");
    EXPECT_EQ(table().find("HEAD", "/metrics").route->path, "/metrics");
    for (const char* path :
         {"", "/metrics/", "/metric", "/metrics2", "//", "/Metrics", "/callback"}) {
        const Routes::Found found = table().find("GET", path);
        EXPECT_EQ(found.route, nullptr) << path;
        EXPECT_EQ(found.allow, "") << path;
    }
}

TEST(RoutesTest, TakesOneSegmentAsParameterAndDecodesItOnce) {
    EXPECT_EQ(table().find("POST", "/callback/east").parameter, "east");
    EXPECT_EQ(table().find("POST", "/callback/a%2Fb+c%2541").parameter, "a/b+c%41");
    EXPECT_EQ(table().find("POST", "/callback/%20%C3%A9").parameter, " \xC3\xA9");
    EXPECT_EQ(table().find("POST", "/callback/").route, nullptr);
    EXPECT_EQ(table().find("POST", "/callback/a/b").route, nullptr);
}

TEST(RoutesTest, NamesTheMethodsOfAPathThatHasOthers) {
    EXPECT_EQ(table().find("DELETE", "/both").allow, "GET, HEAD, POST");
    EXPECT_EQ(table().find("get", "/metrics").allow, "GET, HEAD");
    EXPECT_EQ(table().find("GET", "/callback/x").allow, "POST");
    EXPECT_EQ(table().find("POST", "/both").route->method, Method::post);
}

}  // namespace

}  // namespace tally::serve
