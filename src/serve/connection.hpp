#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "serve/byte_stream.hpp"
#include "tally/serve/http.hpp"

namespace tally::serve {

/// A Response as it goes out: its body perhaps gzipped already.
struct Answer {
    Response response;
    bool packed = false;
};

/// One client. Lives as long as its coroutine. Thread: io.
struct Connection {
    enum class Phase : std::uint8_t { idle, reading, busy, writing };

    Connection(boost::beast::tcp_stream socket, std::size_t buffer_bytes_max);

    ~Connection() { *gone = true; }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Notes the phase and when it began.
    void enter(Phase next);
    /// Ends whatever the coroutine waits for; it then ends by itself.
    void abandon();
    /// Notes in `gone` whether the client has closed its side, or the connection is lost.
    void look_for_client();

    ByteStream stream;
    boost::beast::flat_buffer buffer;
    std::string peer;
    Phase phase = Phase::idle;
    std::chrono::steady_clock::time_point since;
    std::uint64_t request_number = 0;    ///< of the request being read or answered, from 1
    boost::asio::steady_timer answered;  ///< cancelled when `answer` or `password_good` has come
    std::optional<Answer> answer;
    std::optional<bool> password_good;        ///< what bcrypt has said
    std::shared_ptr<std::atomic<bool>> gone;  ///< shared with the Request, which may outlive us
    std::size_t response_bytes = 0;           ///< being written, as counted by Connections
};

/// All open connections, and who has to go when there are too many or too much is on its way out.
/// Thread: io.
class Connections {
  public:
    explicit Connections(std::size_t connections_max) : connections_max_(connections_max) {}

    [[nodiscard]] std::size_t size() const { return all_.size(); }

    /// Takes it in, if need be in the place of the oldest idle one, or else of the one that has
    /// taken longest to send its request. False: all are busy, there is no place.
    [[nodiscard]] bool add(Connection& connection);
    void remove(Connection& connection);
    /// Makes the one in that phase since longest go; false when there is none.
    bool evict_oldest(Connection::Phase phase);
    void evict_all(Connection::Phase phase);

    [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

    /// `bytes` begin to be written to `connection`. The slowest readers go while more than
    /// `bytes_max` are on their way in all.
    void begin_response(Connection& connection, std::size_t bytes, std::size_t bytes_max);
    void end_response(Connection& connection);

  private:
    Connection* oldest(Connection::Phase phase, const Connection* except) const;
    void evict(Connection& connection);

    std::size_t connections_max_;
    std::set<Connection*> all_;
    std::uint64_t evicted_ = 0;
    std::size_t response_bytes_ = 0;
};

}  // namespace tally::serve
