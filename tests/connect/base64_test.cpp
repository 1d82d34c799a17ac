#include "connect/base64.hpp"

#include <gtest/gtest.h>

namespace tally::connect {
namespace {

TEST(Base64Test, WritesBothAlphabets) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("a"), "YQ==");
    EXPECT_EQ(base64("an"), "YW4=");
    EXPECT_EQ(base64("ann"), "YW5u");
    EXPECT_EQ(base64("\xFB\xFF\xBE"), "+/++");
    EXPECT_EQ(base64url("\xFB\xFF\xBE"), "-_--");
    EXPECT_EQ(base64url("a"), "YQ");
}

TEST(Base64Test, ReadsWhatItWrites) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
        bytes += static_cast<char>(i);
    }
    EXPECT_EQ(from_base64url("YQ=="), std::nullopt);
    EXPECT_EQ(from_base64url("Y Q"), std::nullopt);
}

}  // namespace
}  // namespace tally::connect
