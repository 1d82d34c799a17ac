#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "history_writer.hpp"
#include "intake.hpp"
#include "slab.hpp"
#include "syncer.hpp"
#include "tally/base/bounded_queue.hpp"
#include "tally/decode/decode_snapshot.hpp"

namespace tally {

/// The ingest thread of the daemon: restores, then takes what comes in the order in which it came, answers scrapes
/// between two inputs, and commits every 100 ms, or when the history thread has time again.
///
/// A scrape sees what is in the journal: nothing that kill -9 could take.
class IngestThread {
  public:
    struct Numbers {
        std::vector<model::Snapshot> sources;
        std::map<std::pair<std::string, std::string>, std::uint64_t> losing;  ///< shed, not yet in `sources`
        std::uint64_t journal_bytes = 0;
        std::uint64_t journal_errors = 0;
        std::uint64_t sync_errors = 0;
    };

    using Streams = std::map<std::string, model::World::Stream>;

    /// Called on this thread: when state is back, when there is room again after hand_over() had none, when the history
    /// cannot be read any more and the thread has ended.
    struct Outside {
        std::function<void(Streams)> restored;
        std::function<void()> room;
        std::function<void(std::string)> failed;
    };

    struct Options {
        Ingest::Options ingest;
        Intake::Options intake;
        std::string journal;  ///< its path
        record::Journal::Options journal_size;
        std::vector<std::string> sources;
    };

    /// A mark of a source.
    struct Marked {
        std::string source;
        model::Mark mark;
    };

    /// The body of a callback, and who waits for the answer; called on this thread.
    struct Called {
        Slab slab;
        std::function<void(CallbackAnswer)> answer;
    };

    /// A snapshot that was read, or why not; `done` is called on this thread.
    struct Looked {
        std::string source;
        Intake::Look look;
        std::unique_ptr<decode::SnapshotDecoder> owner;  ///< of what the snapshot's views point to; none: it failed
        decode::Snapshot snapshot;
        std::string failure;
        bool failed_for_good = false;  ///< refused: it will not be had in the next seconds either
        std::function<void(Intake::Seen)> done;
    };

    /// A source comes (`shown`) or goes with a new configuration.
    struct Followed {
        std::string source;
        bool shown = true;
        std::function<void(model::World::Stream)> done;  ///< called on this thread; may be empty
    };

    struct Asked {
        model::KnownSeries known;  ///< of these the values are enough
        std::function<void(Numbers)> answer;
    };

    struct Committed {};

    using Message = std::variant<Slab, Marked, Called, Looked, Followed, Asked, Committed>;

    IngestThread(record::History& history, record::Identity& identity, HistoryWriter& writer, Options options,
                 Outside outside);
    /// Only after finish() and HistoryWriter::drain(), when nobody holds a batch or a snapshot any more.
    ~IngestThread();
    IngestThread(const IngestThread&) = delete;
    IngestThread& operator=(const IngestThread&) = delete;

    /// False: no room, and the message is untouched; Outside::room follows. From any thread.
    bool hand_over(Message& message);

    /// Calls `answer` with the numbers, on this thread; of the series that are `known` without labels. False: no room.
    bool scrape(model::KnownSeries known, std::function<void(Numbers)> answer);

    /// Takes what is left, `rest` last, hands it over and ends the thread. The Worlds live on: batches and snapshots
    /// on their way hold views into them.
    void finish(std::vector<Message> rest = {});

    /// Events are being lost: neither history nor journal has room. Any thread.
    [[nodiscard]] bool is_losing() const { return losing_; }
    /// Wall clock, since when.
    [[nodiscard]] TimeMs losing_since() const { return losing_since_; }
    /// After finish(): all that was taken in is in the journal or the history.
    [[nodiscard]] bool kept_all() const { return kept_all_; }
    [[nodiscard]] std::size_t depth() const { return queue_.size(); }
    [[nodiscard]] static std::size_t capacity() { return queue_max; }

  private:
    static constexpr std::size_t queue_max = 1024;  ///< reads of at most 64 KiB, mostly much less

    void run();
    void restore();
    void take_all();
    std::optional<Message> next();
    void work(bool due);
    [[nodiscard]] std::optional<Intake::Clock::time_point> sync_due() const;
    void sync();
    void let_come();

    void take(Slab& slab);
    void take(Marked& marked);
    void take(Called& called);
    void take(Looked& looked);
    void take(Followed& followed);
    void take(Asked& asked);
    void take(Committed&) {}

    record::History& history_;
    record::Identity& identity_;
    HistoryWriter& writer_;
    Options options_;
    Outside outside_;
    BoundedQueue<Message> queue_{queue_max};  // before those that put something into it
    std::unique_ptr<record::Journal> journal_;
    std::unique_ptr<Ingest> ingest_;
    std::unique_ptr<Intake> intake_;
    std::unique_ptr<Syncer> syncer_;
    record::Journal::Position synced_ = 0;  ///< end of the journal when all of it was last asked to be kept
    std::optional<Intake::Clock::time_point> unsynced_since_;  ///< when it was seen to have more than that
    Intake::Clock::time_point now_{};
    std::optional<Intake::Clock::time_point> commit_due_;
    std::deque<Followed> coming_;
    std::optional<Intake::Clock::time_point> come_due_;  ///< when they are tried again
    std::atomic<record::Journal::Position> safe_ = 0;  ///< up to there the disk has the history
    std::atomic<bool> refused_ = false;  ///< who waits for room has not been told
    std::atomic<bool> losing_ = false;
    std::atomic<TimeMs> losing_since_ = 0;
    std::atomic<bool> kept_all_ = false;
    std::thread thread_;
};

}  // namespace tally
