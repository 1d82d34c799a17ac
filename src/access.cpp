#include "access.hpp"

#include <utility>

namespace tally {

namespace {

connect::ServiceLogin::Options login_options(
    const connect::ServiceAccount& account, const connect::Endpoint& member, connect::Subscription::Tls tls,
    std::chrono::milliseconds connect
) {
    const connect::Endpoint login = account.login.value_or(login_beside(member));
    if (login.host != member.host) {
        tls.server_name.clear();  // that is the members' name
    }
    return {.account = account, .login = login, .tls = std::move(tls), .connect = connect};
}

}  // namespace

Access::Access(boost::asio::io_context& io, const SourceConfig& source, std::chrono::milliseconds connect)
    : tls_(source.tls), settings_(source.credentials) {
    for (const std::string& url : source.urls) {
        members_.push_back(*connect::parse_endpoint(url));  // the config was checked
    }
    if (const auto& account = settings_.service_account; account && !members_.empty()) {
        login_ = std::make_unique<connect::ServiceLogin>(io, login_options(*account, members_.front(), tls_, connect));
    }
}

void Access::when_ready(std::function<void()> ready) {
    if (login_) {
        login_->when_settled(std::move(ready));
    } else {
        ready();
    }
}

std::function<connect::Subscription::Credentials()> Access::credentials() {
    return [this] { return login_ ? login_->credentials() : read_credentials(settings_); };
}

void Access::answered(unsigned status) {
    constexpr unsigned unauthorized = 401;
    if (login_ && status == unauthorized) {
        login_->refused();
    }
}

}  // namespace tally
