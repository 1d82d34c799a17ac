#include "tally/serve/http_server.hpp"

#include <zlib.h>

#include <gtest/gtest.h>

#include "serve/client.hpp"
#include "serve/test_server.hpp"
#include "tally/base/result.hpp"

namespace tally::serve {

namespace {

using testing::Client;
using testing::get;
using testing::plain;
using testing::post;
using testing::Reply;
using testing::TestServer;

std::string unpack(const std::string& packed) {
    std::string out(std::size_t{2} << 20, '\0');
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    EXPECT_EQ(stream.avail_in, 0U);
    out.resize(out.size() - stream.avail_out);
    inflateEnd(&stream);
    return out;
}

TEST(HttpServerTest, AnswersAGet) {
    TestServer server({.wall_clock = [] { return TimeMs{784111777'999}; }});
    Client client(server.port());
    client.send(get("/hello"));
    EXPECT_EQ(
        client.receive()->head,
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: "
        "text/plain\r\nContent-Length: 5\r\n"
    );
    EXPECT_EQ(client.ask(get("/hello"))->body, "hello");
}

TEST(HttpServerTest, AnswersPipelinedRequestsInTheirOrder) {
    TestServer server;
    Client client(server.port());
    client.send(
        post("/echo", "1") + get("/hello") + post("/echo", "22") + get("/nowhere") +
        post("/echo", "333")
    );
    EXPECT_EQ(client.receive()->body, "1");
    EXPECT_EQ(client.receive()->body, "hello");
    EXPECT_EQ(client.receive()->body, "22");
    EXPECT_EQ(client.receive()->status, 404);
    EXPECT_EQ(client.receive()->body, "333");
}

TEST(HttpServerTest, TakesARequestCutAtEveryPosition) {
    TestServer server;
    Client client(server.port());
    const std::string request = post("/callback/a%20b", "body", "X-Test: 1\r\n");
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        client.send(request.substr(0, cut));
        const auto reply = client.ask(request.substr(cut));
        ASSERT_TRUE(reply) << cut;
        EXPECT_EQ(reply->body, "a b") << cut;
    }
}

TEST(HttpServerTest, ClosesWhereTheClientAsksForIt) {
    TestServer server;
    for (const char* request : {
             "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
             "GET /hello HTTP/1.0\r\n\r\n",
         }) {
        Client client(server.port());
        const auto reply = client.ask(request);
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->body, "hello");
        EXPECT_EQ(reply->header("Connection"), "close");
        EXPECT_TRUE(client.closed());
    }
}

TEST(HttpServerTest, KeepsAnHttp10ConnectionWhereTheClientAsksForIt) {
    TestServer server;
    Client client(server.port());
    for (int i = 0; i < 2; ++i) {
        const auto reply = client.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->header("Connection"), "keep-alive");
    }
}

TEST(HttpServerTest, AnswersHeadAsGetButWithoutTheBody) {
    TestServer server;
    Client client(server.port());
    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
    const auto head = client.receive(false);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->header("Content-Length"), "5");
    EXPECT_EQ(client.receive()->head, head->head);
}

TEST(HttpServerTest, AnswersUnknownPathsWith404AsJson) {
    TestServer server;
    Client client(server.port());
    const auto reply = client.ask(get("/hello/there"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 404);
    EXPECT_EQ(reply->header("Content-Type"), "application/json");
    EXPECT_EQ(reply->body, "{\"error\":\"there is nothing at this path\"}\n");
}

TEST(HttpServerTest, AnswersWrongMethodsWith405AndAllow) {
    TestServer server;
    Client client(server.port());
    const auto post_to_get = client.ask(post("/hello", ""));
    ASSERT_TRUE(post_to_get);
    EXPECT_EQ(post_to_get->status, 405);
    EXPECT_EQ(post_to_get->header("Allow"), "GET, HEAD");
    const auto get_to_post = client.ask(get("/callback/x"));
    ASSERT_TRUE(get_to_post);
    EXPECT_EQ(get_to_post->status, 405);
    EXPECT_EQ(get_to_post->header("Allow"), "POST");
    EXPECT_EQ(client.ask("FROB /hello HTTP/1.1\r\nHost: a\r\n\r\n")->status, 405);
}

TEST(HttpServerTest, RefusesMalformedRequestsWith400AndCloses) {
    TestServer server;
    for (const std::string request : {
             "\x16\x03\x01\x02\x01\r\n\r\n",
             "GET\r\n\r\n",
             "GET /hello\r\n\r\n",
             "GET /hello HTTP/1.1\r\n\r\n",
             "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
             "GET /hello HTTP/3.1\r\nHost: a\r\n\r\n",
             "GET hello HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /hello HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
             "GET /hello HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
             "chunked\r\n\r\n0\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
         }) {
        Client client(server.port());
        const auto reply = client.ask(request);
        ASSERT_TRUE(reply) << request;
        EXPECT_EQ(reply->status, 400) << request;
        EXPECT_TRUE(reply->body.starts_with("{\"error\":\"")) << request;
        EXPECT_TRUE(client.closed()) << request;
    }
    EXPECT_EQ(Client(server.port()).ask(get("/hello"))->body, "hello");
}

TEST(HttpServerTest, ReadsAChunkedBody) {
    TestServer server;
    Client client(server.port());
    const auto reply = client.ask(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    );
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "abcde");
    EXPECT_EQ(client.ask(get("/hello"))->body, "hello");
}

TEST(HttpServerTest, SaysContinueToAClientThatWaitsForIt) {
    TestServer server;
    Client client(server.port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    );
    EXPECT_EQ(client.receive()->head, "HTTP/1.1 100 Continue\r\n");
    EXPECT_EQ(client.ask("abc")->body, "abc");
}

/// A route whose gate wants `?key`.
std::vector<Route> gated() {
    return {
        {.method = Method::post,
         .path = "/gated/{name}",
         .handler =
             [](Request request, Responder respond) {
                 respond(plain(request.parameter + ":" + request.body));
             },
         .gate = [](const Request& request) -> std::optional<Response> {
             const bool good = request.query == "key" && request.parameter == "x y";
             return good ? std::nullopt : std::optional(error_response(403, request.peer));
         }}};
}

TEST(HttpServerTest, AsksTheGateOfARouteWithTheHeaderAlone) {
    TestServer server({}, gated());
    Client client(server.port());
    EXPECT_EQ(client.ask(post("/gated/x%20y?key", "abc"))->body, "x y:abc");
    const auto refused = client.ask(
        "POST /gated/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    );
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 403);  // and no 100 before it
    EXPECT_EQ(refused->body, "{\"error\":\"127.0.0.1\"}\n");
    EXPECT_TRUE(client.closed());
}

TEST(HttpServerTest, KeepsAConnectionThatAGateRefusedWhenNoBodyIsToCome) {
    TestServer server({}, gated());
    Client client(server.port());
    EXPECT_EQ(client.ask(post("/gated/x", ""))->status, 403);
    EXPECT_EQ(client.ask(post("/gated/x%20y?key", ""))->body, "x y:");
}

TEST(HttpServerTest, ReadsABodyLargerThanTheRoomMadeForItAtOnce) {
    const auto echo = [](Request request, Responder respond) {
        respond(plain(std::move(request.body)));
    };
    constexpr std::size_t size = 3'000'000;
    TestServer server({}, {{Method::post, "/large", echo, size}});
    std::string body;
    while (body.size() < size) {
        body += std::to_string(body.size());
    }
    body.resize(size);
    Client client(server.port());
    const auto reply = client.ask(post("/large", body));
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->body == body);
    EXPECT_EQ(client.ask(get("/hello"))->body, "hello");
}

TEST(HttpServerTest, JoinsHeaderLinesOfOneName) {
    TestServer server;
    Client client(server.port());
    EXPECT_EQ(client.ask(get("/header", "x-test: a\r\nX-Other: b\r\nX-TEST: c\r\n"))->body, "a, c");
}

TEST(HttpServerTest, TakesATargetInAbsoluteForm) {
    TestServer server;
    Client client(server.port());
    EXPECT_EQ(client.ask(get("http://proxy.example:80/bytes?n=2"))->body, "xx");
}

TEST(HttpServerTest, PacksBodiesWhereTheClientTakesIt) {
    TestServer server;
    Client client(server.port());
    for (const std::size_t size : {1025, 60'000, 300'000, 1'000'000}) {
        const std::string path = "/text?n=" + std::to_string(size);
        const auto bare = client.ask(get(path));
        const auto packed = client.ask(get(path, "Accept-Encoding: gzip\r\n"));
        ASSERT_TRUE(bare && packed) << size;
        EXPECT_EQ(bare->header("Content-Encoding"), "");
        EXPECT_EQ(packed->header("Content-Encoding"), "gzip");
        EXPECT_EQ(bare->header("Vary"), "Accept-Encoding");
        EXPECT_EQ(packed->header("Vary"), "Accept-Encoding");
        EXPECT_EQ(bare->body.size(), size);
        EXPECT_LT(packed->body.size(), size);
        EXPECT_TRUE(unpack(packed->body) == bare->body) << size;
    }
}

TEST(HttpServerTest, DoesNotPackSmallBodiesNorAgainstTheClientsWill) {
    TestServer server;
    Client client(server.port());
    EXPECT_EQ(
        client.ask(get("/bytes?n=1024", "Accept-Encoding: gzip\r\n"))->header("Content-Encoding"),
        ""
    );
    EXPECT_EQ(
        client.ask(get("/bytes?n=9999", "Accept-Encoding: gzip;q=0\r\n"))
            ->header("Content-Encoding"),
        ""
    );
    EXPECT_EQ(
        client.ask(get("/bytes?n=9999", "Accept-Encoding: br\r\n"))->header("Content-Encoding"), ""
    );
}

TEST(HttpServerTest, TakesAnAnswerFromAnotherThreadAndServesOthersMeanwhile) {
    TestServer server;
    Client waiting(server.port());
    waiting.send(get("/later"));
    Responder respond = server.deferred.take();
    EXPECT_EQ(Client(server.port()).ask(get("/hello"))->body, "hello");
    respond(plain("at last"));
    EXPECT_EQ(waiting.receive()->body, "at last");
    EXPECT_EQ(waiting.ask(get("/hello"))->body, "hello");
}

TEST(HttpServerTest, AnswersADroppedRequestWith503) {
    TestServer server;
    Client client(server.port());
    client.send(get("/later"));
    { const Responder dropped = server.deferred.take(); }
    EXPECT_EQ(client.receive()->status, 503);
    EXPECT_EQ(client.ask(get("/hello"))->body, "hello");
}

TEST(HttpServerTest, LetsAResponderOutliveIt) {
    std::optional<Responder> late;
    std::optional<Responder> dropped;
    {
        TestServer server;
        Client one(server.port());
        Client two(server.port());
        one.send(get("/later"));
        two.send(get("/later"));
        late = server.deferred.take();
        dropped = server.deferred.take();
    }
    (*late)(plain(std::string(1'000'000, 'x')));
}

TEST(HttpServerTest, ForgetsTheAnswerToAClientThatHasGone) {
    TestServer server;
    {
        Client client(server.port());
        client.send(get("/later"));
    }
    Responder respond = server.deferred.take();
    respond(plain("nobody reads this"));
    EXPECT_EQ(Client(server.port()).ask(get("/hello"))->body, "hello");
}

TEST(HttpServerTest, AnswersWhatWasBegunAfterCloseAndTakesNothingNew) {
    TestServer server;
    Client idle(server.port());
    EXPECT_EQ(idle.ask(get("/hello"))->body, "hello");
    Client busy(server.port());
    busy.send(get("/later"));
    Responder respond = server.deferred.take();
    server.close();
    EXPECT_TRUE(idle.closed());
    EXPECT_FALSE(Client(server.port()).connected());
    respond(plain("last words"));
    const auto reply = busy.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "last words");
    EXPECT_EQ(reply->header("Connection"), "close");
    EXPECT_TRUE(busy.closed());
}

