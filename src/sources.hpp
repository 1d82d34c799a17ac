#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config.hpp"
#include "follower.hpp"
#include "ingest_thread.hpp"

namespace boost::asio {
class io_context;
class thread_pool;
}

namespace tally {

/// The sources that are followed, by name; comes and goes with the configuration. Each stands alone: what happens to
/// one is nothing to another.
///
/// Thread: io.
class Sources {
  public:
    struct Outside {
        std::function<bool(IngestThread::Message&)> hand_over;
        std::function<std::uint64_t()> next_connection;
    };

    Sources(boost::asio::io_context& io, boost::asio::thread_pool& workers, Outside outside);

    /// The first time, once the history is restored: ingest knows these sources already.
    void begin(const Config& config, const IngestThread::Streams& streams);
    /// Another configuration: what is gone ends, what is new begins, what is changed does both, with cause `reload`.
    void change(const Config& config);
    /// There is room at ingest.
    void retry();
    /// Nothing is followed any more. Registrations of callbacks go first: is_stopped() after 2 s at the latest.
    void stop(connect::Cause cause);
    [[nodiscard]] bool is_stopped() const { return stopped_ && leaving_ == 0 && left_.empty(); }
    /// After stop(): what ingest has not got yet, in order.
    [[nodiscard]] std::vector<IngestThread::Message> take_rest();

    [[nodiscard]] Follower* find(const std::string& name);
    [[nodiscard]] std::vector<report::StreamNumbers> numbers() const;
    [[nodiscard]] std::vector<serve::ReadyReason> not_ready(TimeMs now) const;
    [[nodiscard]] std::vector<serve::Landing::Source> landing() const;

  private:
    void follow(const SourceConfig& source, const model::World::Stream& stream);
    void leave(const std::string& name);
    void hide(const std::string& name);
    void begin_later(const SourceConfig& source);
    void give();

    boost::asio::io_context& io_;
    boost::asio::thread_pool& workers_;
    Outside outside_;
    Config config_;
    std::map<std::string, std::unique_ptr<Follower>> followers_;
    std::deque<IngestThread::Message> unsent_;  ///< of those that have ended
    std::map<std::uint64_t, std::unique_ptr<Follower>> left_;  ///< their callbacks are being taken out of Marathon's list
    std::uint64_t next_left_ = 0;
    std::size_t leaving_ = 0;                   ///< with the program
    std::uint64_t generation_ = 0;              ///< of the configuration
    bool stopped_ = false;
};

}  // namespace tally
