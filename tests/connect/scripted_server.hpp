#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tally::connect {

/// What one connection does after it has read a request: writes its text, then ends, or stays open
/// until the client goes.
struct Script {
    enum class Then { close, reset, stay };
    std::string text;
    Then then = Then::close;
};

/// A server on a free loopback port that plays one script per connection, the last one again and
/// again.
///
/// Thread: the io_context's, which is destroyed before it.
class ScriptedServer {
  public:
    using tcp = boost::asio::ip::tcp;

    ScriptedServer(
        boost::asio::io_context& io,
        std::vector<Script> scripts,
        boost::asio::ssl::context* tls = nullptr
    )
        : stage_(std::make_shared<Stage>(Stage{
              tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}),
              std::move(scripts),
              tls})) {
        boost::asio::co_spawn(io, accept(stage_), boost::asio::detached);
    }

    [[nodiscard]] std::string url(
        const std::string& host = "127.0.0.1", const std::string& userinfo = ""
    ) const {
        return (stage_->tls == nullptr ? "http://" : "https://") + userinfo + host + ":" +
               std::to_string(port());
    }

    [[nodiscard]] unsigned short port() const { return stage_->port; }

    /// Each request, as it came.
    [[nodiscard]] const std::vector<std::string>& requests() const { return stage_->requests; }

    /// How many connections the client has left while their script stayed.
    [[nodiscard]] int left() const { return stage_->left; }

  private:
    struct Stage {
        tcp::acceptor acceptor;
        std::vector<Script> scripts;
        boost::asio::ssl::context* tls;
        unsigned short port = acceptor.local_endpoint().port();
        std::size_t played = 0;
        std::vector<std::string> requests = {};
        int left = 0;
    };

    using TlsStream = boost::asio::ssl::stream<tcp::socket>;
    static constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

    static std::size_t body_size(const std::string& head) {
        const std::string name = "\r\nContent-Length: ";
        const auto at = head.find(name);
        return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
    }

    static boost::asio::awaitable<void> accept(std::shared_ptr<Stage> stage) {
        while (true) {
            auto [ec, socket] = co_await stage->acceptor.async_accept(use_tuple);
            if (ec) {
                co_return;
            }
            const auto script =
                stage->scripts[std::min(stage->played++, stage->scripts.size() - 1)];
            auto executor = stage->acceptor.get_executor();
            if (stage->tls == nullptr) {
                boost::asio::co_spawn(
                    executor, play_plain(stage, std::move(socket), script), boost::asio::detached
                );
            } else {
                boost::asio::co_spawn(
                    executor, play_tls(stage, std::move(socket), script), boost::asio::detached
                );
            }
        }
    }

    static boost::asio::awaitable<void> play_plain(
        std::shared_ptr<Stage> stage, tcp::socket socket, Script script
    ) {
        co_await play(*stage, socket, socket, script);
    }

    static boost::asio::awaitable<void> play_tls(
        std::shared_ptr<Stage> stage, tcp::socket socket, Script script
    ) {
        TlsStream stream(std::move(socket), *stage->tls);
        const auto [ec] = co_await stream.async_handshake(TlsStream::server, use_tuple);
        if (!ec) {
            co_await play(*stage, stream, stream.next_layer(), script);
        }
    }

    template <class Stream>
    static boost::asio::awaitable<void> play(
        Stage& stage, Stream& stream, tcp::socket& socket, const Script& script
    ) {
        std::string head;
        const auto [no_head, size] = co_await boost::asio::async_read_until(
            stream, boost::asio::dynamic_buffer(head), "\r\n\r\n", use_tuple
        );
        if (no_head) {
            co_return;
        }
        const std::size_t whole = size + body_size(head.substr(0, size));
        if (head.size() < whole) {
            const auto had = head.size();
            head.resize(whole);
            co_await boost::asio::async_read(
                stream, boost::asio::buffer(head.data() + had, whole - had), use_tuple
            );
        }
        stage.requests.push_back(head);
        const auto [ec, written] =
            co_await boost::asio::async_write(stream, boost::asio::buffer(script.text), use_tuple);
        if (ec) {
            co_return;
        }
        if (script.then == Script::Then::reset) {
            socket.set_option(tcp::socket::linger(true, 0));
            socket.close();
        } else if (script.then == Script::Then::stay) {
            char byte = 0;
            const auto [gone, count] =
                co_await stream.async_read_some(boost::asio::buffer(&byte, 1), use_tuple);
            stage.left += gone ? 1 : 0;
        }
    }

    std::shared_ptr<Stage> stage_;
};

}  // namespace tally::connect
