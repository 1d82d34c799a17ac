#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "simulate/feed.hpp"
#include "simulate/request.hpp"

namespace boost::asio {
class io_context;
}

namespace tally::simulate {

/// The HTTP callbacks of Marathon up to 1.4: every event is posted to every subscriber at once,
/// concurrently and never again; after n failures in a row a subscriber is left out for 2^n
/// seconds. The io_context must outlive it; everything happens on its thread.
class Callbacks {
  public:
    explicit Callbacks(boost::asio::io_context& io) : io_(io) {}

    /// Idempotent. False: not an http URL, or too many.
    bool subscribe(const std::string& url);
    void unsubscribe(const std::string& url);
    [[nodiscard]] std::string list() const;

    void post(const std::shared_ptr<const Broadcast>& event);

    struct Subscriber {
        std::string url;
        HttpUrl target;
        unsigned failures = 0;
        std::size_t in_flight = 0;
        std::chrono::steady_clock::time_point skipped_until;
    };

  private:
    boost::asio::io_context& io_;
    std::vector<std::shared_ptr<Subscriber>> subscribers_;
};

}  // namespace tally::simulate
