// Who may ask, and HTTPS.
#include <csignal>
#include <fstream>
#include <openssl/ssl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/certificate.hpp"
#include "http_client.hpp"
#include "simulate/credentials.hpp"
#include "support/scratch.hpp"

namespace tally::simulate {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string write_file(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

std::string status_with(std::uint16_t port, const std::string& authorization) {
    Client client(port);
    const std::string header =
        authorization.empty() ? "" : "Authorization: " + authorization + "\r\n";
    client.get("/v2/events", "Accept: text/event-stream\r\n" + header);
    return client.read_head().substr(9, 3);
}

TEST(CredentialsTest, WithoutAnyEverybodyMayAsk) {
    const RunningServer server(quiet());
    EXPECT_EQ(status_with(server.port(), ""), "200");
    EXPECT_EQ(status_with(server.port(), "Basic nonsense"), "200");
}

TEST(CredentialsTest, BasicAuthIsDemandedBeforeAnythingElseButControl) {
    ServeOptions options = quiet();
    options.credentials.basic = "ann:se:cret";
    options.standby_of = "http://10.9.8.7:8080";
    const RunningServer server(options);
    EXPECT_EQ(status_with(server.port(), ""), "401");
    EXPECT_EQ(status_with(server.port(), "Basic YW5uOndyb25n"), "401");
    EXPECT_EQ(status_with(server.port(), "Basic ***"), "401");
    EXPECT_EQ(status_with(server.port(), "token=ann:se:cret"), "401");
    EXPECT_EQ(status_with(server.port(), "Basic YW5uOnNlOmNyZXQ="), "302");
    EXPECT_EQ(status_with(server.port(), "basic YW5uOnNlOmNyZXQ"), "302");
    Client client(server.port());
    client.get("/v2/apps");
    EXPECT_THAT(
        client.read_head(), HasSubstr("\r\nWWW-Authenticate: basic realm=\"Mesosphere\"\r\n")
    );
    EXPECT_THAT(fetch(server.port(), "/sim/faults"), StartsWith("{\"in_force\":["));
}

TEST(CredentialsTest, ATokenHoldsUntilItIsChangedOrExpires) {
    ServeOptions options = quiet();
    options.credentials.token = "one";
    const RunningServer server(options);
    EXPECT_EQ(status_with(server.port(), "token=one"), "200");
    EXPECT_EQ(status_with(server.port(), "Bearer one"), "200");
    EXPECT_EQ(status_with(server.port(), "one"), "401");
    EXPECT_EQ(status_with(server.port(), "token="), "401");
    fetch(server.port(), "/sim/token?value=two", "POST");
    EXPECT_EQ(status_with(server.port(), "token=one"), "401");
    EXPECT_EQ(status_with(server.port(), "token=two"), "200");
    fault(server, "kind=expire_tokens");
    EXPECT_EQ(status_with(server.port(), "token=two"), "401");
    EXPECT_EQ(status_with(server.port(), "token="), "401");
}

TEST(CredentialsTest, ATokenFileIsReadAgainEveryTime) {
    const test::Scratch scratch;
    ServeOptions options = quiet();
    options.credentials.token_file = write_file(scratch.file("token"), "one\n");
    const RunningServer server(options);
    EXPECT_EQ(status_with(server.port(), "token=one"), "200");
    write_file(scratch.file("token"), "two\n");
    EXPECT_EQ(status_with(server.port(), "token=one"), "401");
    EXPECT_EQ(status_with(server.port(), "token=two"), "200");
}

TEST(CredentialsTest, WhatCannotBeUsedIsARefusalToStart) {
    for (const CredentialOptions& wrong :
         {CredentialOptions{.basic = "ann"},
          CredentialOptions{.token_file = "/none/at/all"},
          CredentialOptions{.account_key = "/none/at/all"}}) {
        ServeOptions options = quiet();
        options.credentials = wrong;
        EXPECT_THROW(Server{options}, CannotStart);
    }
}

TEST(CredentialsTest, Base64IsReadInBothAlphabets) {
    EXPECT_EQ(decode_base64("YW5u"), "ann");
    EXPECT_EQ(decode_base64("-_-_"), decode_base64("+/+/"));
    EXPECT_EQ(decode_base64("YQ=="), "a");
    EXPECT_EQ(decode_base64("YQ"), "a");
    EXPECT_EQ(decode_base64(""), "");
    EXPECT_EQ(decode_base64("a b"), std::nullopt);
}

std::string base64url(std::string_view text) {
    std::string out(4 * (text.size() / 3 + 1), '\0');
    const int length = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(out.data()),
        reinterpret_cast<const unsigned char*>(text.data()),
        static_cast<int>(text.size())
    );
    out.resize(static_cast<std::size_t>(length));
    std::replace(out.begin(), out.end(), '+', '-');
    std::replace(out.begin(), out.end(), '/', '_');
    return out.substr(0, out.find('='));
}

/// A service account: an RSA key made for this test, that signs.
class Account {
  public:
    Account() : key_(EVP_RSA_gen(2048), &EVP_PKEY_free) {}

