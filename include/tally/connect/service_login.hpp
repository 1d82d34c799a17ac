#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tally/base/time.hpp"
#include "tally/connect/credentials.hpp"
#include "tally/connect/rest_client.hpp"

namespace tally::connect {

/// The token of a DC/OS service account: logs in with the account's key, and again once the token was refused or is
/// about to expire. Begins with a login; later ones run in the background, while whoever needs a token comes again with
/// a back-off of his own.
///
/// Thread: the io_context's, which must outlive it. Must outlive those whom credentials() serves.
class ServiceLogin {
  public:
    struct Options {
        ServiceAccount account;
        Endpoint login;  ///< where to log in; account.login is not looked at
        Subscription::Tls tls;
        std::chrono::milliseconds connect{5000};
        std::chrono::milliseconds within{10000};  ///< one login
    };

    ServiceLogin(boost::asio::io_context& io, Options options);

    /// Calls once the first login has succeeded or failed: at once if it has, else later. One call may wait at a time.
    void when_settled(std::function<void()> settled);

    /// `token=...`, or as fault why there is none. The key is read anew at each login.
    [[nodiscard]] Subscription::Credentials credentials();

    /// The server did not take the token: a 401.
    void refused();

  private:
    void log_in();
    void logged_in(const RestClient::Reply& reply);
    void settle();

    Options options_;
    std::string token_;
    std::optional<TimeMs> expires_;
    std::string fault_ = "no token yet";
    bool under_way_ = false;
    bool settled_ = false;
    std::function<void()> on_settled_;
    RestClient client_;  // last: its calls come to us
};

/// Where DC/OS takes logins, beside a Marathon at `member`.
[[nodiscard]] Endpoint login_beside(const Endpoint& member);

}  // namespace tally::connect
