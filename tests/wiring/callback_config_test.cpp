#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <sstream>

#include <gtest/gtest.h>

#include "config.hpp"

namespace tally {

namespace {

class CallbackConfigTest : public testing::Test {
  protected:
    ~CallbackConfigTest() override { std::filesystem::remove(path_); }

    Result<Config> read(std::string_view text) {
        std::ofstream(path_, std::ios::binary) << text;
        return read_config_file(path_, {});
    }

    /// What is wrong with a source of these settings, without the file's name.
    std::string fault(const std::string& callback, const std::string& urls = "[http://m]") {
        const auto config = read("sources: [{name: x, urls: " + urls + ", callback: " + callback + "}]\n");
        return config ? "" : config.error().what.substr(path_.size());
    }

    std::string path_ = testing::TempDir() + "callback_config." + std::to_string(::getpid());
};

TEST_F(CallbackConfigTest, HoldsWhatTheSectionSays) {
    const auto config = read(R"(sources:
  - name: x
    urls: [http://m]
    callback:
      register: http://tally:9977/callback/x
      secret_file: /run/secret
      allow: [10.0.0.0/8, "::1"]
  - {name: y, urls: [http://n], callback: {allow: 192.0.2.7, secret: s}}
  - {name: z, urls: [http://o]}
)");
    ASSERT_TRUE(config) << config.error().what;
    const CallbackConfig& x = config->sources[0].callback.value();
    EXPECT_EQ(x.register_url, "http://tally:9977/callback/x");
    EXPECT_EQ(x.secret.file, "/run/secret");
    EXPECT_EQ(x.allow, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
    const CallbackConfig& y = config->sources[1].callback.value();
    EXPECT_EQ(y.register_url, "");
    EXPECT_EQ(y.secret.text, "s");
    EXPECT_EQ(y.allow, std::vector<std::string>{"192.0.2.7"});
    EXPECT_FALSE(config->sources[2].callback);
}

TEST_F(CallbackConfigTest, RefusesWhatCannotBeMeant) {
    EXPECT_EQ(fault("{}"), "");
    EXPECT_EQ(fault("{registered: http://a}"), ":1: there is no setting sources.callback.registered");
    EXPECT_EQ(fault("{secret: ''}"), ":1: sources.callback.secret must not be empty");
    EXPECT_EQ(fault("{allow: []}"), ":1: sources.callback.allow is empty");
    EXPECT_EQ(fault("[]"), ":1: sources.callback must hold settings");
    EXPECT_EQ(fault("{secret: s, secret_env: S}"),
              ":1: source x: callback: one of secret, secret_file and secret_env is enough");
    EXPECT_EQ(fault("{allow: [10.0.0/8]}"),
              ":1: source x: callback: allow: '10.0.0/8' is not an address or a range such as 10.0.0.0/8 or 2001:db8::/32");
    EXPECT_TRUE(fault("{register: 'ftp://a'}").starts_with(":1: source x: callback: register: "));
    EXPECT_EQ(fault("{register: 'http://a/callback/x'}", "[]"),
              ":1: source x: callback: register: without urls there is no Marathon to register with");
}

TEST_F(CallbackConfigTest, ASourceWithoutUrlsIsFedByCallbacksAlone) {
    EXPECT_EQ(fault("{}", "[]"), "");
    EXPECT_EQ(fault("", "[]"), "");
    EXPECT_TRUE(read("sources: [{name: x, callback: {secret: s}}]\n"));
    for (const char* text : {"sources: [{name: x}]\n", "sources: [{name: x, urls: []}]\n"}) {
        const auto config = read(text);
        ASSERT_FALSE(config);
        EXPECT_EQ(config.error().what, path_ + ":1: source x needs a URL");
    }
}

TEST_F(CallbackConfigTest, TheFlagNamesSuchASourceByItsNameAlone) {
    Config config;
    config.sources = {*parse_source("x=")};
    EXPECT_EQ(config.sources[0].name, "x");
    EXPECT_TRUE(config.sources[0].urls.empty());
    EXPECT_TRUE(check(config));
    for (const char* text : {"", "x=,", "x=http://a,,http://b"}) {
        const auto source = parse_source(text);
        ASSERT_TRUE(source) << text;
        config.sources = {*source};
        EXPECT_FALSE(check(config)) << text;
    }
    EXPECT_FALSE(parse_source("="));
}

TEST_F(CallbackConfigTest, TheDefaultsCanBeReadWithTheirExamples) {
    std::string text = default_config();
    EXPECT_TRUE(read(text));
    // The example without the credentials, of which only one may be given.
    std::string example = "sources:\n";
    bool is_ours = true;
    std::istringstream lines(text.substr(text.find("#  - name: production")));
    for (std::string line; std::getline(lines, line) && line.starts_with("#  ");) {
        const std::string setting = line.substr(1);
        if (setting.size() > 4 && setting[3] != '-' && setting.starts_with("    ") && setting[4] != ' ') {
            is_ours = setting.starts_with("    urls") || setting.starts_with("    callback");
        }
        example += is_ours ? setting + "\n" : "";
    }
    text = example;
    const auto config = read(text);
    ASSERT_TRUE(config) << config.error().what;
    ASSERT_EQ(config->sources.size(), 1U);
    EXPECT_EQ(config->sources[0].callback->allow.size(), 3U);
}

}  // namespace

}  // namespace tally
