#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_client.hpp"

namespace tally::simulate {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Waits on a port of its own for one post at a time and answers 200.
class Listener {
  public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(socket_, 128), 0);
        socklen_t length = sizeof address;
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/in?a=b";
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    ~Listener() { ::close(socket_); }

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }

    std::string take() {
        const int peer = ::accept(socket_, nullptr, nullptr);
        EXPECT_GE(peer, 0);
        std::string text;
        char chunk[65'536];
        while (!complete(text)) {
            const ssize_t got = ::recv(peer, chunk, sizeof chunk, 0);
            if (got <= 0) {
                break;
            }
            text.append(chunk, static_cast<std::size_t>(got));
        }
        const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(peer);
        return text;
    }

  private:
    static bool complete(const std::string& text) {
        const std::size_t end = text.find("\r\n\r\n");
        const std::size_t at = text.find("Content-Length: ");
        return end != std::string::npos && at < end &&
               text.size() >= end + 4 + std::stoul(text.substr(at + 16));
    }

    int socket_;
    std::string url_;
};

TEST(CallbacksTest, EveryEventIsPostedAndTheFirstIsTheSubscriptionItself) {
    Listener listener;
    const RunningServer server(quiet(Dialect::v1_3));
    const std::string path = "/v2/eventSubscriptions?callbackUrl=" + listener.url();
    const std::string answer = fetch(server.port(), path, "POST");
    EXPECT_THAT(answer, HasSubstr("\"eventType\":\"subscribe_event\""));
    EXPECT_EQ(
        fetch(server.port(), "/v2/eventSubscriptions"),
        "{\"callbackUrls\":[\"" + listener.url() + "\"]}"
    );
    const std::string first = listener.take();
    EXPECT_THAT(first, StartsWith("POST /in?a=b HTTP/1.1\r\n"));
    EXPECT_THAT(first, HasSubstr("\r\nContent-Type: application/json"));
    EXPECT_TRUE(first.ends_with(answer)) << first;
    fetch(server.port(), "/sim/step?events=5", "POST");
    for (int i = 0; i < 5; ++i) {
        EXPECT_THAT(listener.take(), HasSubstr("\"eventType\":"));
    }
    fetch(server.port(), path, "DELETE");
    EXPECT_THAT(listener.take(), HasSubstr("unsubscribe_event"));
    EXPECT_EQ(fetch(server.port(), "/v2/eventSubscriptions"), "{\"callbackUrls\":[]}");
}

TEST(CallbacksTest, LateOnesAreOvertakenAndNoneIsPostedTwice) {
    Listener listener;
    const RunningServer server(quiet(Dialect::v1_4));
    Client stream(server.port());
    stream.attach();
    stream.read_head();
    stream.read_head();
    fetch(server.port(), "/v2/eventSubscriptions?callbackUrl=" + listener.url(), "POST");
    stream.read_head();
    listener.take();
    fault(server, "kind=callbacks_late&share=1&delay=300ms");
    step(server, 12);
    std::vector<std::string> told;
    std::vector<std::string> posted;
    for (int i = 0; i < 12; ++i) {
        told.push_back(body_of(stream.read_head()));
        const std::string post = listener.take();
        posted.push_back(post.substr(post.find("\r\n\r\n") + 4));
    }
    EXPECT_NE(told, posted);
    EXPECT_THAT(posted, ::testing::UnorderedElementsAreArray(told));
    EXPECT_THAT(fetch(server.port(), "/sim/truth"), HasSubstr("\"posted\":13,"));
}

TEST(CallbacksTest, AFailedOneIsNotRepeatedAndTheNextOnesAreSkipped) {
    const RunningServer server(quiet(Dialect::v1_4));
    // It is its own subscriber, at a path that is none.
    const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/none";
    fetch(server.port(), "/v2/eventSubscriptions?callbackUrl=" + url, "POST");
    while (fetch(server.port(), "/sim/truth").find("\"failed\":1,") == std::string::npos) {
    }
    step(server, 5);
    EXPECT_THAT(
        fetch(server.port(), "/sim/truth"),
        HasSubstr("\"posted\":1,\"accepted\":0,\"failed\":1,\"skipped\":5,")
    );
}

TEST(CallbacksTest, AUrlThatIsNoneIsRefused) {
    const RunningServer server(quiet(Dialect::v1_4));
    Client client(server.port());
    client.send("POST /v2/eventSubscriptions?callbackUrl=nonsense HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 422 "));
}

TEST(CallbacksTest, AreGoneSinceOnePointFive) {
    const RunningServer server(quiet(Dialect::v1_5));
    Client client(server.port());
    client.get("/v2/eventSubscriptions");
    EXPECT_THAT(client.read_head(), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace tally::simulate
