#include "callback_access.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "config.hpp"

namespace tally {

namespace {

using Verdict = CallbackAccess::Verdict;
using Sources = std::vector<CallbackAccess::Source>;
using Strings = std::vector<std::string>;

std::vector<AddressRange> ranges(std::initializer_list<const char*> texts) {
    std::vector<AddressRange> all;
    for (const char* text : texts) {
        all.push_back(*AddressRange::parse(text));
    }
    return all;
}

CallbackAccess with_secrets() {
    return CallbackAccess(Sources{{.name = "east", .secret = "one", .allow = {}}, {.name = "west", .secret = "two", .allow = {}}});
}

CallbackAccess with_ranges() {
    return CallbackAccess(Sources{{.name = "east", .secret = {}, .allow = ranges({"10.0.0.0/8", "::1"})},
                           {.name = "west", .secret = {}, .allow = ranges({"192.0.2.7"})}});
}

TEST(CallbackAccessTest, AdmitsEverybodyToASourceWithoutConditions) {
    const CallbackAccess open(Sources{{.name = "a/b c", .secret = {}, .allow = {}}});
    EXPECT_EQ(open.judge("a/b c", {.peer = "192.0.2.1", .secrets = {}}), Verdict::admitted);
    EXPECT_EQ(open.judge("a/b c", {.peer = "192.0.2.1", .secrets = {"what for"}}), Verdict::admitted);
    EXPECT_EQ(open.judge("a", {.peer = "192.0.2.1", .secrets = {}}), Verdict::unknown);
}

TEST(CallbackAccessTest, WantsTheSecretOfTheSourceAsked) {
    EXPECT_EQ(with_secrets().judge("east", {.peer = "", .secrets = {"one"}}), Verdict::admitted);
    EXPECT_EQ(with_secrets().judge("east", {.peer = "", .secrets = {"wrong", "one"}}), Verdict::admitted);
    for (const Strings& secrets : {Strings{}, Strings{""}, Strings{"two"}, Strings{"on"}, Strings{"one "}, Strings{"ONE"}}) {
        EXPECT_EQ(with_secrets().judge("east", {.peer = "", .secrets = secrets}), Verdict::unauthorized);
    }
}

TEST(CallbackAccessTest, WantsAnAddressThatIsAllowed) {
    EXPECT_EQ(with_ranges().judge("east", {.peer = "10.9.8.7", .secrets = {}}), Verdict::admitted);
    EXPECT_EQ(with_ranges().judge("east", {.peer = "::ffff:10.9.8.7", .secrets = {}}), Verdict::admitted);
    EXPECT_EQ(with_ranges().judge("east", {.peer = "::1", .secrets = {}}), Verdict::admitted);
    for (const char* peer : {"11.0.0.1", "::2", "192.0.2.7", ""}) {
        EXPECT_EQ(with_ranges().judge("east", {.peer = peer, .secrets = {}}), Verdict::forbidden) << peer;
    }
}

TEST(CallbackAccessTest, LooksAtASecretBeforeAnAddress) {
    const CallbackAccess both(Sources{{.name = "east", .secret = "one", .allow = ranges({"10.0.0.0/8"})}});
    EXPECT_EQ(both.judge("east", {.peer = "10.0.0.1", .secrets = {"one"}}), Verdict::admitted);
    EXPECT_EQ(both.judge("east", {.peer = "10.0.0.1", .secrets = {}}), Verdict::unauthorized);
    EXPECT_EQ(both.judge("east", {.peer = "11.0.0.1", .secrets = {"one"}}), Verdict::forbidden);
    EXPECT_EQ(both.judge("east", {.peer = "11.0.0.1", .secrets = {}}), Verdict::unauthorized);
}

TEST(CallbackAccessTest, TellsAStrangerNothingOfWhichSourcesThereAre) {
    const CallbackAccess::Caller stranger{.peer = "198.51.100.1", .secrets = {"guess"}};
    for (const CallbackAccess& access : {with_secrets(), with_ranges()}) {
        EXPECT_EQ(access.judge("north", stranger), access.judge("east", stranger));
        EXPECT_EQ(access.judge("", stranger), access.judge("west", stranger));
        EXPECT_NE(access.judge("north", stranger), Verdict::unknown);
    }
}

TEST(CallbackAccessTest, TellsWhoKnowsASecretOrMayPostElsewhereThatTheNameIsWrong) {
    EXPECT_EQ(with_secrets().judge("north", {.peer = "", .secrets = {"two"}}), Verdict::unknown);
    EXPECT_EQ(with_ranges().judge("north", {.peer = "192.0.2.7", .secrets = {}}), Verdict::unknown);
}

TEST(CallbackAccessTest, KnowsNoSourceWhereThereIsNone) {
    EXPECT_EQ(CallbackAccess(Sources{}).judge("x", {.peer = "", .secrets = {}}), Verdict::unknown);
}

TEST(CallbackAccessTest, ComparesSecretsAsAWhole) {
    EXPECT_TRUE(CallbackAccess::same_secret("abc", "abc"));
    for (const std::string_view given : {"", "a", "ab", "abd", "abcd", "abcabc", "xbc"}) {
        EXPECT_FALSE(CallbackAccess::same_secret(given, "abc")) << given;
    }
    EXPECT_FALSE(CallbackAccess::same_secret("", ""));
    EXPECT_FALSE(CallbackAccess::same_secret("a", ""));
}

TEST(CallbackAccessTest, FindsSecretsInQueryBasicAuthAndBearer) {
    EXPECT_EQ(given_secrets("s", ""), Strings{"s"});
    EXPECT_EQ(given_secrets(std::nullopt, "Basic bWFyYXRob246cDpx"), Strings{"p:q"});  // marathon:p:q
    EXPECT_EQ(given_secrets(std::nullopt, "bearer s s"), Strings{"s s"});
    EXPECT_EQ(given_secrets("q", "BEARER b"), (Strings{"q", "b"}));
    for (const char* authorization : {"", "Bearer", "Bearer ", "Basic", "Basic bWFyYXRob24=", "Digest s", "s"}) {
        EXPECT_EQ(given_secrets(std::nullopt, authorization), Strings{}) << authorization;
    }
}

class CallbackSecretTest : public testing::Test {
  protected:
    std::string file(std::string_view text) {
        std::ofstream(path_, std::ios::binary) << text;
        return path_;
    }

