#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "serve/connection.hpp"

namespace tally::serve {

/// Bodies up to this size are sent as they are, where gzip has little to win.
inline constexpr std::size_t plain_bytes_max = 1024;
/// Bodies up to this size are packed by the thread that answers (less than a millisecond), larger
/// ones by the packer.
inline constexpr std::size_t packed_at_once_max = std::size_t{64} << 10;

/// The way of an answer from the thread that made it to the io thread, by way of the packer thread
/// if it is large. Shared by all Responders, since they may outlive the server; after close() it
/// forgets what it is given. Thread: any.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
  public:
    enum class Packing : std::uint8_t { plain, gzip };

    explicit Mailbox(boost::asio::io_context& io) : io_(io) {}

    /// Brings the answer to request `number` of a connection, if that still waits for it.
    void deliver(
        std::weak_ptr<Connection> to, std::uint64_t number, Response response, Packing packing
    );
    /// Brings what bcrypt says of the password of request `number`.
    void deliver_verdict(std::weak_ptr<Connection> to, std::uint64_t number, bool password_good);
    /// Nothing reaches the io_context any more when this returns.
    void close();

  private:
    /// `put` is called on the io thread, if the connection is still at that request.
    template <class Put>
    void post_home(std::weak_ptr<Connection> to, std::uint64_t number, Put put);
    void post_answer(std::weak_ptr<Connection> to, std::uint64_t number, Answer answer);

    std::mutex mutex_;
    bool open_ = true;
    boost::asio::io_context& io_;
    boost::asio::thread_pool packer_{1};
};

}  // namespace tally::serve
