#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tally::connect {

/// One getaddrinfo on a thread of its own, which nobody ever waits for.
///
/// Not asio's resolver: that has one thread for all sources, and cannot be left before a dead name
/// server has timed out, neither by the next attempt nor at the end of the program.
///
/// Thread: the executor's, which must outlive this object (the look-up's own thread need not end
/// before).
class NameLookup {
  public:
    /// How many look-ups of one subscription may hang at a time; the next one fails at once.
    static constexpr int hanging_max = 4;
    using Hanging = std::shared_ptr<std::atomic<int>>;

    /// Cancels `waiter`'s wait once the answer is there.
    NameLookup(
        boost::asio::steady_timer& waiter,
        const std::string& host,
        std::uint16_t port,
        const Hanging& hanging
    );
    ~NameLookup();
    NameLookup(const NameLookup&) = delete;
    NameLookup& operator=(const NameLookup&) = delete;

    [[nodiscard]] bool done() const;
    /// Once done: the addresses in the resolver's order, eight at most; none: see error().
    [[nodiscard]] const std::vector<boost::asio::ip::tcp::endpoint>& addresses() const;
    [[nodiscard]] const std::string& error() const;

  private:
    struct Question;
    static void answer(const std::shared_ptr<Question>& question, const Hanging& hanging);

    std::shared_ptr<Question> question_;  // shared with the look-up's thread
};

}  // namespace tally::connect
