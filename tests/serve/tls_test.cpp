#include <gtest/gtest.h>

#include "serve/certificates.hpp"
#include "serve/test_server.hpp"
#include "serve/tls_client.hpp"
#include "support/scratch.hpp"
#include "tally/base/result.hpp"

namespace tally::serve {

namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::get;
using testing::Identity;
using testing::make_identity;
using testing::post;
using testing::TestServer;
using testing::TlsClient;
using testing::write_file;

/// Certificates in files, and web configs that name them.
class TlsTest : public ::testing::Test {
  protected:
    TlsTest() {
        write_identity(server_);
        write_file(scratch_.file("ca.crt"), ca_.certificate_pem());
    }

    void write_identity(const Identity& identity) {
        write_file(scratch_.file("server.crt"), identity.certificate_pem());
        write_file(scratch_.file("server.key"), identity.key_pem());
    }

    WebConfig config(const std::string& more_of_tls = {}, const std::string& more = {}) {
        write_file(
            path_,
            "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n" + more_of_tls +
                more
        );
        auto read = read_web_config(path_);
        EXPECT_TRUE(read) << read.error().what;
        return *std::move(read);
    }

    /// What a client with that identity gets: a body, or nothing.
    std::string hello(const TestServer& server, const Identity* identity = nullptr) {
        TlsClient client(server.port(), {.trusted = &ca_, .identity = identity});
        const auto reply = client.ask(get("/hello"));
        return reply ? reply->body : "";
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("web.yml");
    Identity ca_ = make_identity("CA", "");
    Identity server_ = make_identity("server", "DNS:localhost,IP:127.0.0.1", &ca_);
    Identity stranger_ca_ = make_identity("another CA", "");
};

TEST_F(TlsTest, ServesRequestsAsInPlain) {
    TestServer server({}, {}, config());
    TlsClient client(server.port(), {.trusted = &ca_});
    ASSERT_TRUE(client.shaken());
    EXPECT_EQ(client.version(), "TLSv1.3");
    EXPECT_EQ(client.ask(get("/hello"))->body, "hello");
    EXPECT_EQ(client.ask(post("/echo", "abc"))->body, "abc");
    EXPECT_EQ(client.ask(get("/bytes?n=1000000"))->body.size(), 1'000'000U);
    EXPECT_EQ(client.ask(get("/nowhere"))->status, 404);
    client.send(post("/echo", "1") + get("/hello"));
    EXPECT_EQ(client.receive()->body, "1");
    EXPECT_EQ(client.receive()->body, "hello");
    EXPECT_EQ(client.ask(get("/hello", "Connection: close\r\n"))->body, "hello");
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(client.ended_well());
    EXPECT_EQ(server.server().numbers().handshakes_failed, 0U);
}

TEST_F(TlsTest, TakesPemTextInTheFileItself) {
    WebConfig inside;
    inside.tls.emplace();
    inside.tls->certificate.text = server_.certificate_pem();
    inside.tls->key.text = server_.key_pem();
    TestServer server({}, {}, inside);
    EXPECT_EQ(hello(server), "hello");
}

TEST_F(TlsTest, TellsAClientThatSpeaksPlainHttp) {
    TestServer server({}, {}, config());
    Client client(server.port());
    const auto reply = client.ask(get("/hello"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 400);
    EXPECT_EQ(reply->body, "{\"error\":\"this port speaks HTTPS\"}\n");
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(server.server().numbers().handshakes_failed, 1U);
}

TEST_F(TlsTest, LetsAClientReadItsRefusalThoughItGoesOnSending) {
    TestServer server({}, {}, config());
    TlsClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
    client.send(std::string(100'000, 'a'));
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 413);
}

TEST_F(TlsTest, EndsHandshakesThatAreSlowOrNone) {
    TestServer server({.idle_timeout = 50ms, .header_timeout = 50ms}, {}, config());
    Client silent(server.port());
    EXPECT_TRUE(silent.closed());
    Client begun(server.port());
    begun.send("\x16\x03\x01");
    EXPECT_TRUE(begun.closed());
    Client nonsense(server.port());
    nonsense.send("\x16 what is this, and why is it here?");
    nonsense.rest();
    EXPECT_EQ(hello(server), "hello");
}

TEST_F(TlsTest, ChoosesHttp11OfTheProtocolsOffered) {
    TestServer server({}, {}, config());
    EXPECT_EQ(TlsClient(server.port(), {.alpn = "\x02h2\x08http/1.1"}).protocol(), "http/1.1");
    TlsClient only_h2(server.port(), {.alpn = "\x02h2"});
    EXPECT_TRUE(only_h2.shaken());
    EXPECT_EQ(only_h2.protocol(), "");
}

TEST_F(TlsTest, KeepsToVersionsAndCiphers) {
    TestServer old(
        {},
        {},
        config("  max_version: TLS12\n  cipher_suites: "
               "[TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n")
    );
    TlsClient client(old.port());
    EXPECT_EQ(client.version(), "TLSv1.2");
    EXPECT_EQ(client.cipher(), "ECDHE-ECDSA-AES256-GCM-SHA384");
    EXPECT_FALSE(TlsClient(old.port(), {.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}).shaken());
    TestServer modern({}, {}, config("  min_version: TLS13\n  curve_preferences: [CurveP384]\n"));
    EXPECT_TRUE(TlsClient(modern.port()).shaken());
    EXPECT_FALSE(TlsClient(modern.port(), {.version_max = TLS1_2_VERSION}).shaken());
}

TEST_F(TlsTest, AsksClientsForCertificatesAsTheirTypeSays) {
    const Identity ours = make_identity("prometheus", "DNS:prometheus", &ca_);
    const Identity strangers = make_identity("stranger", "DNS:prometheus", &stranger_ca_);

    struct Case {
        std::string type;
        bool none, stranger;  ///< who comes in, beside one of ours
    };

    for (const Case& one : {
             Case{"RequestClientCert", true, true},
             Case{"RequireAnyClientCert", false, true},
             Case{"VerifyClientCertIfGiven", true, false},
             Case{"RequireAndVerifyClientCert", false, false},
         }) {
        TestServer server(
            {}, {}, config("  client_ca_file: ca.crt\n  client_auth_type: " + one.type + "\n")
        );
        EXPECT_EQ(hello(server, &ours), "hello") << one.type;
        EXPECT_EQ(hello(server, nullptr), one.none ? "hello" : "") << one.type;
        EXPECT_EQ(hello(server, &strangers), one.stranger ? "hello" : "") << one.type;
    }
}

TEST_F(TlsTest, LetsInOnlyClientsWithAnAllowedName) {
    TestServer server(
        {},
        {},
        config("  client_ca_file: ca.crt\n  client_auth_type: RequireAndVerifyClientCert\n"
               "  client_allowed_sans: [prometheus, 10.1.2.3, '::1', a@b.example, "
               "'spiffe://one/two']\n")
    );
    for (const auto& [sans, good] : std::initializer_list<std::pair<std::string, bool>>{
             {"DNS:prometheus", true},
             {"DNS:other,DNS:prometheus", true},
             {"IP:10.1.2.3", true},
             {"IP:::1", true},
             {"email:a@b.example", true},
             {"URI:spiffe://one/two", true},
             {"DNS:prometheus.example", false},
             {"DNS:PROMETHEUS", false},
             {"IP:10.1.2.4", false},
             {"", false}}) {
        const Identity client = make_identity("prometheus", sans, &ca_);
        EXPECT_EQ(hello(server, &client), good ? "hello" : "") << sans;
    }
}

TEST_F(TlsTest, PicksUpANewCertificateForNewConnections) {
    TestServer server({}, {}, config());
    TlsClient old(server.port(), {.trusted = &ca_});
    EXPECT_EQ(old.ask(get("/hello"))->body, "hello");
    const Identity renewed = make_identity("server", "DNS:localhost", &ca_);
    write_identity(renewed);
    TlsClient fresh(server.port(), {.trusted = &ca_});
    EXPECT_EQ(
        fresh.server_serial(), ASN1_INTEGER_get(X509_get0_serialNumber(renewed.certificate.get()))
    );
    EXPECT_NE(fresh.server_serial(), old.server_serial());
    EXPECT_EQ(old.ask(get("/hello"))->body, "hello");
}

TEST_F(TlsTest, KeepsTheOldCertificateWhileTheNewOneIsNotWhole) {
    TestServer server({}, {}, config());
    const Identity renewed = make_identity("server", "DNS:localhost", &ca_);
    write_file(scratch_.file("server.crt"), renewed.certificate_pem());  // and not yet its key
    EXPECT_EQ(hello(server), "hello");
    EXPECT_EQ(hello(server), "hello");
    EXPECT_EQ(server.server().numbers().web_config_failures, 1U);
    EXPECT_TRUE(server.server().numbers().web_config_failure.starts_with(scratch_.file("server.key")
    ));
    write_identity(renewed);
    EXPECT_EQ(hello(server), "hello");
    EXPECT_EQ(server.server().numbers().web_config_failures, 1U);
    EXPECT_EQ(server.server().numbers().web_config_failure, "");
}

TEST_F(TlsTest, DoesNotOpenTheDoorForAFileCutShort) {
    TestServer server({}, {}, config());
    for (const char* text : {"", "tls_server_config:\n"}) {
        write_file(path_, text);
        EXPECT_EQ(Client(server.port()).ask(get("/hello"))->status, 400);
        EXPECT_EQ(hello(server), "hello");
        EXPECT_EQ(
            server.server().numbers().web_config_failure,
            path_ + " has no TLS any more: that needs a reload"
        );
    }
    EXPECT_EQ(server.reload(*read_web_config(path_)), "");
    EXPECT_EQ(Client(server.port()).ask(get("/hello"))->body, "hello");
}

TEST_F(TlsTest, ReloadsAllOrNothing) {
    TestServer server;
    Client plain(server.port());
    EXPECT_EQ(plain.ask(get("/hello"))->body, "hello");
    WebConfig bad = config("", "http_server_config: {headers: {X-Frame-Options: deny}}\n");
    bad.tls->key.file = scratch_.file("none.key");
    EXPECT_EQ(
        server.reload(bad), "cannot read " + bad.tls->key.file + ": No such file or directory"
    );
    EXPECT_EQ(plain.ask(get("/hello"))->header("X-Frame-Options"), "");
    EXPECT_EQ(server.reload(config()), "");
    EXPECT_EQ(hello(server), "hello");
    // A connection from before does not stay a way around TLS.
    EXPECT_EQ(plain.ask(get("/hello"))->status, 400);
    EXPECT_TRUE(plain.closed());
}

TEST_F(TlsTest, CannotStartWithFilesThatAreNoneOrDoNotFit) {
    boost::asio::io_context io;
    const WebConfig good = config();
    const auto start = [&io](const WebConfig& web) -> std::string {
        try {
            const HttpServer server(io, {}, {}, web);
            return "";
        } catch (const CannotStart& error) {
            return error.what;
        }
    };
    EXPECT_EQ(start(good), "");
    write_file(scratch_.file("text"), "no PEM");
    write_file(scratch_.file("other.key"), stranger_ca_.key_pem());
    for (const auto member : {&WebConfig::Tls::certificate, &WebConfig::Tls::key}) {
        for (const char* name : {"none", "text", "other.key"}) {
            WebConfig bad = good;
            ((*bad.tls).*member).file = scratch_.file(name);
            EXPECT_NE(start(bad).find(scratch_.file(name)), std::string::npos) << name;
        }
    }
    WebConfig bad = good;
    bad.tls->client_auth = WebConfig::ClientAuth::require_verified;
    bad.tls->client_ca.file = scratch_.file("text");
    EXPECT_EQ(start(bad), scratch_.file("text") + ": no certificate in it");
}

}  // namespace

}  // namespace tally::serve
