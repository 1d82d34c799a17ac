#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tally/base/time.hpp"
#include "tally/connect/backoff.hpp"
#include "tally/connect/cause.hpp"
#include "tally/connect/endpoint.hpp"

namespace boost::asio {
class io_context;
}

namespace tally::connect {

/// The end of a session, or of an attempt that did not become one.
struct Ending {
    Cause cause = Cause::closed;  ///< `closed` may still turn out as leader_changed: see on_attempt
    std::string detail;           ///< one line for people, no secrets
    bool attached = false;        ///< a session ended; else an attempt failed
    unsigned status = 0;          ///< the HTTP status, 0: none came
    std::string url;              ///< who it was, as shown()

    friend bool operator==(const Ending&, const Ending&) = default;
};

/// What a Subscription has to say; all on the io thread, `time` is the wall clock.
class SubscriptionListener {
  public:
    /// A 200 of type text/event-stream, and now the first byte of its body, which follows at once:
    /// begin a new SseReader stream. `url` is who answered, after redirects.
    virtual void on_attached(std::string_view url, TimeMs time) = 0;
    /// Body bytes as they came; body_padding bytes behind them are readable; valid inside the call
    /// only.
    virtual void on_bytes(std::string_view bytes, TimeMs time) = 0;
    /// A session ended or an attempt failed. A reconnect follows, except after stop().
    virtual void on_end(const Ending& ending, TimeMs time) = 0;
    /// One attempt more, and the settled cause why the one before it ended: told once this attempt
    /// has answered or failed (then before its own on_end). A `closed` told by on_end may be
    /// leader_changed here.
    virtual void on_attempt(Cause why_the_one_before_ended, TimeMs time) = 0;

  protected:
    ~SubscriptionListener() = default;
};

/// One source's event stream, for ever: connects, follows redirects to the leader, reads, notices
/// silence, waits, goes to the next member. The thin shell around SubscriptionFsm, which decides
/// everything. It does not look into the bytes.
///
/// Thread: everything on the io_context's one thread, or before it runs. Owns its sockets; the
/// io_context and the listener must outlive it. Memory: two buffers of 64 KiB.
class Subscription {
  public:
    struct Timeouts {
        std::chrono::milliseconds connect{5000};  ///< look-up, TCP and TLS together
        std::chrono::milliseconds header{10000};
        std::chrono::milliseconds silence{25000};  ///< also for the first byte
        friend bool operator==(const Timeouts&, const Timeouts&) = default;
    };

    struct Tls {
        std::string ca_file;    ///< empty: the system's store, SSL_CERT_FILE and SSL_CERT_DIR
        std::string cert_file;  ///< our own certificate, PEM; empty: none
        std::string key_file;   ///< its key
        std::string
            server_name;  ///< what the certificate must name and SNI says; empty: the URL's host
        bool insecure_skip_verify = false;
        friend bool operator==(const Tls&, const Tls&) = default;
    };

    struct Credentials {
        std::string authorization;  ///< the Authorization header's value; empty: none is sent
        std::string fault;          ///< not empty: they could not be read, the attempt ends as `unauthorized`
    };
    struct Options {
        std::vector<Endpoint> members;  ///< the source's URLs, at least one
        Timeouts timeouts;
        Backoff::Limits backoff;
        Tls tls;
        /// Asked at every attempt; none: no credentials but a member's own userinfo, which goes before them.
        /// Sent to members, and to a server to which a member redirects; never from https to http.
        std::function<Credentials()> credentials;
        /// crash or shutdown, when a session was before this process: counts the first attempt.
        std::optional<Cause> before;
    };

    /// Starts at once; the first callback comes from the io_context's run().
    Subscription(boost::asio::io_context& io, Options options, SubscriptionListener& listener);
    /// Stops without a further callback.
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// Closes promptly and does not come back: on_end(cause) if a session was open, then nothing
    /// more. May be called from a callback.
    void stop(Cause cause = Cause::shutdown);

    /// Back-pressure: no byte is read from the socket until release(); at most one more on_bytes. A
    /// stream that is cut while or shortly after we held it for 1 s ended because we were `slow`.
    void hold();
    void release();

  private:
    class Shell;
    std::shared_ptr<Shell> shell_;  // shared with its coroutine, which may end after us
};

}  // namespace tally::connect
