#include "tally/serve/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "tally/serve/listen_address.hpp"
#include "serve/session.hpp"
#include "tally/base/assert.hpp"
#include "tally/base/result.hpp"

namespace tally::serve {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Acceptor = std::shared_ptr<tcp::acceptor>;

/// Opens, binds and listens; `acceptor` is closed after an error.
error_code open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool both_families) {
    error_code error;
    const auto step = [&error](auto&& action) {
        if (!error) {
            action();
        }
    };
    step([&] { acceptor.open(endpoint.protocol(), error); });
    step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), error); });
    if (endpoint.protocol() == tcp::v6()) {
        step([&] { acceptor.set_option(asio::ip::v6_only(!both_families), error); });
    }
    step([&] { acceptor.bind(endpoint, error); });
    step([&] { acceptor.listen(tcp::acceptor::max_listen_connections, error); });
    if (error) {
        error_code ignored;
        acceptor.close(ignored);
    }
    return error;
}

std::string text_of(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
    return host + ":" + std::to_string(endpoint.port());
}

}  // namespace

class HttpServer::Impl {
  public:
    Impl(
        asio::io_context& io,
        std::vector<Route> routes,
        const Options& options,
        std::optional<WebConfig> web
    )
        : io_(io), state_(std::make_shared<ServerState>(io, std::move(routes), options)) {
        if (!web) {
            return;
        }
        if (const auto done = state_->door.change(*std::move(web)); !done) {
            throw CannotStart{done.error().what};
        }
    }

    ~Impl() {
        close_acceptors();
        state_->mailbox->close();
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void listen(const std::string& host_port) {
        const auto address = parse_listen_address(host_port);
        if (!address) {
            throw CannotStart{address.error().what};
        }
        error_code error;
        if (address->host.empty()) {
            const auto port = static_cast<asio::ip::port_type>(std::stoul(address->port));
            error = add({asio::ip::address_v6::any(), port}, true);
            if (error) {  // a machine without IPv6
                error = add({asio::ip::address_v4::any(), port}, false);
            }
        } else {
            tcp::resolver resolver(io_);
            const auto found =
                resolver.resolve(address->host, address->port, tcp::resolver::passive, error);
            for (auto entry = found.begin(); !error && entry != found.end(); ++entry) {
                error = add(entry->endpoint(), false);
            }
        }
        if (error) {
            throw CannotStart{"cannot listen on " + host_port + ": " + error.message()};
        }
    }

    [[nodiscard]] std::vector<std::string> addresses() const {
        std::vector<std::string> texts;
        for (const Acceptor& acceptor : acceptors_) {
            error_code error;
            const tcp::endpoint endpoint = acceptor->local_endpoint(error);
            if (!error) {
                texts.push_back(text_of(endpoint));
            }
        }
        return texts;
    }

    void close() {
        close_acceptors();
        state_->closing = true;
        state_->connections.evict_all(Connection::Phase::idle);
        state_->count_connections();
    }

    Result<void> reload(WebConfig web) {
        auto done = state_->door.change(std::move(web));
        state_->count_door();
        return done;
    }

    [[nodiscard]] bool wants_tls() const { return state_->door.wants_tls(); }

    [[nodiscard]] Numbers numbers() const {
        const std::lock_guard lock(state_->numbers_mutex);
        return state_->numbers;
    }

  private:
    error_code add(const tcp::endpoint& endpoint, bool both_families) {
        const auto acceptor = std::make_shared<tcp::acceptor>(io_);
        const error_code error = open(*acceptor, endpoint, both_families);
        if (!error) {
            acceptors_.push_back(acceptor);
            start_accepting(state_, acceptor);
        }
        return error;
    }

    void close_acceptors() {
        for (const Acceptor& acceptor : acceptors_) {
            error_code ignored;
            acceptor->close(ignored);
        }
    }

    asio::io_context& io_;
    std::shared_ptr<ServerState> state_;  // shared with the coroutines
    std::vector<Acceptor> acceptors_;     // each shared with its coroutine
};

HttpServer::HttpServer(
    asio::io_context& io, std::vector<Route> routes, Options options, std::optional<WebConfig> web
)
    : impl_(std::make_unique<Impl>(io, std::move(routes), options, std::move(web))) {}

HttpServer::~HttpServer() = default;

void HttpServer::listen(const std::string& host_port) {
    impl_->listen(host_port);
}

std::vector<std::string> HttpServer::addresses() const {
    return impl_->addresses();
}

void HttpServer::close() {
    impl_->close();
}

Result<void> HttpServer::reload(WebConfig web) {
    return impl_->reload(std::move(web));
}

bool HttpServer::wants_tls() const {
    return impl_->wants_tls();
}

HttpServer::Numbers HttpServer::numbers() const {
    return impl_->numbers();
}

}  // namespace tally::serve
