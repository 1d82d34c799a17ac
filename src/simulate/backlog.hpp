#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "simulate/delivered.hpp"
#include "simulate/dialect.hpp"
#include "simulate/feed.hpp"

namespace tally::simulate {

/// The events that one consumer still has to get. Bounded: over the limit the dialect decides, 1.8
/// gives the consumer up and forgets the backlog, the others drop what is new. As in Marathon the
/// limit counts events of all types: the filter works when they are sent.
class Backlog {
  public:
    struct Wishes {
        std::vector<std::string> types;  ///< empty: all
        bool light = false;
    };

    Backlog(Dialect dialect, std::size_t events_max, Wishes wishes);

    void offer(std::shared_ptr<const Broadcast> event);

    /// Frames for at most about `bytes_max`, at least one when there is any that the consumer
    /// wants. `delivered`, if there is one, hears of each event taken.
    [[nodiscard]] std::string take(std::size_t bytes_max, Delivered* delivered = nullptr);

    /// Nobody will get what is waiting.
    void forget() { events_.clear(); }

    [[nodiscard]] bool empty() const { return events_.empty(); }

    /// Too slow: to be disconnected without what was waiting.
    [[nodiscard]] bool given_up() const { return given_up_; }

    /// Takes no more: what is there may still be sent.
    void close() { closed_ = true; }

    [[nodiscard]] bool closed() const { return closed_; }

    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  private:
    [[nodiscard]] bool wanted(const Broadcast& event) const;
    void frame(const Broadcast& event, std::string& out) const;

    const bool disconnects_;
    const std::size_t events_max_;
    const Wishes wishes_;
    std::deque<std::shared_ptr<const Broadcast>> events_;
    std::uint64_t dropped_ = 0;
    bool given_up_ = false;
    bool closed_ = false;
};

}  // namespace tally::simulate
