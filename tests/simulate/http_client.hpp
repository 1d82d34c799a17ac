#pragma once

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "simulate/server.hpp"

namespace tally::simulate {

/// A server with its own thread, stopped and joined at the end of the test.
class RunningServer {
  public:
    explicit RunningServer(ServeOptions options)
        : server_(std::move(options)), thread_([this] { server_.run(Server::Signals::ignore); }) {}

    ~RunningServer() {
        server_.stop();
        thread_.join();
    }

    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    [[nodiscard]] std::uint16_t port(std::size_t member = 0) const {
        const std::string url = server_.urls().at(member);
        return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    }

  private:
    Server server_;
    std::thread thread_;
};

/// A blocking client socket. Reads give up after 20 s, so that a broken server fails the test and
/// does not hang it.
class Client {
  public:
    explicit Client(std::uint16_t port, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (receive_buffer > 0) {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0
        );
    }

    ~Client() { ::close(socket_); }

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(std::string_view bytes) {
        EXPECT_EQ(
            ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size())
        );
    }

    void get(std::string_view target, std::string_view headers = "") {
        send(
            "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) +
            "\r\n"
        );
    }

    void attach(std::string_view query = "") {
        get("/v2/events" + std::string(query), "Accept: text/event-stream\r\n");
    }

    /// Up to and with `end`; what was read until then when the connection ends first.
    std::string read_until(std::string_view end) {
        std::size_t found = 0;
        while ((found = input_.find(end)) == std::string::npos) {
            if (!more()) {
                return std::exchange(input_, {});
            }
        }
        std::string text = input_.substr(0, found + end.size());
        input_.erase(0, text.size());
        return text;
    }

    std::string read_all() {
        while (more()) {
        }
        return std::exchange(input_, {});
    }

    std::string read_head() { return read_until("\r\n\r\n"); }

    /// The body of an answer with a Content-Length.
    std::string read_body(const std::string& head) {
        const std::size_t at = head.find("Content-Length: ");
        EXPECT_NE(at, std::string::npos) << head;
        const std::size_t length = std::stoul(head.substr(at + 16));
        while (input_.size() < length && more()) {
        }
        std::string body = input_.substr(0, length);
        input_.erase(0, length);
        return body;
    }

    [[nodiscard]] bool ended() { return input_.empty() && !more(); }

    /// How the connection ended, after ended() or read_all(): 0 for EOF.
    [[nodiscard]] int error() const { return error_; }

    /// Whether there is anything to read at this very moment.
    [[nodiscard]] bool pending() {
        char byte = 0;
        return !input_.empty() || ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }

    /// The body of an answer in chunks.
    std::string read_chunks() {
        std::string body;
        while (true) {
            const std::size_t size = std::stoul("0" + read_until("\r\n"), nullptr, 16);
            while (input_.size() < size + 2 && more()) {
            }
            body += input_.substr(0, size);
            input_.erase(0, size + 2);
            if (size == 0) {
                return body;
            }
        }
    }

  private:
    bool more() {
        char chunk[65'536];
        const ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
        if (got > 0) {
            input_.append(chunk, static_cast<std::size_t>(got));
        }
        error_ = got < 0 ? errno : 0;
        return got > 0;
    }

    int socket_;
    int error_ = 0;
    std::string input_;
};

/// Why a connection cannot be made; 0: it can.
inline int connect_error(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int failed =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = failed != 0 ? errno : 0;
    ::close(socket);
    return error;
}

/// One request on a connection of its own.
inline std::string fetch(
    std::uint16_t port, std::string_view target, std::string_view method = "GET"
) {
    Client client(port);
    client.send(
        std::string(method) + " " + std::string(target) +
        " HTTP/1.1\r\nHost: test\r\nAccept: application/json\r\n\r\n"
    );
    return client.read_body(client.read_head());
}

/// POST /sim/fault with "kind=...&name=value"; the state of the bus afterwards.
inline std::string fault(const RunningServer& server, std::string_view order) {
    return fetch(server.port(), "/sim/fault?" + std::string(order), "POST");
}

inline std::string step(const RunningServer& server, int events) {
    return fetch(server.port(), "/sim/step?events=" + std::to_string(events), "POST");
}

/// A Marathon that says nothing but what /sim/step asks for.
inline ServeOptions quiet(Dialect dialect = Dialect::v1_8) {
    ServeOptions options;
    options.shape = {
        .seed = 5, .rate = 0, .apps = 12, .tasks = 80, .agents = 6, .dialect = dialect};
    return options;
}

inline std::string body_of(const std::string& frame) {
    const std::size_t at = frame.find("data: ");
    return at == std::string::npos ? "" : frame.substr(at + 6, frame.size() - at - 10);
}

}  // namespace tally::simulate
