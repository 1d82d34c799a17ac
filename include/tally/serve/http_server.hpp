#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tally/base/time.hpp"
#include "tally/serve/routes.hpp"
#include "tally/serve/web_config.hpp"

namespace boost::asio {
class io_context;
}

namespace tally::serve {

/// An HTTP/1.1 server: keep-alive, pipelining, chunked bodies, HEAD, gzip, errors as JSON. One
/// coroutine per connection; a slow client holds up nobody, as every wait has an end and every
/// buffer a bound.
///
/// Bodies of answers over 1 KiB are gzipped (level 1) where the client takes it: by the thread that
/// answers, those over 64 KiB on a thread of the server's own, since 10 MB take about 0.1 s and the
/// io thread also reads streams.
///
/// With a WebConfig it speaks TLS (1.0 to 1.3, HTTP/1.1 in it; HTTP/2 is not spoken) and asks for
/// user and password (basic auth) before anything else, /-/healthy included. bcrypt runs on a
/// thread of its own; good credentials are remembered. Handshakes run on the io thread (0.1 to 1 ms
/// each).
///
/// Thread: the one that runs `io`, which must be one; Responders and numbers() may be used from
/// any. `io` must outlive the server, and must not run while the server is destroyed.
class HttpServer {
  public:
    struct Options {
        std::size_t header_bytes_max = std::size_t{64} << 10;  ///< more: 431
        std::size_t header_lines_max = 100;                    ///< more: 431
        std::size_t target_bytes_max = std::size_t{32} << 10;  ///< more: 414
        std::size_t connections_max = 1024;  ///< one more: the oldest idle one goes
        std::size_t requests_max = 100'000;  ///< per connection, which is then closed
        std::size_t bodies_bytes_max = std::size_t{256}
                                       << 20;  ///< come, of all requests at a time; more: 503
        std::size_t responses_bytes_max = std::size_t{256}
                                          << 20;         ///< more: the slowest reader goes
        std::chrono::milliseconds idle_timeout{60'000};  ///< without a first byte of a request
        std::chrono::milliseconds header_timeout{
            10'000};  ///< from the first byte to the header's end
        /// A body, and the reading of an answer, may take this long, and beyond it
        /// bytes_per_second_min. A body that does not go on for body_grace ends at once.
        std::chrono::milliseconds body_grace{10'000};
        std::chrono::milliseconds write_grace{30'000};
        std::size_t bytes_per_second_min = std::size_t{16} << 10;
        /// How often we look whether the client of a request still waits (Request::client_gone).
        std::chrono::milliseconds client_look_interval{250};
        /// How long we read on (and forget) after a refusal, so that the client can read it.
        std::chrono::milliseconds linger_timeout{1'000};
        std::size_t password_checks_max = 64;  ///< waiting for bcrypt; more: 503
        std::function<TimeMs()> wall_clock{};  ///< for the Date line; empty: the system's
    };

    struct Numbers {
        std::size_t connections = 0;             ///< open now
        std::map<int, std::uint64_t> responses;  ///< by status code
        std::uint64_t connections_evicted =
            0;  ///< idle ones that had to go, and new ones without a place
        std::uint64_t handshakes_failed = 0;    ///< of TLS, requests in plain HTTP included
        std::uint64_t web_config_failures = 0;  ///< changed files that could not be used
        std::string web_config_failure;  ///< what is wrong with the files now; empty when in force
    };

    /// CannotStart where `web` names files that cannot be used; without it all is plain and open.
    HttpServer(
        boost::asio::io_context& io,
        std::vector<Route> routes,
        Options options,
        std::optional<WebConfig> web = std::nullopt
    );
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Listens on `HOST:PORT` (`:9977`: all addresses; `[::1]:9977`; port 0: any free one). Throws
    /// CannotStart with one readable line. Before `io` runs.
    void listen(const std::string& host_port);
    /// `ADDRESS:PORT` of all that is listened on, in the order of listen().
    [[nodiscard]] std::vector<std::string> addresses() const;

    /// No new connections; idle ones are closed, busy ones after their answer. On the io thread.
    void close();

    /// Puts another web config in force: TLS for connections made from now on, users and headers
    /// for every request from now on. After an error all is as before. Changes of the files are
    /// noticed without it, but for those that take TLS or all users away. On the io thread.
    [[nodiscard]] Result<void> reload(WebConfig web);
    /// Whether new connections are to speak TLS. On the io thread.
    [[nodiscard]] bool wants_tls() const;

    [[nodiscard]] Numbers numbers() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::serve
