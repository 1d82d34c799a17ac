#include "tally/connect/rest_client.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "connect/http_stream.hpp"
#include "connect/route.hpp"

namespace tally::connect {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

/// Nothing that could end a request line early.
bool is_sendable(std::string_view target) {
    return target.starts_with('/') &&
           std::ranges::none_of(target, [](char c) { return c <= ' ' || c >= '\x7F'; });
}

RestClient::Reply failure(Cause cause, std::string detail) {
    return {.status = 0, .body = {}, .failure = cause, .detail = std::move(detail)};
}

/// What is no header and no piece of a body.
RestClient::Reply failure(const Outcome& outcome, const std::string& late, const std::string& cut) {
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
        return failure(failed->cause, failed->detail);
    }
    return std::holds_alternative<TimedOut>(outcome) ? failure(Cause::timeout, late)
                                                     : failure(Cause::closed, cut);
}

/// The bytes that JSON readers may touch behind the end of their text.
void pad(std::string& body) {
    body.append(body_padding, '\0');
    body.resize(body.size() - body_padding);
}

}  // namespace

class RestClient::Shell {
  public:
    Shell(asio::io_context& io, Options options)
        : io_(io), options_(std::move(options)), hanging_(std::make_shared<std::atomic<int>>(0)) {}

    void ask(const std::shared_ptr<Shell>& self, Request request, std::function<void(Reply)> done) {
        auto exchange = std::make_shared<Exchange>(*this, std::move(request), std::move(done));
        under_way_.insert(exchange);
        asio::co_spawn(io_, run(self, std::move(exchange)), asio::detached);
    }

    void stop() {
        stopped_ = true;
        for (const auto& exchange : under_way_) {
            exchange->stream.close();
        }
    }

  private:
    /// One request under way.
    struct Exchange {
        Exchange(Shell& shell, Request what, std::function<void(Reply)> then)
            : request(std::move(what)),
              done(std::move(then)),
              route(shell.options_.members),
              stream(shell.io_, shell.options_.tls, shell.options_.credentials, shell.hanging_),
              until(Clock::now() + shell.options_.within) {}

        [[nodiscard]] std::chrono::milliseconds left() const {
            return std::chrono::ceil<std::chrono::milliseconds>(
                std::max(until - Clock::now(), Clock::duration::zero())
            );
        }

        Request request;
        std::function<void(Reply)> done;
        Route route;
        HttpStream stream;
        Clock::time_point until;
    };

    static asio::awaitable<void> run(std::shared_ptr<Shell> self, std::shared_ptr<Exchange> exchange) {
        auto reply = co_await self->answer(*exchange);
        exchange->stream.close();
        self->under_way_.erase(exchange);
        if (self->stopped_) {
            co_return;
        }
        if (reply.status == 0) {
            reply.detail = shown(exchange->route.server()) + ": " + reply.detail;
        }
        exchange->done(std::move(reply));
    }

    /// The only loop: once more for each redirect, of which the route allows three.
    asio::awaitable<Reply> answer(Exchange& exchange) {
        const auto& request = exchange.request;
        auto target = rest_target(request.server, request.target);
        const bool sendable = is_sendable(target);
        exchange.route.begin(request.server, std::move(target));
        if (!sendable) {
            co_return failure(Cause::unreachable, "the target cannot be sent");
        }
        while (!stopped_) {
            const auto outcome = co_await head(exchange);
            const auto* header = std::get_if<HeaderArrived>(&outcome);
            if (header == nullptr) {
                co_return failure(outcome, "no answer in time", "closed before an answer came");
            }
            if (request.method != "GET" || !is_redirect(header->status)) {
                co_return co_await body(exchange, *header);
            }
            if (const auto followed = exchange.route.follow(header->location); !followed) {
                co_return failure(Cause::redirect, followed.error().what);
            }
            exchange.stream.close();
        }
        co_return failure(Cause::shutdown, "stopped");
    }

    /// Connects and asks; the header, or why there is none.
    asio::awaitable<Outcome> head(Exchange& exchange) {
        const auto within = std::min(options_.connect, exchange.left());
        auto connected = co_await exchange.stream.connect(exchange.route.server(), within);
        if (std::holds_alternative<TimedOut>(connected)) {
            co_return Failed{Cause::timeout, "no connection in time"};
        }
        if (!std::holds_alternative<Connected>(connected)) {
            co_return connected;
        }
        const auto request = message(exchange);
        co_return co_await exchange.stream.request(request);
    }

    HttpStream::Request message(const Exchange& exchange) const {
        const auto& route = exchange.route;
        return {
            .method = exchange.request.method,
            .target = route.target(),
            .host = authority(route.server()),
            .accept = "application/json",
            .body = exchange.request.body,
            .credentials = route.credentials(),
            .userinfo = route.credentials() ? userinfo(exchange.request.server) : std::string(),
            .within = exchange.left()};
    }

    std::string userinfo(const Endpoint& server) const {
        const auto member = std::ranges::find_if(options_.members, [&](const Endpoint& one) {
            return same_server(one, server);
        });
        const bool own = !server.userinfo.empty() || member == options_.members.end();
        return own ? server.userinfo : member->userinfo;
    }

    /// Grows with what comes, not with what was announced.
    asio::awaitable<Reply> body(Exchange& exchange, const HeaderArrived& header) {
        const std::size_t bytes_max = options_.body_bytes_max;
        Reply reply{.status = header.status, .body = {}, .failure = {}, .detail = {}};
        if (header.length.value_or(0) > bytes_max) {
            co_return too_large();
        }
        while (true) {
            const auto outcome = co_await exchange.stream.read(exchange.left());
            if (const auto* ended = std::get_if<Ended>(&outcome); ended != nullptr && ended->whole) {
                pad(reply.body);
                co_return reply;
            }
            if (!std::holds_alternative<BytesArrived>(outcome)) {
                co_return failure(outcome, "the body did not end in time", "the body was cut short");
            }
            const auto bytes = exchange.stream.bytes();
            if (bytes.size() > bytes_max - reply.body.size()) {
                co_return too_large();
            }
            reply.body += bytes;
        }
    }

    Reply too_large() const {
        return failure(
            Cause::too_large,
            "the body is larger than " + std::to_string(options_.body_bytes_max) + " bytes"
        );
    }

    asio::io_context& io_;
    Options options_;
    NameLookup::Hanging hanging_;
    std::set<std::shared_ptr<Exchange>> under_way_;
    bool stopped_ = false;
};

RestClient::RestClient(asio::io_context& io, Options options)
    : shell_(std::make_shared<Shell>(io, std::move(options))) {}

RestClient::~RestClient() {
    shell_->stop();
}

void RestClient::ask(Request request, std::function<void(Reply)> done) {
    shell_->ask(shell_, std::move(request), std::move(done));
}

}  // namespace tally::connect
