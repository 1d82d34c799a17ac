#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config.hpp"
#include "tally/connect/rest_client.hpp"

namespace boost::asio {
class io_context;
}

namespace tally {

/// Keeps one source's callback URL in its Marathon's /v2/eventSubscriptions, where the config has `callback.register`:
/// looks, posts, tries again, and takes it away at the end. The thin shell around CallbackRegistrationFsm. What it does
/// is in the log; the URL's secret is not.
///
/// Thread: the io_context's, which must outlive it. Destroying it ends everything without a call.
class CallbackRegistration {
  public:
    struct Options {
        std::string source;
        std::string url;                        ///< registered_url()
        std::vector<connect::Endpoint> members;  ///< at least one
        /// RestClient::ask of a client that outlives this; a request should end within 10 s.
        std::function<void(connect::RestClient::Request, std::function<void(connect::RestClient::Reply)>)> ask;
    };

    /// Looks at once.
    CallbackRegistration(boost::asio::io_context& io, Options options);
    ~CallbackRegistration();
    CallbackRegistration(const CallbackRegistration&) = delete;
    CallbackRegistration& operator=(const CallbackRegistration&) = delete;

    /// After every attach, when it has been reconciled or has failed to be: looks again.
    void look_again();

    /// For a clean end: takes the URL out of the list if it may be there, and calls `done` once, perhaps at once, at
    /// the latest after 2 s.
    void stop(std::function<void()> done);

  private:
    class Shell;
    std::shared_ptr<Shell> shell_;  // shared with the requests under way
};

/// The URL that Marathon is to post to: `register_url`, and `secret` as its query's `secret`, unless it is empty or
/// the URL has such a key or userinfo already.
[[nodiscard]] std::string registered_url(const std::string& register_url, std::string_view secret);

/// `/v2/eventSubscriptions`, with the URL percent-encoded behind `?callbackUrl=` unless it is empty.
[[nodiscard]] std::string subscriptions_target(std::string_view url);

}  // namespace tally
