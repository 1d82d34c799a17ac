#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access.hpp"
#include "config.hpp"
#include "tally/connect/sse_reader.hpp"
#include "tally/connect/subscription.hpp"
#include "tally/report/stream_numbers.hpp"
#include "tally/serve/pages.hpp"

namespace tally {

/// Bodies of one source that arrived together, each followed by padding, on their way to ingest.
struct Slab {
    struct Body {
        std::size_t at = 0;
        std::size_t size = 0;
        std::uint64_t bytes = 0;
        bool too_large = false;
    };

    std::string source;
    std::uint64_t connection = 0;
    TimeMs wall = 0;
    std::string bytes;
    std::vector<Body> bodies;
};

/// One source on the io thread: its subscription, its framing, and what there is to show of its stream.
/// Owns the subscription. Slabs it cannot hand over hold the stream until retry().
class Follower final : public connect::SubscriptionListener {
  public:
    struct Outside {
        std::function<bool(Slab&)> hand_over;             ///< false: no room, the slab is untouched
        std::function<std::uint64_t()> next_connection;  ///< a number for each session
    };

    Follower(boost::asio::io_context& io, const SourceConfig& source, const Config& config, Outside outside);

    /// There is room again.
    void retry();
    void stop();
    /// After the io thread has ended: what was read and found no room.
    [[nodiscard]] Slab take_rest() { return std::move(slab_); }

    /// For whoever asks this source's REST API.
    [[nodiscard]] Access& access() { return access_; }
    [[nodiscard]] const report::StreamNumbers& numbers() const { return numbers_; }
    /// Why this source is not ready, if it is not; a stream just lost is tolerated. `now` is the wall clock.
    [[nodiscard]] std::vector<serve::ReadyReason> not_ready(TimeMs now) const;
    [[nodiscard]] serve::Landing::Source landing() const;

  private:
    void on_attached(std::string_view url, TimeMs time) override;
    void on_bytes(std::string_view bytes, TimeMs time) override;
    void on_end(const connect::Ending& ending, TimeMs time) override;
    void on_attempt(connect::Cause why_the_one_before_ended, TimeMs time) override;
    void hand_over();

    Outside outside_;
    std::string urls_;
    connect::SseReader reader_;
    report::StreamNumbers numbers_;
    Slab slab_;
    bool holding_ = false;
    bool ever_attached_ = false;
    bool failing_ = false;  ///< the log has said so
    TimeMs since_ = 0;  ///< of being attached or not
    std::string state_ = "connecting";
    bool stopped_ = false;
    Access access_;
    std::unique_ptr<connect::Subscription> subscription_;  ///< once we know who we are
};

}  // namespace tally
