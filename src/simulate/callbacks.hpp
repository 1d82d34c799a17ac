#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "simulate/feed.hpp"
#include "simulate/random.hpp"
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
    Callbacks(boost::asio::io_context& io, std::uint64_t seed) : io_(io), random_(seed) {}

    /// Idempotent. False: not an http URL, or too many.
    bool subscribe(const std::string& url);
    void unsubscribe(const std::string& url);
    [[nodiscard]] std::string list() const;

    void post(const std::shared_ptr<const Broadcast>& event);

    /// This share of the posts waits a random time up to the delay first, so that others overtake
    /// them.
    void set_late(double share, std::chrono::milliseconds delay_max);

    /// `[{"url":...,"posted":N,"accepted":N,"failed":N,"skipped":N,"in_flight":N}]` of those
    /// subscribed now.
    [[nodiscard]] std::string counts() const;

    struct Subscriber {
        std::string url;
        HttpUrl target;
        unsigned failures = 0;
        std::size_t in_flight = 0;
        std::uint64_t posted = 0;
        std::uint64_t accepted = 0;
        std::uint64_t failed = 0;
        std::uint64_t skipped = 0;  ///< backing off, or too many in flight
        std::chrono::steady_clock::time_point skipped_until;
    };

  private:
    std::chrono::milliseconds draw_delay();

    boost::asio::io_context& io_;
    Random random_;
    double late_ = 0;
    std::chrono::milliseconds delay_max_{0};
    std::vector<std::shared_ptr<Subscriber>> subscribers_;
};

}  // namespace tally::simulate
