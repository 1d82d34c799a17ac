#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "tally/record/history.hpp"
#include "tally/record/journal.hpp"

namespace tally {

/// Asks the disk, at most once a second, to keep what journal and history have: loss of power then costs a second more
/// than kill -9 (live.md section 2). On a thread of its own: a slow disk holds up nobody.
class Syncer {
  public:
    /// Both are called on the syncer's thread.
    struct Outside {
        std::function<void(record::Journal::Position)> synced;  ///< the history is safe up to there, as was asked for
        std::function<void()> removed;                          ///< the database file is not where it was
    };

    Syncer(record::History& history, record::Journal& journal, Outside outside);
    ~Syncer();
    Syncer(const Syncer&) = delete;
    Syncer& operator=(const Syncer&) = delete;

    /// The history was committed up to there, the journal has all up to `end`; where that is the same, the history's
    /// file alone is enough. False: one is under way, or was a moment ago.
    bool sync(
        record::Journal::Position committed, record::Journal::Position end, std::chrono::steady_clock::time_point now
    );
    /// When sync() is true again.
    [[nodiscard]] std::chrono::steady_clock::time_point free_at() const { return free_at_; }

    [[nodiscard]] std::uint64_t errors() const { return errors_; }

  private:
    struct Wanted {
        record::Journal::Position committed = 0;
        bool journal = false;  ///< it has more
    };

    void run();
    void sync(const Wanted& wanted);

    record::History& history_;
    record::Journal& journal_;
    Outside outside_;
    std::chrono::steady_clock::time_point free_at_{};
    std::atomic<std::uint64_t> errors_ = 0;
    bool failing_ = false;  ///< the log has said so
    std::mutex mutex_;  // guards the following
    std::condition_variable changed_;
    std::optional<Wanted> wanted_;
    bool busy_ = false;
    bool ends_ = false;
    std::thread thread_;
};

}  // namespace tally
