#include "tally/serve/web_config.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "serve/passwords.hpp"
#include "support/scratch.hpp"

namespace tally::serve {

namespace {

using namespace std::chrono_literals;

class WebConfigTest : public ::testing::Test {
  protected:
    Result<WebConfig> read(const std::string& text) {
        std::ofstream(path_) << text;
        return read_web_config(path_);
    }

    /// The error without the path in front.
    std::string error_of(const std::string& text) {
        const auto config = read(text);
        const std::string what = config ? "" : config.error().what;
        EXPECT_TRUE(what.starts_with(path_)) << text << "\n" << what;
        return what.substr(std::min(what.size(), path_.size()));
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("web.yml");
};

TEST_F(WebConfigTest, ReadsEveryKey) {
    const std::string hash = testing::bcrypt_hash("x", "$2y$", 10);
    const auto config = read(R"(
tls_server_config:
  cert_file: server.crt
  key_file: /etc/keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus, 10.0.0.1]
  min_version: TLS11
  max_version: TLS12
  cipher_suites:
    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    - TLS_AES_128_GCM_SHA256
    - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: max-age=31536000
    X-XSS-Protection: ""
basic_auth_users:
  alice: )" + hash + R"(
rate_limit:
  interval: 1m0.5s
  burst: 20
)");
    ASSERT_TRUE(config) << config.error().what;
    const WebConfig::Tls& tls = config->tls.value();
    EXPECT_EQ(tls.certificate.file, scratch_.file("server.crt"));
    EXPECT_EQ(tls.key.file, "/etc/keys/server.key");
    EXPECT_EQ(tls.client_ca.file, scratch_.file("ca.crt"));
    EXPECT_EQ(tls.client_auth, WebConfig::ClientAuth::require_verified);
    EXPECT_EQ(tls.client_allowed_sans, (std::vector<std::string>{"prometheus", "10.0.0.1"}));
    EXPECT_EQ(tls.min_version, WebConfig::TlsVersion::tls11);
    EXPECT_EQ(tls.max_version, WebConfig::TlsVersion::tls12);
    EXPECT_EQ(
        tls.cipher_suites,
        (std::vector<std::string>{"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"})
    );
    EXPECT_FALSE(tls.prefer_server_cipher_suites);
    EXPECT_EQ(tls.curves, (std::vector<std::string>{"X25519", "P-256"}));
    EXPECT_EQ(
        config->headers,
        (std::vector<std::pair<std::string, std::string>>{
            {"X-Frame-Options", "deny"}, {"Strict-Transport-Security", "max-age=31536000"}})
    );
    EXPECT_EQ(config->users, (std::map<std::string, std::string>{{"alice", hash}}));
    EXPECT_EQ(config->rate_limit.interval, 60'500ms);
    EXPECT_EQ(config->rate_limit.burst, 20);
    EXPECT_EQ(config->stamp, FileStamp::of(path_));
}

TEST_F(WebConfigTest, TakesAnEmptyFileForNothing) {
    for (const char* text :
         {"",
          "# nothing\n",
          "{}",
          "tls_server_config:\nbasic_auth_users:\n",
          "tls_server_config: {}\nhttp_server_config:\n  headers:\n"}) {
        const auto config = read(text);
        ASSERT_TRUE(config) << text << config.error().what;
        EXPECT_FALSE(config->tls) << text;
        EXPECT_TRUE(config->users.empty()) << text;
        EXPECT_TRUE(config->headers.empty()) << text;
        EXPECT_EQ(config->rate_limit.interval, 0ns) << text;
    }
}

TEST_F(WebConfigTest, DefaultsToTls12AndAboveWithoutClientCertificates) {
    const auto config = read("tls_server_config: {cert: a, key: b}");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->tls->certificate.text, "a");
    EXPECT_EQ(config->tls->min_version, WebConfig::TlsVersion::tls12);
    EXPECT_EQ(config->tls->max_version, WebConfig::TlsVersion::tls13);
    EXPECT_EQ(config->tls->client_auth, WebConfig::ClientAuth::none);
    EXPECT_TRUE(config->tls->prefer_server_cipher_suites);
}

TEST_F(WebConfigTest, NamesLineAndKeyOfWhatIsWrong) {
    const std::string tls = "tls_server_config:\n  cert_file: a\n  key_file: b\n";

    struct Case {
        std::string text;
        std::string error;
    };

    for (const Case& one : {
             Case{"tls: {}", ":1: there is no setting tls"},
             Case{tls + "  certfile: a\n", ":4: there is no setting tls_server_config.certfile"},
             Case{tls + "  cert_file: c\n", ":4: tls_server_config.cert_file is set twice"},
             Case{tls + "  cert: c\n", ":2: tls_server_config: give cert or cert_file, not both"},
             Case{"\n\nbasic_auth_users: [a]\n", ":3: basic_auth_users must hold settings"},
             Case{"- a\n", ":1: the file must hold settings"},
             Case{
                 "tls_server_config:\n  key_file: b\n",
                 ":2: tls_server_config: cert_file is missing"},
             Case{
                 "tls_server_config:\n  cert_file: b\n",
                 ":2: tls_server_config: key_file is missing"},
             Case{
                 "tls_server_config:\n  min_version: TLS12\n",
                 ":2: tls_server_config: cert_file is missing"},
             Case{
                 tls + "  client_ca_file: c\n",
                 ":2: tls_server_config: client_ca_file has no use without client_auth_type"},
             Case{
                 tls + "  client_auth_type: RequestClientCert\n  client_allowed_sans: [a]\n",
                 ":2: tls_server_config: client_allowed_sans needs client_auth_type "
                 "RequireAndVerifyClientCert"},
             Case{
                 tls + "  min_version: TLS13\n  max_version: TLS12\n",
                 ":2: tls_server_config: min_version is above max_version"},
             Case{
                 tls + "  min_version: SSL30\n",
                 ":4: tls_server_config.min_version must be one of TLS10, TLS11, TLS12, TLS13, "
                 "not 'SSL30'"},
             Case{
                 tls + "  cipher_suites: [\n  NO_SUCH_SUITE]\n",
                 ":5: tls_server_config.cipher_suites: there is no cipher suite 'NO_SUCH_SUITE'"},
             Case{
                 tls + "  cipher_suites: TLS_AES_128_GCM_SHA256\n",
                 ":4: tls_server_config.cipher_suites must be a list"},
             Case{
                 tls + "  curve_preferences: [P256]\n",
                 ":4: tls_server_config.curve_preferences must be one of CurveP256, CurveP384, "
                 "CurveP521, X25519, not 'P256'"},
             Case{
                 tls + "  prefer_server_cipher_suites: maybe\n",
                 ":4: tls_server_config.prefer_server_cipher_suites must be true or false, not "
                 "'maybe'"},
             Case{
                 "http_server_config:\n  http2: 1\n",
                 ":2: http_server_config.http2 must be true or false, not '1'"},
             Case{
                 "http_server_config:\n  headers:\n    Server: x\n",
                 ":3: there is no setting http_server_config.headers.Server"},
             Case{
                 "http_server_config:\n  headers:\n    X-Frame-Options: maybe\n",
                 ":3: http_server_config.headers.X-Frame-Options cannot have the value 'maybe'"},
             Case{
                 "basic_auth_users:\n  a: plain\n",
                 ":2: basic_auth_users.a must be a bcrypt hash, such as htpasswd -nBC 10 makes"},
             Case{
                 "basic_auth_users:\n  a: $2y$31$" + std::string(53, 'a') + "\n",
                 ":2: basic_auth_users.a: the cost must be from 04 to 16"},
             Case{
                 "rate_limit:\n  interval: 5\n",
                 ":2: rate_limit.interval must be a duration such as 1s, not '5'"},
             Case{
                 "rate_limit:\n  interval: -1s\n",
                 ":2: rate_limit.interval must be a duration such as 1s, not '-1s'"},
             Case{
                 "rate_limit:\n  burst: many\n",
                 ":2: rate_limit.burst must be a whole number, not 'many'"},
         }) {
        EXPECT_EQ(error_of(one.text), one.error) << one.text;
    }
    EXPECT_TRUE(error_of("a: [").starts_with(":1: ") || error_of("a: [").starts_with(":2: "));
}

TEST_F(WebConfigTest, RefusesHeadersThatWouldBreakOutOfTheirLine) {
    EXPECT_NE(
        error_of("http_server_config: {headers: {X-XSS-Protection: \"0\\r\\nSet-Cookie: a=b\"}}"),
        ""
    );
}

TEST_F(WebConfigTest, NeverShowsAHashOrKeyInAnError) {
    const std::string error = error_of("basic_auth_users:\n  a: $2y$10$almost-a-hash\n");
    EXPECT_EQ(error.find("almost"), std::string::npos) << error;
}

TEST_F(WebConfigTest, CannotReadWhatIsNotThere) {
    const auto config = read_web_config(scratch_.file("none.yml"));
    ASSERT_FALSE(config);
    EXPECT_EQ(
        config.error().what,
        "cannot read " + scratch_.file("none.yml") + ": No such file or directory"
    );
    EXPECT_FALSE(read_web_config("/"));
}

}  // namespace

}  // namespace tally::serve
