#include "tally/connect/subscription.hpp"

#include <random>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connect/http_stream.hpp"
#include "connect/subscription_fsm.hpp"
#include "connect/use_tuple.hpp"
#include "tally/base/assert.hpp"

namespace tally::connect {
namespace {

namespace asio = boost::asio;
using Fsm = SubscriptionFsm;

Fsm::Milliseconds steady_now() {
    return std::chrono::duration_cast<Fsm::Milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch()
    );
}

Fsm::Happened happened(Outcome outcome) {
    return std::visit(
        [](auto&& it) { return Fsm::Happened(std::move(it)); }, std::move(outcome)
    );
}

HttpStream::Request stream_request(const Fsm::Request& action) {
    return {
        .target = action.target,
        .host = action.host,
        .accept = "text/event-stream",
        .body = {},
        .credentials = action.credentials,
        .userinfo = action.userinfo,
        .within = action.within};
}

}  // namespace

/// Asks the machine, does what it says, tells it how it went.
class Subscription::Shell {
  public:
    Shell(asio::io_context& io, Options options, SubscriptionListener& listener)
        : listener_(&listener),
          fsm_(Fsm::Options{
              std::move(options.members), options.timeouts, options.backoff, options.before}),
          stream_(
              io,
              std::move(options.tls),
              std::move(options.credentials),
              std::make_shared<std::atomic<int>>(0)
          ),
          timer_(io),
          random_(std::random_device()()) {}

    static asio::awaitable<void> run(std::shared_ptr<Shell> self) {
        Fsm::Happened happened = Fsm::Started{};
        while (self->fsm_.state() != Fsm::State::finished) {
            if (self->stop_asked_) {
                happened = *self->stop_asked_;
            }
            const auto actions = self->fsm_.step(happened, steady_now(), self->chance());
            self->tell(actions);
            if (!self->stop_asked_) {
                happened = co_await self->perform(actions.back());
            }
        }
        self->stream_.close();
    }

    void stop(Cause cause) {
        if (!stop_asked_) {
            stop_asked_ = Fsm::StopAsked{cause};
            wake();
            stream_.close();
        }
    }

    void forget_listener() { listener_ = nullptr; }

    void hold() { fsm_.hold(steady_now()); }

    void release() {
        fsm_.release(steady_now());
        if (awaits_release_) {
            wake();
        }
    }

  private:
    /// All but the last action: they take no time. The listener may stop us, or destroy the
    /// Subscription.
    void tell(const Fsm::Actions& actions) {
        for (const auto& action : actions) {
            if (std::holds_alternative<Fsm::Close>(action)) {
                stream_.close();
            } else if (listener_ != nullptr) {
                tell(action);
            }
        }
    }

    void tell(const Fsm::Action& action) {
        if (const auto* attached = std::get_if<Fsm::TellAttached>(&action)) {
            listener_->on_attached(attached->url, wall_now());
        } else if (std::holds_alternative<Fsm::TellBytes>(action)) {
            listener_->on_bytes(stream_.bytes(), wall_now());
        } else if (const auto* end = std::get_if<Fsm::TellEnd>(&action)) {
            listener_->on_end(end->ending, wall_now());
        } else if (const auto* attempt = std::get_if<Fsm::TellAttempt>(&action)) {
            listener_->on_attempt(attempt->cause, wall_now());
        }
    }

    asio::awaitable<Fsm::Happened> perform(const Fsm::Action& action) {
        if (const auto* connect = std::get_if<Fsm::Connect>(&action)) {
            auto outcome = co_await stream_.connect(connect->endpoint, connect->within);
            co_return happened(std::move(outcome));
        }
        if (const auto* asked = std::get_if<Fsm::Request>(&action)) {
            const auto request = stream_request(*asked);
            auto outcome = co_await stream_.request(request);
            co_return happened(std::move(outcome));
        }
        if (const auto* read = std::get_if<Fsm::Read>(&action)) {
            auto outcome = co_await stream_.read(read->within);
            co_return happened(std::move(outcome));
        }
        if (const auto* wait = std::get_if<Fsm::Wait>(&action)) {
            timer_.expires_after(wait->length);
            co_await timer_.async_wait(use_tuple);
            co_return Fsm::WaitOver{};
        }
        TALLY_ASSERT(std::holds_alternative<Fsm::AwaitRelease>(action));
        timer_.expires_at(asio::steady_timer::time_point::max());
        awaits_release_ = true;
        co_await timer_.async_wait(use_tuple);
        awaits_release_ = false;
        co_return Fsm::Released{};
    }

    void wake() { timer_.cancel(); }

    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

    SubscriptionListener* listener_;  // none once the Subscription is gone
    Fsm fsm_;
    HttpStream stream_;
    asio::steady_timer timer_;
    std::mt19937 random_;
    std::optional<Fsm::StopAsked> stop_asked_;
    bool awaits_release_ = false;
};

Subscription::Subscription(asio::io_context& io, Options options, SubscriptionListener& listener)
    : shell_(std::make_shared<Shell>(io, std::move(options), listener)) {
    asio::co_spawn(io, Shell::run(shell_), asio::detached);
}

Subscription::~Subscription() {
    shell_->forget_listener();
    shell_->stop(Cause::shutdown);
}

void Subscription::stop(Cause cause) {
    shell_->stop(cause);
}

void Subscription::hold() {
    shell_->hold();
}

void Subscription::release() {
    shell_->release();
}

}  // namespace tally::connect
