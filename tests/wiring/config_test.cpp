#include "config.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace tally {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ConfigTest : public testing::Test {
  protected:
    Result<Config> read(const std::string& yaml) const {
        std::ofstream(path) << yaml;
        return read_config_file(path, {});
    }

    Config accepted(const std::string& yaml) const {
        auto config = read(yaml);
        EXPECT_TRUE(config) << yaml << "\n" << (config ? "" : config.error().what);
        return config ? std::move(*config) : Config();
    }

    SourceConfig source(const std::string& settings) const {
        auto config = accepted("sources:\n  - urls: [https://m]\n" + settings);
        return config.sources.empty() ? SourceConfig() : config.sources.front();
    }

    /// What is wrong, without the file's name.
    std::string refusal(const std::string& yaml) const {
        const auto config = read(yaml);
        if (config) {
            return "accepted";
        }
        const auto& what = config.error().what;
        return what.starts_with(path) ? what.substr(path.size()) : "names no file: " + what;
    }

    test::Scratch scratch;
    const std::string path = scratch.file("tally.yml");
};

TEST_F(ConfigTest, TheDefaultsAreWhatIsDocumented) {
    const auto config = accepted(default_config());
    const Config plain;
    EXPECT_TRUE(config.sources.empty());
    EXPECT_THAT(config.listen_addresses, ElementsAre("0.0.0.0:9977"));
    EXPECT_EQ(config.silence_timeout, milliseconds(25'000));
    EXPECT_EQ(config.backoff, plain.backoff);
    EXPECT_EQ(config.backoff.wait_first, milliseconds(200));
    EXPECT_EQ(config.backoff.wait_max, milliseconds(4'000));
    EXPECT_EQ(config.reconcile.interval, milliseconds(600'000));
    EXPECT_EQ(config.reconcile.timeout, milliseconds(60'000));
    EXPECT_EQ(config.reconcile.bytes_max, 536'870'912U);
    EXPECT_EQ(config.reconcile.hold, milliseconds(30'000));
    EXPECT_EQ(config.reconcile.hold_bytes_max, 67'108'864U);
    EXPECT_EQ(config.journal.bytes_max, 1'073'741'824U);
    EXPECT_EQ(config.journal.reserve_bytes, 67'108'864U);
}

TEST_F(ConfigTest, TheCommentedSourceOfTheDefaultsCanBeReadToo) {
    std::string text = default_config();
    text = text.substr(text.find("#  - name: production"));
    text = text.substr(0, text.find("\n\n"));
    std::string yaml = "sources:\n";
    bool skipping = false;  // two of the three ways that exclude each other
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at + 1, end - at - 1);
        at = end + 1;
        if (line.starts_with("    ") && !line.starts_with("     ") && !line.starts_with("    #")) {
            skipping = line.starts_with("    authorization:") || line.starts_with("    service_account:");
        }
        yaml += skipping ? "" : line + "\n";
    }
    const auto config = accepted(yaml);
    ASSERT_EQ(config.sources.size(), 1U);
    EXPECT_EQ(config.sources.front().name, "production");
    EXPECT_EQ(config.sources.front().credentials.basic->password.file, "/run/secrets/marathon");
}

TEST_F(ConfigTest, EverySettingOfALiveStreamIsRead) {
    const auto config = accepted(
        "backoff: {first: 1ms, max: 1ms}\n"
        "reconcile: {interval: 1h, timeout: 2s, max_bytes: 4096, hold: 3s, hold_bytes: 8192}\n"
        "journal: {max_bytes: 2097152, reserve_bytes: 0}\n"
    );
    EXPECT_EQ(config.backoff.wait_first, milliseconds(1));
    EXPECT_EQ(config.backoff.wait_max, milliseconds(1));
    EXPECT_EQ(config.reconcile.interval, milliseconds(3'600'000));
    EXPECT_EQ(config.reconcile.timeout, milliseconds(2'000));
    EXPECT_EQ(config.reconcile.bytes_max, 4096U);
    EXPECT_EQ(config.reconcile.hold, milliseconds(3'000));
    EXPECT_EQ(config.reconcile.hold_bytes_max, 8192U);
    EXPECT_EQ(config.journal.bytes_max, 2'097'152U);
    EXPECT_EQ(config.journal.reserve_bytes, 0U);
}

TEST_F(ConfigTest, AHistoryIsKeptForEverUnlessALimitSaysOtherwise) {
    const Config plain = accepted(default_config());
    EXPECT_EQ(plain.payload_hot, std::chrono::hours(24));
    EXPECT_EQ(plain.retention_time, milliseconds(0));
    EXPECT_EQ(plain.retention_bytes, 0U);
    const Config config = accepted("history: {payload_hot: 10m, retention_time: 2160h, retention_bytes: 10000000000}");
    EXPECT_EQ(config.payload_hot, std::chrono::minutes(10));
    EXPECT_EQ(config.retention_time, std::chrono::hours(2160));
    EXPECT_EQ(config.retention_bytes, 10'000'000'000U);
    EXPECT_THAT(refusal("history: {payload_hot: 0}"), HasSubstr(":1: history.payload_hot"));
    EXPECT_THAT(refusal("history: {retention_time: 90}"), HasSubstr(":1: history.retention_time"));
    EXPECT_THAT(refusal("history: {retention_bytes: 1000}"), HasSubstr(":1: history.retention_bytes"));
}

TEST_F(ConfigTest, ASourceIsItsNameAndUrls) {
    const auto config = accepted("sources:\n  - {name: a, urls: [http://m1, http://m2]}\n  - {name: b, urls: http://m3}\n");
    ASSERT_EQ(config.sources.size(), 2U);
    EXPECT_EQ(config.sources[0].name, "a");
    EXPECT_THAT(config.sources[0].urls, ElementsAre("http://m1", "http://m2"));
    EXPECT_THAT(config.sources[1].urls, ElementsAre("http://m3"));
    EXPECT_FALSE(config.sources[0].credentials.basic);
    EXPECT_EQ(config.sources[0].accept_framework, "");
}

TEST_F(ConfigTest, ASourceMayHaveBasicAuth) {
    const auto with_file = source("    basic_auth: {username: ann, password_file: /run/p}\n");
    ASSERT_TRUE(with_file.credentials.basic);
    EXPECT_EQ(with_file.credentials.basic->username, "ann");
    EXPECT_EQ(with_file.credentials.basic->password.file, "/run/p");
    EXPECT_EQ(source("    basic_auth: {username: ann, password: 's:x'}\n").credentials.basic->password.text, "s:x");
    EXPECT_EQ(source("    basic_auth: {username: ann, password_env: P}\n").credentials.basic->password.env, "P");
}

TEST_F(ConfigTest, ASourceMayHaveAnAuthorization) {
    const auto bearer = source("    authorization: {credentials: abc}\n").credentials.authorization;
    ASSERT_TRUE(bearer);
    EXPECT_EQ(bearer->type, "Bearer");
    EXPECT_EQ(bearer->credentials.text, "abc");
    const auto token = source("    authorization: {type: token, credentials_file: t}\n").credentials.authorization;
    ASSERT_TRUE(token);
    EXPECT_EQ(token->type, "token");
    EXPECT_EQ(token->credentials.file, "t");
    EXPECT_EQ(source("    authorization: {credentials_env: T}\n").credentials.authorization->credentials.env, "T");
}

TEST_F(ConfigTest, ASourceMayHaveAServiceAccount) {
    const auto account = source("    service_account: {uid: tally, private_key_file: k}\n").credentials.service_account;
    ASSERT_TRUE(account);
    EXPECT_EQ(account->uid, "tally");
    EXPECT_EQ(account->private_key.file, "k");
    EXPECT_FALSE(account->login);
    const auto elsewhere =
        source("    service_account: {uid: tally, private_key_env: K, login_url: 'https://leader.mesos/login'}\n");
    EXPECT_EQ(elsewhere.credentials.service_account->private_key.env, "K");
    EXPECT_EQ(shown(*elsewhere.credentials.service_account->login), "https://leader.mesos/login");
}

TEST_F(ConfigTest, ASourceMayHaveTls) {
    const auto tls =
        source("    tls: {ca_file: a, cert_file: b, key_file: c, server_name: d, insecure_skip_verify: true}\n").tls;
    EXPECT_EQ(tls.ca_file, "a");
    EXPECT_EQ(tls.cert_file, "b");
    EXPECT_EQ(tls.key_file, "c");
    EXPECT_EQ(tls.server_name, "d");
    EXPECT_TRUE(tls.insecure_skip_verify);
    EXPECT_FALSE(source("    tls: {cert_file: b}\n").tls.insecure_skip_verify);
}

TEST_F(ConfigTest, ASourceMayAcceptAnotherCluster) {
    EXPECT_EQ(source("    reconcile: {accept_framework: 2f-0001}\n").accept_framework, "2f-0001");
}

TEST_F(ConfigTest, WhatIsWrongIsSaidWithItsLine) {
    struct Row {
        const char* yaml;
        const char* refusal;
    };

    const std::vector<Row> rows = {
        {"colour: red\n", ":1: there is no setting colour"},
        {"\njournal:\n  max: 5\n", ":3: there is no setting journal.max"},
        {"database: a\ndatabase: b\n", ":2: database is set twice"},
        {"journal: 5\n", ":1: journal must hold settings"},
        {"journal:\n  max_bytes: 5\n", ":2: journal.max_bytes must be a whole number from 1048576, not '5'"},
        {"journal: {max_bytes: 1048576}\n", ":1: journal: reserve_bytes must not be more than max_bytes"},
        {"backoff: {first: 5s}\n", ":1: backoff: first must not be longer than max"},
        {"backoff: {first: 0s}\n", ":1: backoff.first must be a duration such as 5s or 250ms, not '0s'"},
        {"reconcile: {interval: 10}\n", ":1: reconcile.interval must be a duration such as 5s or 250ms, not '10'"},
        {"reconcile: {accept_framework: x}\n", ":1: there is no setting reconcile.accept_framework"},
        {"sources: 5\n", ":1: sources must be a list"},
        {"sources:\n  - {name: a}\n", ":2: source a needs a URL"},
        {"sources:\n  - {name: a, urls: ['ftp://m']}\n", ":2: source a: does not begin with http:// or https://"},
        {"sources:\n  - {name: a, urls: [http://m]}\n  - {name: a, urls: [http://m]}\n",
         ":3: there are two sources named a"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(refusal(row.yaml), row.refusal) << row.yaml;
    }
}

TEST_F(ConfigTest, WhatIsWrongWithASourceIsSaidWithItsLine) {
    struct Row {
        const char* settings;
        const char* refusal;
    };

    const std::vector<Row> rows = {
        {"basic_auth: {password: x}", "sources.basic_auth.username is needed"},
        {"basic_auth: {username: 'a:b', password: x}", "sources.basic_auth.username must have no colon"},
        {"basic_auth: {username: '', password: x}", "sources.basic_auth.username must not be empty"},
        {"basic_auth: {username: a}",
         "one of sources.basic_auth.password, sources.basic_auth.password_file and sources.basic_auth.password_env is "
         "needed, and one only"},
        {"basic_auth: {username: a, password: x, password_file: y}",
         "one of sources.basic_auth.password, sources.basic_auth.password_file and sources.basic_auth.password_env is "
         "needed, and one only"},
        {"basic_auth: {username: a, password: ''}", "sources.basic_auth.password must not be empty"},
        {"basic_auth: {username: a, password: \"x\\ny\"}", "sources.basic_auth.password must be one line"},
        {"basic_auth: x", "sources.basic_auth must hold settings"},
        {"basic_auth: {user: a}", "there is no setting sources.basic_auth.user"},
        {"authorization: {type: Bearer}",
         "one of sources.authorization.credentials, sources.authorization.credentials_file and "
         "sources.authorization.credentials_env is needed, and one only"},
        {"authorization: {credentials_file: x, credentials_env: y}",
         "one of sources.authorization.credentials, sources.authorization.credentials_file and "
         "sources.authorization.credentials_env is needed, and one only"},
        {"authorization: {type: 'a b', credentials: x}",
         "sources.authorization.type must be one word, such as Bearer or token"},
        {"authorization: {credentials: [x]}", "sources.authorization.credentials must be a single value"},
        {"service_account: {private_key_file: k}", "sources.service_account.uid is needed"},
        {"service_account: {uid: u}",
         "one of sources.service_account.private_key_file and sources.service_account.private_key_env is needed, and "
         "one only"},
        {"service_account: {uid: u, private_key_file: k, login_url: x}",
         "sources.service_account.login_url: does not begin with http:// or https://"},
        {"service_account: {uid: u, private_key_file: k, login_url: 'https://u:p@h'}",
         "sources.service_account.login_url must have no user and password"},
        {"tls: {key_file: k}", "sources.tls.key_file needs sources.tls.cert_file"},
        {"tls: {insecure_skip_verify: maybe}",
         "sources.tls.insecure_skip_verify must be one of true, false, not 'maybe'"},
        {"reconcile: {interval: 5s}", "there is no setting sources.reconcile.interval"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(refusal("sources:\n  - urls: [https://m]\n    " + std::string(row.settings) + "\n"),
                  std::string(":3: ") + row.refusal);
    }
}

TEST_F(ConfigTest, WaysToSayWhoWeAreExcludeEachOther) {
    const std::string why =
        ":2: source default: a user in its URLs, basic_auth, authorization and service_account exclude each other";
    const std::string basic = "basic_auth: {username: a, password: x}";
    const std::string authorization = "authorization: {credentials: x}";
    const std::string account = "service_account: {uid: u, private_key_file: k}";
    const auto both = [](const std::string& url, const std::string& one, const std::string& other) {
        return "sources:\n  - urls: ['" + url + "']\n    " + one + "\n    " + other + "\n";
    };
    EXPECT_EQ(refusal(both("https://m", basic, authorization)), why);
    EXPECT_EQ(refusal(both("https://m", authorization, account)), why);
    EXPECT_EQ(refusal(both("https://m", basic, account)), why);
    EXPECT_EQ(refusal(both("https://u:p@m", basic, "")), why);
    EXPECT_EQ(refusal(both("https://u:p@m", "", "")), "accepted");
}

TEST_F(ConfigTest, NoRefusalShowsASecret) {
    const std::vector<std::string> files = {
        "sources:\n  - urls: ['http://u:hush@m:x']\n",
        "sources:\n  - urls: ['u:hush@m']\n",
        "sources:\n  - urls: [https://m]\n    basic_auth: {username: a, password: hush, password_env: hush2}\n",
        "sources:\n  - urls: [https://m]\n    basic_auth: hush\n",
        "sources:\n  - urls: [https://m]\n    authorization: {credentials: \"hush\\n\"}\n",
        "sources:\n  - urls: [https://m]\n    authorization: [hush]\n",
        "sources:\n  - urls: [https://m]\n    authorization: {credentials: hush\n",
    };
    for (const auto& yaml : files) {
        EXPECT_NE(refusal(yaml), "accepted");
        EXPECT_THAT(refusal(yaml), Not(HasSubstr("hush")));
    }
    for (const char* flag : {"=http://u:hush@m", "a=u:hush@m", "http://u:hush@m:x"}) {
        const auto parsed = parse_source(flag);
        const std::string what = !parsed ? parsed.error().what : check(*parsed) ? "good" : check(*parsed).error().what;
        EXPECT_NE(what, "good");
        EXPECT_THAT(what, Not(HasSubstr("hush")));
    }
}

TEST_F(ConfigTest, AFileThatIsNotThereOrNoYamlIsSaidSo) {
    EXPECT_EQ(read_config_file("/none/at/all", {}).error().what, "cannot read /none/at/all");
    EXPECT_THAT(refusal("a: [\n"), HasSubstr(":2: "));
    EXPECT_EQ(refusal(""), "accepted");
}

}  // namespace
}  // namespace tally
