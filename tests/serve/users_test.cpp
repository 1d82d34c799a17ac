#include "serve/users.hpp"

#include <gtest/gtest.h>

#include "tally/serve/basic_auth.hpp"
#include "serve/password_checker.hpp"
#include "serve/passwords.hpp"

namespace tally::serve {

namespace {

using testing::bcrypt_hash;
using Verdict = Users::Verdict;

constexpr std::string_view alice_secret = "Basic YWxpY2U6c2VjcmV0";  // alice:secret
constexpr std::string_view alice_wrong = "Basic YWxpY2U6d3Jvbmc=";   // alice:wrong
constexpr std::string_view bob_secret = "Basic Ym9iOnNlY3JldA==";    // bob:secret

TEST(BasicAuthTest, ReadsUserAndPassword) {
    struct Case {
        std::string_view text;
        std::string_view user;
        std::string_view password;
    };

    for (const Case& one : {
             Case{"Basic YWxpY2U6c2VjcmV0", "alice", "secret"},
             Case{"bASIC YWxpY2U6c2VjcmV0", "alice", "secret"},
             Case{"Basic YTo=", "a", ""},
             Case{"Basic Og==", "", ""},
             Case{"Basic YTpiOmM=", "a", "b:c"},
             Case{"Basic w6Q6w7Y=", "ä", "ö"},
         }) {
        const auto read = basic_credentials(one.text);
        ASSERT_TRUE(read) << one.text;
        EXPECT_EQ(read->user, one.user);
        EXPECT_EQ(read->password, one.password);
    }
}

TEST(BasicAuthTest, RefusesAllElse) {
    for (const std::string_view text :
         {"",
          "Basic",
          "Basic ",
          "Bearer YWxpY2U6c2VjcmV0",
          "BasicYWxpY2U6c2VjcmV0",
          "Basic YWxpY2U6c2VjcmV",
          "Basic YWxp=2U6",
          "Basic YQ==",
          "Basic ====",
          "Basic  YTo=",
          "Basic YTo=, Basic YTo=",
          "Basic Y\xFFo="}) {
        EXPECT_FALSE(basic_credentials(text)) << text;
    }
}

TEST(PasswordCheckerTest, KnowsTheThreeKindsOfBcrypt) {
    for (const char* prefix : {"$2a$", "$2b$", "$2y$"}) {
        const std::string hash = bcrypt_hash("secret", prefix);
        EXPECT_TRUE(hash.starts_with(prefix));
        EXPECT_TRUE(bcrypt_matches("secret", hash)) << prefix;
        EXPECT_FALSE(bcrypt_matches("Secret", hash)) << prefix;
        EXPECT_FALSE(bcrypt_matches("", hash)) << prefix;
    }
    // The first of Openwall's test vectors.
    const std::string known = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    EXPECT_TRUE(bcrypt_matches("U*U", known));
    EXPECT_FALSE(bcrypt_matches("U*U", "no hash at all"));
}

TEST(UsersTest, RefuseWhatIsNoCredentials) {
    const Users users({{"alice", bcrypt_hash("secret")}});
    EXPECT_EQ(users.judge("").verdict, Verdict::refused);
    EXPECT_EQ(users.judge("Bearer x").verdict, Verdict::refused);
}

TEST(UsersTest, AreAskedAboutByBcryptOnce) {
    const std::string hash = bcrypt_hash("secret");
    Users users({{"alice", hash}});
    const Users::Judgement first = users.judge(alice_secret);
    ASSERT_EQ(first.verdict, Verdict::unsure);
    EXPECT_EQ(first.question.password, "secret");
    EXPECT_EQ(first.question.hash, hash);
    EXPECT_TRUE(first.question.known);
    users.remember(first.question.digest);
    EXPECT_EQ(users.judge(alice_secret).verdict, Verdict::admitted);
    EXPECT_EQ(users.judge(alice_wrong).verdict, Verdict::unsure);
}

TEST(UsersTest, LetAnUnknownOneCostWhatAKnownOneCosts) {
    Users users(
        {{"alice", bcrypt_hash("secret", "$2b$", 4)}, {"carol", bcrypt_hash("x", "$2b$", 5)}}
    );
    const Users::Judgement bob = users.judge(bob_secret);
    ASSERT_EQ(bob.verdict, Verdict::unsure);
    EXPECT_FALSE(bob.question.known);
    EXPECT_TRUE(bob.question.hash.starts_with("$2b$0"));
    EXPECT_EQ(users.judge(bob_secret).question.hash, bob.question.hash);
    users.remember(bob.question.digest);
    EXPECT_EQ(users.judge(bob_secret).verdict, Verdict::unsure);
}

TEST(UsersTest, NeverTakeAPasswordThatBcryptWouldCutShort) {
    const Users users({{"alice", bcrypt_hash("secret")}});
    const auto judged = users.judge("Basic YWxpY2U6c2VjcmV0AA==");  // alice:secret and a NUL
    ASSERT_EQ(judged.verdict, Verdict::unsure);
    EXPECT_FALSE(judged.question.known);
    EXPECT_EQ(judged.question.password, "");
}

TEST(UsersTest, RememberOnlyTheLastHundred) {
    Users users({{"alice", bcrypt_hash("secret")}});
    users.remember(users.judge(alice_secret).question.digest);
    for (unsigned char i = 0; i < 99; ++i) {
        users.remember(Users::Digest{i});
    }
    EXPECT_EQ(users.judge(alice_secret).verdict, Verdict::admitted);
    users.remember(Users::Digest{200});
    EXPECT_EQ(users.judge(alice_secret).verdict, Verdict::unsure);
}

}  // namespace

}  // namespace tally::serve
