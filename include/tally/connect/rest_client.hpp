#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tally/connect/cause.hpp"
#include "tally/connect/subscription.hpp"

namespace tally::connect {

/// Asks a Marathon's REST API: one request, one whole body. Each request has a connection of its own; redirects (3 at
/// most, followed for GET only) and credentials as the Subscription has them, read anew at each request. Nothing is
/// tried twice. Memory: 200 KiB for each request under way, and up to twice what has come of its body, whatever its
/// length is said to be.
///
/// Thread: the io_context's. `io` must outlive it; destroying it ends what is under way without a call.
class RestClient {
  public:
    struct Options {
        Subscription::Tls tls;
        std::function<Subscription::Credentials()> credentials;
        std::vector<Endpoint> members;  ///< to whom credentials may be sent; their userinfo goes before `credentials`
        std::chrono::milliseconds connect{5000};
        std::chrono::milliseconds within{60000};              ///< the whole request
        std::size_t body_bytes_max = std::size_t{512} << 20;
    };

    struct Request {
        std::string method = "GET";
        Endpoint server;     ///< scheme, host, port, path prefix, userinfo (else that of the member it is)
        std::string target;  ///< behind the server's path: `/v2/info`, with its query, percent-encoded
        std::string body = {};  ///< JSON; empty: none
    };

    /// Either an answer of any status, or why there was none.
    struct Reply {
        unsigned status = 0;  ///< 0: none came
        std::string body;     ///< complete; 64 readable bytes behind it, also once moved, not once copied
        Cause failure = Cause::closed;  ///< where status is 0; `too_large` for the body too
        std::string detail;   ///< one line for people, no secrets
    };

    RestClient(boost::asio::io_context& io, Options options);
    ~RestClient();
    RestClient(const RestClient&) = delete;
    RestClient& operator=(const RestClient&) = delete;

    /// Calls `done` once, later, on the io thread. Several requests may be under way.
    void ask(Request request, std::function<void(Reply)> done);

  private:
    class Shell;
    std::shared_ptr<Shell> shell_;
};

}  // namespace tally::connect
