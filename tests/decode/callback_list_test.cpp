#include "tally/decode/callback_list.hpp"

#include <gtest/gtest.h>

namespace tally::decode {

namespace {

TEST(CallbackListTest, FindsAUrlToTheLetter) {
    constexpr std::string_view body =
        R"({"callbackUrls":["http://a/callback/x","http:\/\/b\/callback\/y?secret=s\u0041","http://a/callback/xy"]})";
    EXPECT_TRUE(*lists_callback(body, "http://a/callback/x"));
    EXPECT_TRUE(*lists_callback(body, "http://b/callback/y?secret=sA"));
    for (const char* other : {"http://a/callback", "http://a/callback/x/", "HTTP://a/callback/x", "", "http://c"}) {
        EXPECT_FALSE(*lists_callback(body, other)) << other;
    }
    EXPECT_FALSE(*lists_callback(R"({"callbackUrls":[]})", "http://a"));
    EXPECT_TRUE(*lists_callback(R"( {"more":1, "callbackUrls":["http://a"]} )", "http://a"));
}

TEST(CallbackListTest, RefusesWhatIsNoList) {
    for (const std::string_view body :
         {"", "null", "[]", "{}", "<html>", R"({"callbackUrls":"http://a"})", R"({"callbackUrls":null})",
          R"({"callbackUrls":["http://a",1]})", R"({"callbackUrls":["http://a"])", R"({"callbackUrls":["http://a"]}x)",
          R"({"message":"http event callback system is not running on this Marathon instance"})",
          "{\"callbackUrls\":[\"\xFF\"]}"}) {
        EXPECT_FALSE(lists_callback(body, "http://a")) << body;
    }
    EXPECT_FALSE(lists_callback(std::string(100'000, '['), "http://a"));
}

}  // namespace

}  // namespace tally::decode