    ~CallbackSecretTest() override { std::filesystem::remove(path_); }

    std::string path_ = testing::TempDir() + "callback_secret." + std::to_string(::getpid());
};

TEST_F(CallbackSecretTest, ComesFromTheConfigAFileOrTheEnvironment) {
    EXPECT_EQ(*read_callback_secret({}), "");
    CallbackConfig config;
    config.secret.text = "s";
    EXPECT_EQ(*read_callback_secret(config), "s");
    config = {};
    config.secret.file = file(" from file \r\n");
    EXPECT_EQ(*read_callback_secret(config), " from file ");
    config = {};
    config.secret.env = "TALLY_CALLBACK_SECRET_TEST";
    ::setenv("TALLY_CALLBACK_SECRET_TEST", "from env", 1);
    EXPECT_EQ(*read_callback_secret(config), "from env");
    ::unsetenv("TALLY_CALLBACK_SECRET_TEST");
}

TEST_F(CallbackSecretTest, ThatIsMissingOrEmptyOpensNoDoor) {
    CallbackConfig config;
    config.secret.file = file("\n");
    EXPECT_EQ(read_callback_secret(config).error().what, path_ + ": empty");
    config.secret.file = file(std::string(70'000, 's'));
    EXPECT_EQ(read_callback_secret(config).error().what, path_ + ": larger than 64 KiB");
    config.secret.file = path_ + ".none";
    EXPECT_EQ(read_callback_secret(config).error().what, path_ + ".none: No such file or directory");
    config.secret.file = testing::TempDir();
    EXPECT_FALSE(read_callback_secret(config));
    config = {};
    config.secret.env = "TALLY_CALLBACK_NO_SECRET";
    EXPECT_EQ(read_callback_secret(config).error().what,
              "environment variable TALLY_CALLBACK_NO_SECRET: not set");
}

TEST_F(CallbackSecretTest, OfAFifoThatNobodyWritesToIsRefusedAtOnce) {
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    CallbackConfig config;
    config.secret.file = path_;
    EXPECT_EQ(read_callback_secret(config).error().what, path_ + ": not a file");
}

TEST_F(CallbackSecretTest, OfEverySourceIsReadForTheAccess) {
    SourceConfig east{.name = "east", .urls = {"http://a"}};
    east.callback.emplace();
    east.callback->secret.file = file("s\n");
    east.callback->allow = {"10.0.0.0/8"};
    const SourceConfig west{.name = "west", .urls = {"http://b"}};
    const auto access = read_callback_access({east, west});
    ASSERT_TRUE(access);
    EXPECT_EQ(access->judge("east", {.peer = "10.0.0.1", .secrets = {"s"}}), Verdict::admitted);
    EXPECT_EQ(access->judge("east", {.peer = "11.0.0.1", .secrets = {"s"}}), Verdict::forbidden);
    EXPECT_EQ(access->judge("west", {.peer = "11.0.0.1", .secrets = {}}), Verdict::admitted);
    east.callback->secret.file += ".none";
    EXPECT_EQ(read_callback_access({east, west}).error().what,
              "source east: callback: " + path_ + ".none: No such file or directory");
}

}  // namespace

}  // namespace tally
