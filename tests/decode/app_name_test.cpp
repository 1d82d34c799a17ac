#include "decode/app_name.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace tally::decode {

TEST(AppNameTest, IsDerivedFromTheUriOfAnApiCall) {
    struct Row {
        std::string_view uri;
        std::string_view root;
        std::string_view app;
    };

    const Row rows[] = {
        {"/v2/apps/my-app", "/v2/apps", "/my-app"},
        {"/v2/apps/a/b/c", "/v2/apps", "/a/b/c"},
        {"/v2/apps//asgard-dev/bla", "/v2/apps", "/asgard-dev/bla"},
        {"/v2/apps///a////b", "/v2/apps", "/a/b"},
        {"/v2/apps/a?force=true&x=/y", "/v2/apps", "/a"},
        {"/v2/apps/a/", "/v2/apps", "/a"},
        {"/v2/apps/%2Fa%2fb", "/v2/apps", "/a/b"},
        {"/v2/apps/a%20b", "/v2/apps", "/a%20b"},
        {"/v2/apps", "/v2/apps", ""},
        {"/v2/apps/", "/v2/apps", ""},
        {"/v2/apps?force=true", "/v2/apps", ""},
        {"/v2/appsx/a", "/v2/apps", ""},
        {"/v1/apps/start", "/v2/apps", ""},
        {"", "/v2/apps", ""},
        {"/v2/pods/my-pod", "/v2/pods", "/my-pod"},
        {"/v2/pods/my-pod::status", "/v2/pods", "/my-pod"},
        {"/v2/pods/my-pod::versions/2017", "/v2/pods", "/my-pod"},
        {"/v2/pods/::status", "/v2/pods", ""},
        {"/v2/pods", "/v2/pods", ""},
    };
    AppName app_name;
    for (const Row& row : rows) {
        EXPECT_EQ(app_name.from_uri(row.uri, row.root), row.app) << row.uri;
    }
}

TEST(AppNameTest, IsDerivedFromAnIdOfMarathonsForms) {
    AppName app_name;
    EXPECT_EQ(app_name.from_id("product_web.3f80d17a-37e6-11e4-b05e-56847afe9799"), "/product/web");
    EXPECT_EQ(app_name.from_id("product_my.app.instance-3f80d17a._app.1"), "/product/my.app");
    EXPECT_EQ(app_name.from_id("my-app_0-1396592784349"), "/my-app");
    EXPECT_EQ(app_name.from_id("nothing"), "");
    EXPECT_EQ(app_name.from_id(""), "");
}

}  // namespace tally::decode
