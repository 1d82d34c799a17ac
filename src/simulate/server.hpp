#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulate/credentials.hpp"
#include "simulate/shape.hpp"
#include "simulate/tls_files.hpp"
#include "tally/base/result.hpp"

namespace tally::simulate {

/// How to serve. Times are those of a real Marathon by default.
struct ServeOptions {
    Shape shape{.rate = 20, .apps = 40, .tasks = 300, .agents = 20};
    std::string listen = "127.0.0.1:0";
    std::optional<std::uint64_t> events;  ///< the life ends after so many; streams stay open
    bool wait_for_subscriber = false;     ///< nothing happens before the first stream is attached
    std::string standby_of;  ///< http://HOST:PORT of the leader: /v2/events answers 302 to there
    std::vector<std::string> members;  ///< HOST:PORT of further members of the same cluster
    bool standbys_proxy = false;       ///< they pass the stream on themselves instead of a 302
    TlsFiles tls;                      ///< HTTPS on all of them
    CredentialOptions credentials;
    std::vector<std::string> faults;  ///< orders in force from the start, see trouble.hpp
    std::string scenario;             ///< the text of one, see scenario.hpp
    bool tells = false;               ///< faults go to stderr as they come, one line each
    std::string totals;               ///< file, written at the end
    std::optional<std::size_t> outstanding_max;  ///< per connection; the dialect's own by default
    std::size_t send_buffer_bytes = 0;           ///< of the sockets; 0: the system's
    std::chrono::milliseconds heartbeat{10'000};
    std::chrono::milliseconds idle_timeout{30'000};  ///< a blocked write ends the stream
};

/// A Marathon behind a socket: the event stream as Jetty sends it, callbacks, REST snapshots of
/// what was sent so far, and /sim/... to steer it from a test. With members it is several
/// addresses, of which one leads. One thread: everything happens within run(). Memory: the live
/// cluster, at most ten pictures of it while large snapshots are read, and, per connection, at most
/// outstanding_max events.
class Server {
  public:
    /// Listens at once; throws CannotStart when it cannot.
    explicit Server(ServeOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// "http://127.0.0.1:41234"; the first is options.listen, members follow.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::vector<std::string> urls() const;

    /// Serves until stop() or, if asked to watch for them, SIGTERM or SIGINT.
    enum class Signals { ignore, end };
    void run(Signals signals);

    /// Any thread; run() returns soon.
    void stop();

    /// After run(): writes the totals file, if one was asked for. An Error when it cannot be
    /// written.
    [[nodiscard]] Result<void> write_totals() const;

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace tally::simulate