TEST(HttpServerTest, CountsConnectionsAndAnswersByStatus) {
    TestServer server;
    Client one(server.port());
    Client two(server.port());
    EXPECT_TRUE(one.ask(get("/hello")));
    EXPECT_TRUE(one.ask(get("/nowhere")));
    EXPECT_TRUE(two.ask(get("/hello")));
    const HttpServer::Numbers numbers = server.server().numbers();
    EXPECT_EQ(numbers.connections, 2U);
    EXPECT_EQ(numbers.responses, (std::map<int, std::uint64_t>{{200, 2}, {404, 1}}));
}

TEST(HttpServerTest, CannotStartOnAPortThatIsTakenOrAnAddressThatIsNone) {
    TestServer first;
    boost::asio::io_context io;
    HttpServer second(io, {}, {});
    EXPECT_THROW(second.listen("127.0.0.1:" + std::to_string(first.port())), CannotStart);
    EXPECT_THROW(second.listen("127.0.0.1"), CannotStart);
    EXPECT_THROW(second.listen("192.0.2.1:0"), CannotStart);
    EXPECT_TRUE(second.addresses().empty());
}

TEST(HttpServerTest, ListensOnSeveralAddresses) {
    boost::asio::io_context io;
    HttpServer server(io, {}, {});
    server.listen("127.0.0.1:0");
    server.listen("127.0.0.2:0");
    server.listen(":0");
    const auto addresses = server.addresses();
    ASSERT_EQ(addresses.size(), 3U);
    EXPECT_TRUE(addresses[0].starts_with("127.0.0.1:"));
    EXPECT_TRUE(addresses[1].starts_with("127.0.0.2:"));
    EXPECT_NE(addresses[1], "127.0.0.2:0");
}

}  // namespace

}  // namespace tally::serve
