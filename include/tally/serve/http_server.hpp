#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tally/serve/routes.hpp"

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
                                       << 20;  ///< of all requests at one time; more: 503
        std::size_t responses_bytes_max = std::size_t{256}
                                          << 20;         ///< more: the slowest reader goes
        std::chrono::milliseconds idle_timeout{60'000};  ///< without a first byte of a request
        std::chrono::milliseconds header_timeout{
            10'000};  ///< from the first byte to the header's end
        /// A body, and the reading of an answer, may take this long, and beyond it
        /// bytes_per_second_min.
        std::chrono::milliseconds body_grace{10'000};
        std::chrono::milliseconds write_grace{30'000};
        std::size_t bytes_per_second_min = std::size_t{16} << 10;
        /// How often we look whether the client of a request still waits (Request::client_gone).
        std::chrono::milliseconds client_look_interval{250};
        /// How long we read on (and forget) after a refusal, so that the client can read it.
        std::chrono::milliseconds linger_timeout{1'000};
    };

    struct Numbers {
        std::size_t connections = 0;             ///< open now
        std::map<int, std::uint64_t> responses;  ///< by status code
        std::uint64_t connections_evicted =
            0;  ///< idle ones that had to go, and new ones without a place
    };

    HttpServer(boost::asio::io_context& io, std::vector<Route> routes, Options options);
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

    [[nodiscard]] Numbers numbers() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::serve
