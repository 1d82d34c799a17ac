#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tally/base/bounded_queue.hpp"
#include "tally/model/facts.hpp"
#include "tally/record/history.hpp"

namespace tally {

/// The batches of one transaction, or of a part of one, at most one per source.
struct Commit {
    std::vector<std::unique_ptr<model::Batch>> batches;
    std::function<void()> done;  ///< called on the history thread once it is in the file; may be empty
    record::History::Part part = record::History::Part::whole;
    std::uint64_t number = 0;  ///< given by submit()
};

/// The history thread: takes commits in order and writes each in one transaction, so that ingest is done with
/// the disk when it has handed one over. Used batches come back empty for the next round.
///
/// Every 10 s the daemon's writer looks whether the file is still where it was, and writes it again if not. Between commits
/// it tends the history, a slice of some 20 ms at a time: whenever nothing waits to be written, and once a second if something
/// always does.
///
/// When a write fails: `give_up` says whether the writer stops for good (a replay) or tries again every
/// second until it works or stop() is called (the daemon); nothing is lost or written twice meanwhile.
class HistoryWriter {
  public:
    enum class OnError { give_up, retry };

    /// What becomes of old history. Nothing, as long as all is left out.
    struct Tending {
        std::optional<std::chrono::milliseconds> payload_hot{};  ///< older payloads are packed
        std::chrono::milliseconds retention_time{0};             ///< as in History::Retention
        std::uint64_t retention_bytes = 0;
    };

    struct Numbers {
        std::uint64_t commits = 0;
        std::uint64_t errors = 0;
        std::uint64_t restore_errors = 0;  ///< of writing a removed file again
        std::uint64_t tend_errors = 0;
        std::uint64_t payloads_packed = 0;
        std::optional<TimeMs> oldest_event{};  ///< as of the last tending
        std::uint64_t events = 0;
        std::uint64_t rejected = 0;
        std::uint64_t transitions = 0;
        std::vector<double> commit_seconds;  ///< since the last call of numbers()
        std::string last_error;  ///< empty: the last write worked
    };

    /// What is done with a commit before it is written, on a thread of its own: so that who reads and who writes need not.
    using Prepare = std::function<void(Commit&)>;

    HistoryWriter(record::History& history, OnError on_error, Tending tending, Prepare prepare = {});
    HistoryWriter(record::History& history, OnError on_error) : HistoryWriter(history, on_error, Tending{}) {}
    /// Writes all that was handed over, if it can be written, and ends the thread.
    ~HistoryWriter();
    HistoryWriter(const HistoryWriter&) = delete;
    HistoryWriter& operator=(const HistoryWriter&) = delete;

    /// Hands over; waits while `in_flight_max` commits, or `prepared_max` of those that are prepared, are on their way. False: the
    /// writer gave up.
    bool submit(Commit commit);

    /// Waits until everything handed over is written. An error if the writer gave up.
    [[nodiscard]] Result<void> drain();

    /// Ends retrying: what cannot be written at once is not written.
    void stop();

    /// An empty batch, used ones first.
    [[nodiscard]] std::unique_ptr<model::Batch> take_batch();

    [[nodiscard]] std::uint64_t submitted() const { return submitted_; }
    [[nodiscard]] std::uint64_t committed() const { return committed_; }
    [[nodiscard]] Numbers numbers();
    [[nodiscard]] std::size_t in_flight() const { return submitted_ - committed_; }

    /// Looks whether the file is where it was before the next write, or with it. From any thread.
    void look_soon() { look_soon_ = true; }

    /// As long as it lives nothing is written: for who has to use the History meanwhile. Waits for a write under way.
    [[nodiscard]] std::unique_lock<std::mutex> pause() { return std::unique_lock(history_mutex_); }

    /// Whether the last write failed.
    [[nodiscard]] bool failing() const { return failing_ || removed_; }
    /// The file was taken away and could not be written again: it ends with us.
    [[nodiscard]] bool file_is_gone() const { return removed_; }
    /// Wall clock, since when.
    [[nodiscard]] TimeMs failing_since() const { return failing_since_; }

    static constexpr std::size_t in_flight_max = 2;
    /// As many as are prepared while the rows of state are written: a replay then goes on.
    static constexpr std::size_t prepared_max = 16;

  private:
    void run();
    void run_prepare();
    void take(Commit& commit);
    bool write(const Commit& commit);
    [[nodiscard]] bool is_time_to_look() const;
    void look_after_file();
    [[nodiscard]] bool is_time_to_tend() const;
    void tend();
    [[nodiscard]] record::HistoryResult<bool> tend_once();
    void give_up();

    record::History& history_;
    std::mutex history_mutex_;  // guards history_
    OnError on_error_;
    Tending tending_;
    std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point tended_{};
    bool tends_on_ = false;  ///< there is more to do at once
    std::optional<std::chrono::steady_clock::time_point> tend_next_;  ///< nothing: no commit so far, others use the History
    Prepare prepare_;
    BoundedQueue<Commit> unprepared_{1};
    BoundedQueue<Commit> queue_;
    std::atomic<std::uint64_t> submitted_ = 0;
    std::atomic<std::uint64_t> committed_ = 0;
    std::atomic<bool> gave_up_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> failing_ = false;
    std::atomic<TimeMs> failing_since_ = 0;
    std::atomic<bool> look_soon_ = false;
    std::atomic<bool> removed_ = false;  ///< the file, and it could not be written again yet
    std::mutex mutex_;  // guards the following
    std::condition_variable changed_;
    std::uint64_t settled_ = 0;  ///< committed, and whoever waited for it was told
    std::vector<std::unique_ptr<model::Batch>> spare_;
    Numbers numbers_;
    std::thread thread_, prepare_thread_;
};

}  // namespace tally
