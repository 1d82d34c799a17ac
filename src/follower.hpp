#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access.hpp"
#include "callback_registration.hpp"
#include "config.hpp"
#include "ingest_thread.hpp"
#include "reconciler.hpp"
#include "slab.hpp"
#include "tally/connect/sse_reader.hpp"
#include "tally/connect/subscription.hpp"
#include "tally/report/stream_numbers.hpp"
#include "tally/serve/pages.hpp"

namespace boost::asio {
class io_context;
class thread_pool;
}

namespace tally {

/// One source on the io thread: its subscription, its framing, its snapshots, and what there is to show of its stream.
/// What its stream says goes to ingest in order, events as slabs, the rest as marks; what finds no room there holds the
/// stream until retry(). A source without URLs is fed by callbacks only.
class Follower final : public connect::SubscriptionListener {
  public:
    struct Outside {
        std::function<bool(IngestThread::Message&)> hand_over;  ///< false: no room, the message is untouched
        std::function<std::uint64_t()> next_connection;         ///< a number for each session
    };

    /// `stream`: what was before. Follows at once.
    Follower(boost::asio::io_context& io, boost::asio::thread_pool& workers, const SourceConfig& source,
             const Config& config, const model::World::Stream& stream, Outside outside);

    /// There is room again.
    void retry();
    /// After a reload: the secret of our callback URL may be another now. The stream goes on.
    void renew_callback(const Config& config);
    /// Closes the stream and says so to ingest; nothing comes behind it. `done` is called once, at the latest after 2 s:
    /// our callback URL is taken out of Marathon's list first, where we put it there.
    void stop(connect::Cause cause, std::function<void()> done);
    /// What was read and found no room. After stop().
    [[nodiscard]] std::vector<IngestThread::Message> take_rest();

    /// A callback of the source was taken in: one that has nothing else is ready now.
    void called(TimeMs time);

    [[nodiscard]] const SourceConfig& source() const { return source_; }
    [[nodiscard]] const report::StreamNumbers& numbers() const { return numbers_; }
    /// Whether it has a stream at all: stream_connected and its like are absent else.
    [[nodiscard]] bool has_stream() const { return !source_.urls.empty(); }
    /// Why this source is not ready, if it is not; a stream just lost is tolerated. `now` is the wall clock.
    [[nodiscard]] std::vector<serve::ReadyReason> not_ready(TimeMs now) const;
    [[nodiscard]] serve::Landing::Source landing() const;

  private:
    void on_attached(std::string_view url, TimeMs time) override;
    void on_bytes(std::string_view bytes, TimeMs time) override;
    void on_end(const connect::Ending& ending, TimeMs time) override;
    void on_attempt(connect::Cause why_the_one_before_ended, TimeMs time) override;
    void follow(boost::asio::io_context& io, const Config& config, const model::World::Stream& stream);
    void register_callback(const Config& config);
    void mark(model::Mark mark);
    void close_slab();
    void hand_over();

    boost::asio::io_context& io_;
    Outside outside_;
    SourceConfig source_;
    std::string urls_;
    connect::SseReader reader_;
    report::StreamNumbers numbers_;
    Slab slab_;                                   ///< being filled
    std::deque<IngestThread::Message> unsent_;    ///< in order
    bool holding_ = false;
    bool ever_attached_ = false;
    bool failing_ = false;  ///< the log has said so
    bool no_stream_there_ = false;  ///< /v2/events answered 404: callbacks may feed it
    bool stopped_ = false;
    TimeMs since_ = 0;      ///< of being attached or not
    TimeMs last_byte_ = 0;  ///< of the session
    TimeMs marked_ = 0;     ///< when the last mark of the session was made
    std::uint64_t bytes_ = 0;  ///< of the session
    std::uint64_t connection_ = 0;
    std::string state_ = "connecting";
    Access access_;
    std::unique_ptr<connect::RestClient> callback_client_;
    std::string registered_;  ///< the URL, with its secret
    std::unique_ptr<CallbackRegistration> registration_;
    std::unique_ptr<Reconciler> reconciler_;
    std::unique_ptr<connect::Subscription> subscription_;
};

}  // namespace tally
