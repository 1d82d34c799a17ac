#include "connect/login_jwt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/base64.hpp"
#include "connect/rsa_key.hpp"

namespace tally::connect {
namespace {

using testing::HasSubstr;

TEST(LoginJwtTest, SaysWhoAndUntilWhenAndIsSigned) {
    const RsaKey key;
    const auto jwt = login_jwt("tally \"x\"", 1'700'000'300, key.private_pem());
    ASSERT_TRUE(jwt);
    const auto first = jwt->find('.');
    const auto last = jwt->rfind('.');
    EXPECT_EQ(from_base64url(jwt->substr(0, first)), R"({"alg":"RS256","typ":"JWT"})");
    EXPECT_EQ(from_base64url(jwt->substr(first + 1, last - first - 1)), R"({"uid":"tally \"x\"","exp":1700000300})");
    EXPECT_TRUE(key.has_signed(jwt->substr(0, last), from_base64url(jwt->substr(last + 1)).value_or("")));
    EXPECT_EQ(expiry_of(*jwt), 1'700'000'300);
}

TEST(LoginJwtTest, NeedsAnRsaKeyWithoutAPassword) {
    const RsaKey key;
    const auto whole = key.private_pem();
    for (const auto& pem : {std::string(), std::string("x"), whole.substr(0, whole.size() / 2), key.private_pem(EVP_aes_256_cbc())}) {
        const auto jwt = login_jwt("tally", 1, pem);
        ASSERT_FALSE(jwt);
        EXPECT_THAT(jwt.error().what, HasSubstr("no usable private key"));
    }
    const auto elliptic = login_jwt("tally", 1, make_certificate().key);
    ASSERT_FALSE(elliptic);
    EXPECT_THAT(elliptic.error().what, HasSubstr("not an RSA key"));
}

TEST(LoginJwtTest, FindsWhenATokenExpires) {
    const auto jwt = [](std::string_view payload) { return "e30." + base64url(payload) + ".c2ln"; };
    EXPECT_EQ(expiry_of(jwt(R"({"uid":"x", "exp" : 1700000300 })")), 1'700'000'300);
    for (const auto& none :
         {jwt("{}"), jwt(R"({"exp":"soon"})"), jwt(R"({"exp"})"), jwt(R"({"exp":-1})"), jwt(R"({"exp":99999999999999999})"),
          std::string(), std::string("."), std::string("a.b"), std::string("a.*.c"), std::string("opaque")}) {
        EXPECT_EQ(expiry_of(none), std::nullopt) << none;
    }
}

TEST(LoginJwtTest, FindsTheTokenInALoginsAnswer) {
    EXPECT_EQ(token_of(R"({"token":"a.b.c"})"), "a.b.c");
    EXPECT_EQ(token_of("{\n  \"title\": \"x\",\n  \"token\" : \"a.b.c\"\n}"), "a.b.c");
    for (const char* none :
         {"", "{}", R"({"token":1})", R"({"token":""})", R"({"token":"a)", R"({"token":"a\u0041"})", R"({"token":"a b"})",
          "{\"token\":\"a\nb\"}", R"({"token")"}) {
        EXPECT_EQ(token_of(none), std::nullopt) << none;
    }
}

}  // namespace
}  // namespace tally::connect
