#include "callback_registration.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "callback_registration_fsm.hpp"
#include "log.hpp"
#include "tally/base/assert.hpp"
#include "tally/connect/endpoint.hpp"
#include "tally/decode/callback_list.hpp"
#include "tally/serve/http.hpp"

namespace tally {

namespace {

namespace asio = boost::asio;
using Fsm = CallbackRegistrationFsm;
using Reply = connect::RestClient::Reply;

constexpr std::string_view method_of(Fsm::Errand errand) {
    switch (errand) {
        case Fsm::Errand::list:
            return "GET";
        case Fsm::Errand::subscribe:
            return "POST";
        case Fsm::Errand::unsubscribe:
            return "DELETE";
    }
    return "";
}

void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (const char c : text) {
        if (kept.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
}

/// What the log says of a URL: nothing of its userinfo and query.
std::string shown_url(const std::string& url) {
    const auto endpoint = connect::parse_endpoint(url);
    return endpoint ? connect::shown(*endpoint) : "";
}

}  // namespace

class CallbackRegistration::Shell : public std::enable_shared_from_this<Shell> {
  public:
    Shell(asio::io_context& io, Options options)
        : options_(std::move(options)), fsm_(options_.members.size()), wait_(io), patience_(io) {
        TALLY_ASSERT(!options_.members.empty());
    }

    void tell(const Fsm::Happened& happened) {
        const auto self = shared_from_this();  // done() may let go of us
        for (const Fsm::Action& action : fsm_.step(happened)) {
            std::visit([this](const auto& one) { perform(one); }, action);
        }
    }

    void stop(std::function<void()> done) {
        done_ = std::move(done);
        tell(Fsm::StopAsked{});
    }

    /// Whoever owned us has gone: what is under way tells nobody.
    void leave() {
        gone_ = true;
        wait_.cancel();
        patience_.cancel();
    }

  private:
    void perform(const Fsm::Ask& ask) {
        wait_.cancel();
        const bool with_url = ask.errand != Fsm::Errand::list;
        connect::RestClient::Request request{
            .method = std::string(method_of(ask.errand)),
            .server = options_.members[ask.member],
            .target = subscriptions_target(with_url ? options_.url : std::string_view())};
        options_.ask(std::move(request), [self = shared_from_this(), errand = ask.errand](const Reply& reply) {
            self->answered(errand, reply);
        });
    }

    void answered(Fsm::Errand errand, const Reply& reply) {
        if (gone_) {
            return;
        }
        Fsm::Answered answer{.errand = errand, .status = reply.status};
        if (errand == Fsm::Errand::list && reply.status == 200) {
            const auto listed = decode::lists_callback(reply.body, options_.url);
            answer.readable = listed.has_value();
            answer.listed = listed && *listed;
        }
        // Why there was none; an answer's text may repeat the URL.
        detail_ = reply.status == 0 ? reply.detail : answer.readable ? "" : "the answer is no list of callback URLs";
        tell(answer);
    }

    void perform(const Fsm::Wait& wait) { arm(wait_, wait.length, Fsm::WaitOver{}); }

    void perform(const Fsm::BePatient& patience) { arm(patience_, patience.length, Fsm::PatienceOver{}); }

    void arm(asio::steady_timer& timer, Fsm::Milliseconds length, Fsm::Happened then) {
        timer.expires_after(length);
        timer.async_wait([self = shared_from_this(), then = std::move(then)](const boost::system::error_code& error) {
            if (!error && !self->gone_) {
                self->tell(then);
            }
        });
    }

    void perform(const Fsm::Finish&) {
        wait_.cancel();
        patience_.cancel();
        if (const auto done = std::exchange(done_, nullptr)) {
            done();
        }
    }

    void perform(const Fsm::TellRegistered&) { log(LogLevel::info, "callback registered", 0); }

    void perform(const Fsm::TellRefused& refused) {
        log(LogLevel::warn, "Marathon does not take our callback; tried again after the next attach", refused.status);
    }

    void perform(const Fsm::TellFailed& failed) {
        log(LogLevel::warn, "our callback could not be registered yet, it is tried again", failed.status);
    }

    void perform(const Fsm::TellLeftBehind&) {
        log(LogLevel::warn, "our callback could not be taken away: Marathon may go on posting to it", 0);
    }

    void log(LogLevel level, std::string_view what, unsigned status) const {
        const std::string shown = shown_url(options_.url);
        if (level == LogLevel::info) {
            Log::write(level, what, {{"source", options_.source}, {"callback", shown}});
            return;
        }
        Log::write(level, what,
                   {{"source", options_.source},
                    {"callback", shown},
                    {"status", status == 0 ? "none" : std::to_string(status)},
                    {"detail", detail_}});
    }

    Options options_;
    Fsm fsm_;
    asio::steady_timer wait_;
    asio::steady_timer patience_;
    std::function<void()> done_;
    std::string detail_;  // of the last answer
    bool gone_ = false;
};

CallbackRegistration::CallbackRegistration(asio::io_context& io, Options options)
    : shell_(std::make_shared<Shell>(io, std::move(options))) {
    shell_->tell(Fsm::Wanted{});
}

CallbackRegistration::~CallbackRegistration() { shell_->leave(); }

void CallbackRegistration::look_again() { shell_->tell(Fsm::Wanted{}); }

void CallbackRegistration::stop(std::function<void()> done) { shell_->stop(std::move(done)); }

std::string registered_url(const std::string& register_url, std::string_view secret) {
    const auto endpoint = connect::parse_endpoint(register_url);
    serve::Request request;  // it knows how to read a query
    request.query = endpoint ? endpoint->query : "";
    if (secret.empty() || !endpoint || !endpoint->userinfo.empty() || request.query_value("secret")) {
        return register_url;
    }
    std::string url = register_url;
    url += register_url.find('?') == std::string::npos ? "?secret=" : "&secret=";
    append_encoded(url, secret);
    return url;
}

std::string subscriptions_target(std::string_view url) {
    std::string target = "/v2/eventSubscriptions";
    if (!url.empty()) {
        target += "?callbackUrl=";
        append_encoded(target, url);
    }
    return target;
}

}  // namespace tally
