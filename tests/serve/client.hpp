#pragma once

#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace tally::serve::testing {

struct Reply {
    int status = 0;
    std::string head;  ///< status line and header lines
    std::string body;

    /// The value of a header line, empty when there is none.
    [[nodiscard]] std::string header(const std::string& name) const {
        const std::size_t at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) {
            return {};
        }
        const std::size_t from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

/// A blocking client on loopback that sends what it is told, right or wrong. Waits at most two
/// minutes for anything.
class Client {
  public:
    explicit Client(int port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{.tv_sec = 120, .tv_usec = 0};
        const int on = 1;
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (receive_buffer > 0) {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    virtual ~Client() { ::close(socket_); }

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }

    /// False when the server has closed meanwhile.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = put(bytes);
            if (count <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    /// The next reply; nothing when the connection ended before it was whole.
    std::optional<Reply> receive(bool with_body = true) {
        Reply reply;
        std::size_t end = std::string::npos;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
            if (!read_some()) {
                return std::nullopt;
            }
        }
        reply.head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        reply.status = std::atoi(reply.head.c_str() + reply.head.find(' '));
        const std::size_t length =
            std::strtoul(reply.header("Content-Length").c_str(), nullptr, 10);
        while (with_body && buffer_.size() < length) {
            if (!read_some()) {
                return std::nullopt;
            }
        }
        if (with_body) {
            reply.body = buffer_.substr(0, length);
            buffer_.erase(0, length);
        }
        return reply;
    }

    std::optional<Reply> ask(std::string_view bytes) {
        send(bytes);
        return receive();
    }

    /// Reads to the end of the connection; false when it does not come, or when more than nothing
    /// came before it.
    bool closed() {
        std::size_t before = buffer_.size();
        while (read_some()) {
        }
        return !timed_out_ && before == buffer_.size();
    }

    /// Everything until the connection ends.
    std::string rest() {
        while (read_some()) {
        }
        return buffer_;
    }

  protected:
    [[nodiscard]] int socket() const { return socket_; }

    virtual ssize_t put(std::string_view bytes) {
        return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    virtual ssize_t take(char* bytes, std::size_t size) { return ::recv(socket_, bytes, size, 0); }

  private:
    bool read_some() {
        char bytes[65536];
        const ssize_t count = take(bytes, sizeof bytes);
        timed_out_ = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (count > 0) {
            buffer_.append(bytes, static_cast<std::size_t>(count));
        }
        return count > 0;
    }

    int socket_;
    bool connected_ = false;
    bool timed_out_ = false;
    std::string buffer_;
};

inline std::string get(const std::string& path, const std::string& more_lines = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: here\r\n" + more_lines + "\r\n";
}

inline std::string post(
    const std::string& path, const std::string& body, const std::string& more_lines = {}
) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: here\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           more_lines + "\r\n" + body;
}

}  // namespace tally::serve::testing