    [[nodiscard]] std::string public_pem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_PUBKEY(bio.get(), key_.get());
        return connect::pem_text(bio.get());
    }

    [[nodiscard]] std::string jwt(
        std::string_view payload, std::string_view header = R"({"alg":"RS256","typ":"JWT"})"
    ) const {
        const std::string text = base64url(header) + "." + base64url(payload);
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
            EVP_MD_CTX_new(), &EVP_MD_CTX_free
        );
        std::string signature(512, '\0');
        std::size_t length = signature.size();
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
        EVP_DigestSign(
            context.get(),
            reinterpret_cast<unsigned char*>(signature.data()),
            &length,
            reinterpret_cast<const unsigned char*>(text.data()),
            text.size()
        );
        return text + "." + base64url(signature.substr(0, length));
    }

  private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

std::string login_body(std::string_view uid, const std::string& jwt) {
    return R"({"uid": ")" + std::string(uid) + R"(", "token": ")" + jwt + "\"}";
}

TEST(LoginTest, OnlyTheAccountsOwnFreshSignatureGetsAToken) {
    const test::Scratch scratch;
    const Account account;
    const Account other;
    Credentials credentials(
        {.account_key = write_file(scratch.file("key.pem"), account.public_pem()),
         .token_ttl_s = 60},
        1
    );
    constexpr TimeMs now = 1'700'000'000'000;
    const std::string good = R"({"uid":"tally","exp":1700000300})";
    EXPECT_FALSE(credentials.log_in("", now));
    EXPECT_FALSE(credentials.log_in(login_body("tally", "a.b.c"), now));
    EXPECT_FALSE(credentials.log_in(login_body("tally", other.jwt(good)), now));
    EXPECT_FALSE(credentials.log_in(login_body("else", account.jwt(good)), now));
    EXPECT_FALSE(credentials.log_in(login_body("tally", account.jwt(good)), now + 301'000));
    EXPECT_FALSE(
        credentials.log_in(login_body("tally", account.jwt(good, R"({"alg":"none"})")), now)
    );
    EXPECT_FALSE(credentials.log_in(login_body("tally", account.jwt(good) + "AAAA"), now));
    const auto token = credentials.log_in(login_body("tally", account.jwt(good)), now);
    ASSERT_TRUE(token);
    const std::string header = "token=" + *token;
    EXPECT_TRUE(credentials.accept({header}, now + 59'999));
    EXPECT_FALSE(credentials.accept({header}, now + 60'000));
    credentials.expire_tokens();
    EXPECT_FALSE(credentials.accept({header}, now));
}

TEST(LoginTest, TheTokenOpensTheStreamUntilItIsExpired) {
    const test::Scratch scratch;
    const Account account;
    ServeOptions options = quiet();
    options.credentials.account_key = write_file(scratch.file("key.pem"), account.public_pem());
    const RunningServer server(options);
    EXPECT_EQ(status_with(server.port(), ""), "401");
    const std::string body = login_body("tally", account.jwt(R"({"uid":"tally"})"));
    Client client(server.port());
    client.send(
        "POST /acs/api/v1/auth/login HTTP/1.1\r\nHost: test\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body
    );
    const std::string head = client.read_head();
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
    const std::string answer = client.read_body(head);
    const std::string token = answer.substr(10, answer.size() - 12);
    EXPECT_EQ(status_with(server.port(), "token=" + token), "200");
    fault(server, "kind=expire_tokens");
    EXPECT_EQ(status_with(server.port(), "token=" + token), "401");
}

/// A server with a certificate of its own, and one that clients may show.
struct Secured {
    explicit Secured(bool demands_certificate) {
        ServeOptions options = quiet();
        options.tls.certificate = write_file(scratch.file("own.pem"), own.certificate);
        options.tls.key = write_file(scratch.file("own.key"), own.key);
        if (demands_certificate) {
            options.tls.client_ca = write_file(scratch.file("ca.pem"), client.certificate);
        }
        server = std::make_unique<RunningServer>(options);
    }

    test::Scratch scratch;
    connect::Certificate own = connect::make_certificate();
    connect::Certificate client = connect::make_certificate();
    std::unique_ptr<RunningServer> server;
};

/// A client that trusts one certificate and may show its own.
class TlsClient {
  public:
    TlsClient(std::uint16_t port, const std::string& trusted, const connect::Certificate* own)
        : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free), ssl_(nullptr, &SSL_free) {
        const auto bio = [](const std::string& text) {
            return std::unique_ptr<BIO, decltype(&BIO_free)>(
                BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free
            );
        };
        const std::unique_ptr<X509, decltype(&X509_free)> root(
            PEM_read_bio_X509(bio(trusted).get(), nullptr, nullptr, nullptr), &X509_free
        );
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), root.get());
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        if (own != nullptr) {
            const std::unique_ptr<X509, decltype(&X509_free)> shown(
                PEM_read_bio_X509(bio(own->certificate).get(), nullptr, nullptr, nullptr),
                &X509_free
            );
            const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
                PEM_read_bio_PrivateKey(bio(own->key).get(), nullptr, nullptr, nullptr),
                &EVP_PKEY_free
            );
            SSL_CTX_use_certificate(context_.get(), shown.get());
            SSL_CTX_use_PrivateKey(context_.get(), key.get());
        }
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), socket_);
        connected_ = SSL_connect(ssl_.get()) == 1;
    }

    ~TlsClient() { ::close(socket_); }

    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    void send(std::string_view text) {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    }

    /// What came until then when the connection ends first.
    std::string read_until(std::string_view end) {
        std::string text;
        char c = 0;
        while (!text.ends_with(end)) {
            const int got = SSL_read(ssl_.get(), &c, 1);
            if (got != 1) {
                said_goodbye_ = SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
                break;
            }
            text += c;
        }
        return text;
    }

    [[nodiscard]] bool connected() const { return connected_; }

    [[nodiscard]] bool said_goodbye() const { return said_goodbye_; }

  private:
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    int socket_ = -1;
    bool connected_ = false;
    bool said_goodbye_ = false;
};

