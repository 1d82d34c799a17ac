#include "tally/connect/credentials.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace tally::connect {
namespace {

using testing::HasSubstr;
using testing::Not;

class CredentialsTest : public testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& text) const {
        const auto path = scratch.file(name);
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }

    static std::string fault_of(const Secret& secret) {
        const auto read = read_secret(secret);
        return read ? "none: " + *read : read.error().what;
    }

    test::Scratch scratch;
};

TEST_F(CredentialsTest, NobodySendsNothing) {
    const auto credentials = read_credentials({});
    EXPECT_EQ(credentials.authorization, "");
    EXPECT_EQ(credentials.fault, "");
}

TEST_F(CredentialsTest, BasicAuthIsUserAndPassword) {
    const CredentialSettings settings{.basic = BasicAuth{.username = "ann", .password = {.text = "se:cret%41"}}};
    EXPECT_EQ(read_credentials(settings).authorization, "Basic YW5uOnNlOmNyZXQlNDE=");
}

TEST_F(CredentialsTest, AnAuthorizationIsItsTypeAndCredentials) {
    CredentialSettings settings{.authorization = Authorization{.credentials = {.text = "abc"}}};
    EXPECT_EQ(read_credentials(settings).authorization, "Bearer abc");
    settings.authorization->type = "token";
    EXPECT_EQ(read_credentials(settings).authorization, "token=abc");
    settings.authorization->type = "Token";
    EXPECT_EQ(read_credentials(settings).authorization, "Token abc");
}

TEST_F(CredentialsTest, AFileIsReadAgainEveryTime) {
    const CredentialSettings settings{
        .authorization = Authorization{.type = "token", .credentials = {.file = file("token", "one\n")}}};
    EXPECT_EQ(read_credentials(settings).authorization, "token=one");
    file("token", "two\r\n\n");
    EXPECT_EQ(read_credentials(settings).authorization, "token=two");
    std::filesystem::remove(scratch.file("token"));
    EXPECT_EQ(read_credentials(settings).authorization, "");
    EXPECT_THAT(read_credentials(settings).fault, HasSubstr("token: No such file"));
}

TEST_F(CredentialsTest, OnlyLineEndsAtTheEndDoNotCount) {
    EXPECT_EQ(*read_secret({.file = file("a", " a\nb \r\n")}), " a\nb ");
}

TEST_F(CredentialsTest, AnEnvironmentVariableIsReadEveryTime) {
    const Secret secret{.env = "TALLY_CREDENTIALS_TEST"};
    ::unsetenv("TALLY_CREDENTIALS_TEST");
    EXPECT_EQ(fault_of(secret), "environment variable TALLY_CREDENTIALS_TEST: not set");
    ::setenv("TALLY_CREDENTIALS_TEST", "abc\n", 1);
    EXPECT_EQ(*read_secret(secret), "abc");
    ::setenv("TALLY_CREDENTIALS_TEST", "", 1);
    EXPECT_EQ(fault_of(secret), "environment variable TALLY_CREDENTIALS_TEST: empty");
    ::unsetenv("TALLY_CREDENTIALS_TEST");
}

TEST_F(CredentialsTest, WhatCannotBeReadIsAFaultThatNamesItsPlaceOnly) {
    EXPECT_THAT(fault_of({.file = file("empty", "")}), HasSubstr("empty: empty"));
    EXPECT_THAT(fault_of({.file = file("lines", "\n\n")}), HasSubstr("lines: empty"));
    EXPECT_THAT(fault_of({.file = std::filesystem::path(scratch.file("x")).parent_path().string()}), HasSubstr(": not a file"));
    const auto large = fault_of({.file = file("large", std::string(70'000, 's'))});
    EXPECT_THAT(large, HasSubstr("large: larger than 64 KiB"));
    EXPECT_THAT(large, Not(HasSubstr("sss")));
}

TEST_F(CredentialsTest, AFifoKeepsNobodyWaiting) {
    const auto path = scratch.file("fifo");
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_THAT(fault_of({.file = path}), HasSubstr("fifo: not a file"));
}

TEST_F(CredentialsTest, AFaultOfAPasswordIsAFaultOfTheCredentials) {
    const CredentialSettings settings{.basic = BasicAuth{.username = "ann", .password = {.file = file("p", "")}}};
    EXPECT_EQ(read_credentials(settings).authorization, "");
    EXPECT_THAT(read_credentials(settings).fault, HasSubstr("p: empty"));
}

}  // namespace
}  // namespace tally::connect
