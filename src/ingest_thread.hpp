#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "follower.hpp"
#include "history_writer.hpp"
#include "ingest.hpp"
#include "tally/base/bounded_queue.hpp"

namespace tally {

/// The ingest thread of the daemon: restores, then folds slabs in the order in which they came and commits
/// every 100 ms, or when the history thread has time again.
///
/// A scrape sees the numbers of the last input that is in the history: nothing that kill -9 could take.
class IngestThread {
  public:
    using Snapshots = std::vector<model::Snapshot>;

    /// Called on this thread: when state is back, when a slab was taken, when the history cannot be read any more
    /// and the thread has ended.
    struct Outside {
        std::function<void()> restored;
        std::function<void()> room;
        std::function<void(std::string)> failed;
    };

    IngestThread(record::History& history, record::Identity& identity, HistoryWriter& writer,
                 Ingest::Options options, std::vector<std::string> sources, Outside outside);
    /// Only after finish() and HistoryWriter::drain(), when nobody holds a batch or a snapshot any more.
    ~IngestThread();
    IngestThread(const IngestThread&) = delete;
    IngestThread& operator=(const IngestThread&) = delete;

    /// False: no room. From the io thread.
    bool hand_over(Slab& slab);

    /// Calls `answer` with the numbers once they are committed, on the history thread or this one; with the
    /// last committed ones at once when the history cannot keep up. False: no room.
    bool scrape(std::function<void(const Snapshots&)> answer);

    /// Folds and hands over what is left, `rest` last, and ends the thread. The Worlds live on: batches and snapshots
    /// on their way hold views into them.
    void finish(std::vector<Slab> rest = {});

    [[nodiscard]] std::size_t depth() const { return queue_.size(); }
    [[nodiscard]] static std::size_t capacity() { return queue_max; }

  private:
    using Scrape = std::function<void(const Snapshots&)>;
    using Message = std::variant<Slab, Scrape>;

    static constexpr std::size_t queue_max = 64;

    void run();
    void fold_all();
    void take(const Slab& slab);
    void answer(Scrape scrape);
    void commit_when_due();

    record::History& history_;
    record::Identity& identity_;
    HistoryWriter& writer_;
    Ingest::Options options_;
    std::vector<std::string> names_;
    Outside outside_;
    std::map<std::string, model::SourceId, std::less<>> sources_;
    std::unique_ptr<Ingest> ingest_;
    BoundedQueue<Message> queue_{queue_max};
    std::chrono::steady_clock::time_point commit_due_{};
    std::chrono::steady_clock::time_point kept_{};  ///< when committed_ was last taken without a scrape
    bool work_ = false;
    std::mutex mutex_;  // guards committed_
    Snapshots committed_;
    std::thread thread_;
};

}  // namespace tally