constexpr std::string_view attach_request =
    "GET /v2/events HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n";

std::string ask(TlsClient& client, std::string_view line) {
    client.send(std::string(line) + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return client.read_until("\r\n\r\n");
}

TEST(HttpsTest, TheStreamIsTheSameAndEndsWithAGoodbye) {
    const Secured secured(false);
    TlsClient client(secured.server->port(), secured.own.certificate, nullptr);
    ASSERT_TRUE(client.connected());
    client.send(attach_request);
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(head, HasSubstr("\r\nX-Marathon-Leader: https://127.0.0.1:"));
    EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("event: event_stream_attached\r\n"));
    TlsClient control(secured.server->port(), secured.own.certificate, nullptr);
    EXPECT_THAT(ask(control, "POST /sim/step?events=3"), StartsWith("HTTP/1.1 200 "));
    for (int i = 0; i < 3; ++i) {
        EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("event: "));
    }
    control.read_until("}");
    ask(control, "POST /sim/close");
    EXPECT_EQ(client.read_until("\r\n\r\n"), "");
    EXPECT_TRUE(client.said_goodbye());
}

TEST(HttpsTest, AResetHasNoGoodbye) {
    const Secured secured(false);
    TlsClient client(secured.server->port(), secured.own.certificate, nullptr);
    client.send(attach_request);
    client.read_until("\r\n\r\n");
    client.read_until("\r\n\r\n");
    TlsClient control(secured.server->port(), secured.own.certificate, nullptr);
    ask(control, "POST /sim/fault?kind=rst");
    EXPECT_EQ(client.read_until("\r\n\r\n"), "");
    EXPECT_FALSE(client.said_goodbye());
}

TEST(HttpsTest, PlainHttpGetsNothing) {
    const Secured secured(false);
    Client client(secured.server->port());
    client.attach();
    EXPECT_THAT(client.read_all(), ::testing::Not(HasSubstr("HTTP/1.1")));
}

TEST(HttpsTest, AClientCertificateIsDemandedWhenAsked) {
    const Secured secured(true);
    TlsClient nobody(secured.server->port(), secured.own.certificate, nullptr);
    EXPECT_EQ(ask(nobody, "GET /ping"), "");
    TlsClient stranger(secured.server->port(), secured.own.certificate, &secured.own);
    EXPECT_EQ(ask(stranger, "GET /ping"), "");
    TlsClient known(secured.server->port(), secured.own.certificate, &secured.client);
    EXPECT_THAT(ask(known, "GET /ping"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpsTest, AKeyThatDoesNotFitIsARefusalToStart) {
    const test::Scratch scratch;
    ServeOptions options = quiet();
    options.tls.certificate =
        write_file(scratch.file("a.pem"), connect::make_certificate().certificate);
    options.tls.key = write_file(scratch.file("b.key"), connect::make_certificate().key);
    EXPECT_THROW(Server{options}, CannotStart);
    options.tls.key = "/none/at/all";
    EXPECT_THROW(Server{options}, CannotStart);
}

}  // namespace
}  // namespace tally::simulate
