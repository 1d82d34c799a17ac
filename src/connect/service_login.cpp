#include "tally/connect/service_login.hpp"

#include <utility>

#include "connect/login_jwt.hpp"
#include "tally/base/json.hpp"

namespace tally::connect {
namespace {

constexpr TimeMs second_ms = 1000;
constexpr TimeMs jwt_holds_ms = 300 * second_ms;
constexpr TimeMs renew_before_ms = 60 * second_ms;

RestClient::Options client_options(const ServiceLogin::Options& options) {
    return {
        .tls = options.tls,
        .credentials = {},
        .members = {},
        .connect = options.connect,
        .within = options.within,
        .body_bytes_max = std::size_t{64} << 10};
}

}  // namespace

ServiceLogin::ServiceLogin(boost::asio::io_context& io, Options options)
    : options_(std::move(options)), client_(io, client_options(options_)) {
    log_in();
}

void ServiceLogin::when_settled(std::function<void()> settled) {
    if (settled_) {
        settled();
    } else {
        on_settled_ = std::move(settled);
    }
}

Subscription::Credentials ServiceLogin::credentials() {
    const TimeMs now = wall_now();
    if (token_.empty() || (expires_ && now >= *expires_ - renew_before_ms)) {
        log_in();
    }
    if (!token_.empty() && expires_ && now >= *expires_) {
        token_.clear();
        fault_ = "the token has expired";
    }
    if (token_.empty()) {
        return {.authorization = {}, .fault = fault_};
    }
    return {.authorization = "token=" + token_, .fault = {}};
}

void ServiceLogin::refused() {
    if (!token_.empty()) {
        token_.clear();
        fault_ = "the token was refused";
    }
    log_in();
}

void ServiceLogin::log_in() {
    if (under_way_) {
        return;
    }
    const auto key = read_secret(options_.account.private_key);
    const auto expires = (wall_now() + jwt_holds_ms) / second_ms;
    const auto jwt = key ? login_jwt(options_.account.uid, expires, *key) : key.error();
    if (!jwt) {
        fault_ = "service account: " + jwt.error().what;
        settle();
        return;
    }
    under_way_ = true;
    RestClient::Request request{
        .method = "POST",
        .server = options_.login,
        .target = request_target(options_.login),
        .body = R"({"uid":)"};
    request.server.path.clear();
    append_json_string(request.body, options_.account.uid);
    request.body += R"(,"token":)";
    append_json_string(request.body, *jwt);
    request.body += "}";
    client_.ask(std::move(request), [this](const RestClient::Reply& reply) { logged_in(reply); });
}

void ServiceLogin::logged_in(const RestClient::Reply& reply) {
    under_way_ = false;
    const auto token = reply.status == 200 ? token_of(reply.body) : std::nullopt;
    if (token) {
        token_ = *token;
        const auto expiry = expiry_of(token_).value_or(0) * second_ms;
        // One that seems to have expired already says that the clocks differ: it holds until it is refused.
        expires_ = expiry > wall_now() ? std::optional(expiry) : std::nullopt;
    } else {
        const auto why = reply.status == 0     ? reply.detail
                         : reply.status == 200 ? std::string("an answer without a token")
                                               : "HTTP status " + std::to_string(reply.status);
        fault_ = "login of the service account: " + why;
    }
    settle();
}

void ServiceLogin::settle() {
    settled_ = true;
    if (auto settled = std::exchange(on_settled_, {})) {
        settled();
    }
}

Endpoint login_beside(const Endpoint& member) {
    Endpoint login = member;
    login.path = "/acs/api/v1/auth/login";
    login.query.clear();
    login.userinfo.clear();
    return login;
}

}  // namespace tally::connect
