#include "history_writer.hpp"

#include <pthread.h>

#include <algorithm>

#include "log.hpp"

namespace tally {

namespace {

constexpr std::chrono::seconds look_interval{10};
constexpr std::chrono::seconds tend_interval{2};    ///< with the next commit, when there was nothing to do
constexpr std::chrono::seconds tend_patience{1};    ///< with commits that always wait

}  // namespace

HistoryWriter::HistoryWriter(record::History& history, OnError on_error, Tending tending, Prepare prepare)
    : history_(history),
      on_error_(on_error),
      tending_(tending),
      prepare_(std::move(prepare)),
      queue_(prepare_ ? prepared_max : in_flight_max),
      thread_([this] { run(); }) {
    if (prepare_) {
        prepare_thread_ = std::thread([this] { run_prepare(); });
    }
}

HistoryWriter::~HistoryWriter() {
    stop();
    unprepared_.close();
    if (prepare_thread_.joinable()) {
        prepare_thread_.join();
    }
    queue_.close();
    thread_.join();
}

void HistoryWriter::run_prepare() {
    ::pthread_setname_np(::pthread_self(), "prepare");
    while (auto commit = unprepared_.pop()) {
        prepare_(*commit);
        (void)queue_.push(std::move(*commit));
    }
}

bool HistoryWriter::submit(Commit commit) {
    if (gave_up_) {
        return false;
    }
    commit.number = ++submitted_;
    return (prepare_ ? unprepared_ : queue_).push(std::move(commit));
}

Result<void> HistoryWriter::drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return gave_up_ || settled_ == submitted_; });
    return gave_up_ ? Result<void>(Error{numbers_.last_error}) : Result<void>();
}

void HistoryWriter::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
}

void HistoryWriter::give_up() {
    {
        const std::scoped_lock lock(mutex_);
        gave_up_ = true;
    }
    unprepared_.close();
    queue_.close();
    changed_.notify_all();
}

std::unique_ptr<model::Batch> HistoryWriter::take_batch() {
    const std::scoped_lock lock(mutex_);
    if (spare_.empty()) {
        return std::make_unique<model::Batch>();
    }
    auto batch = std::move(spare_.back());
    spare_.pop_back();
    return batch;
}

HistoryWriter::Numbers HistoryWriter::numbers() {
    const std::scoped_lock lock(mutex_);
    Numbers numbers = numbers_;
    numbers_.commit_seconds.clear();
    return numbers;
}

void HistoryWriter::run() {
    ::pthread_setname_np(::pthread_self(), "history");
    if (on_error_ == OnError::give_up) {
        while (auto commit = queue_.pop()) {
            take(*commit);
        }
        return;
    }
    for (;;) {
        auto commit = queue_.pop_until(tends_on_ ? *tend_next_ : looked_ + look_interval);
        if (commit) {
            take(*commit);
            tend_next_ = tend_next_.value_or(std::chrono::steady_clock::now());
        } else if (queue_.closed()) {
            return;
        }
        if (is_time_to_look() && !stopping_) {
            look_after_file();
        }
        if (is_time_to_tend() && !stopping_) {
            tend();
        }
    }
}

bool HistoryWriter::is_time_to_tend() const {
    const auto now = std::chrono::steady_clock::now();
    return tending_.payload_hot && tend_next_ && now >= *tend_next_ && (queue_.size() == 0 || now >= tended_ + tend_patience);
}

/// One slice, and soon another one if there may be more.
void HistoryWriter::tend() {
    const auto done = [this] {
        const std::scoped_lock paused(history_mutex_);
        return tend_once();
    }();
    tended_ = std::chrono::steady_clock::now();
    tends_on_ = done && *done;
    tend_next_ = tends_on_ ? tended_ : tended_ + tend_interval;
    if (!done) {
        const std::scoped_lock lock(mutex_);
        ++numbers_.tend_errors;
        Log::write(LogLevel::warn, "old history could not be packed or pruned; it is tried again", {{"error", done.error().what}});
    }
}

/// False: there was nothing to do for now.
record::HistoryResult<bool> HistoryWriter::tend_once() {
    const TimeMs now = wall_now();
    const auto packed = history_.pack_payloads(now - tending_.payload_hot->count());
    if (!packed) {
        return packed.error();
    }
    {
        const std::scoped_lock lock(mutex_);
        numbers_.payloads_packed += *packed;
    }
    const bool is_for_ever = tending_.retention_time.count() == 0 && tending_.retention_bytes == 0;
    if (*packed != 0) {
        return true;
    }
    const auto done = is_for_ever ? record::HistoryResult<bool>(false)
                                  : history_.retain({.now = now, .time = tending_.retention_time, .bytes = tending_.retention_bytes});
    if (done && !*done) {
        const auto oldest = history_.oldest_event();
        const std::scoped_lock lock(mutex_);
        numbers_.oldest_event = oldest;
    }
    return done;
}

bool HistoryWriter::is_time_to_look() const {
    return look_soon_ || std::chrono::steady_clock::now() >= looked_ + look_interval;
}

void HistoryWriter::take(Commit& commit) {
    if (gave_up_ || !write(commit)) {
        give_up();
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        for (auto& batch : commit.batches) {
            batch->clear();
            if (spare_.size() <= queue_.capacity()) {
                spare_.push_back(std::move(batch));
            }
        }
        if (commit.part == record::History::Part::whole) {
            ++numbers_.commits;
            committed_ = commit.number;
        }
    }
    if (commit.done) {
        commit.done();
    }
    if (commit.part == record::History::Part::whole) {
        const std::scoped_lock lock(mutex_);
        settled_ = commit.number;
    }
    changed_.notify_all();
}

/// SQLite writes on into a removed file without an error (live.md section 4).
void HistoryWriter::look_after_file() {
    looked_ = std::chrono::steady_clock::now();
    look_soon_ = false;
    const auto restored = [this] {
        const std::scoped_lock paused(history_mutex_);
        return history_.restore_if_removed();
    }();
    if (!restored) {
        failing_since_ = failing() ? failing_since_.load() : wall_now();
        removed_ = true;
        const std::scoped_lock lock(mutex_);
        ++numbers_.restore_errors;
        numbers_.last_error = restored.error().what;
        Log::write(LogLevel::error, "the database file was removed and cannot be written again",
                   {{"error", restored.error().what}});
        return;
    }
    removed_ = false;
    if (*restored) {
        Log::write(LogLevel::error, "the database file was removed or replaced; it is written again");
    }
}

/// False: it cannot be written and we do not try again.
bool HistoryWriter::write(const Commit& commit) {
    constexpr std::chrono::seconds retry_wait{1};
    constexpr std::size_t timings_max = 10'000;
    std::vector<model::Batch*> batches;
    for (const auto& batch : commit.batches) {
        batches.push_back(batch.get());
    }
    for (;;) {
        const auto begin = std::chrono::steady_clock::now();
        const auto written = [&] {
            const std::scoped_lock paused(history_mutex_);
            return history_.write(batches, commit.part);
        }();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        if (!written && !failing_ && on_error_ == OnError::retry) {
            Log::write(LogLevel::error, "the history cannot be written; it is tried again",
                       {{"kind", std::string(record::name(written.error().kind))}, {"error", written.error().what}});
        } else if (written && failing_) {
            Log::write(LogLevel::info, "the history can be written again");
        }
        if (!written && !failing()) {
            failing_since_ = wall_now();
        }
        failing_ = !written;
        std::unique_lock lock(mutex_);
        if (written) {
            numbers_.last_error.clear();
            if (numbers_.commit_seconds.size() < timings_max) {
                numbers_.commit_seconds.push_back(took.count());
            }
            for (const model::Batch* batch : batches) {
                numbers_.events += batch->events.size();
                numbers_.rejected += batch->rejected.size();
                numbers_.transitions += batch->task_transitions.size();
            }
            return true;
        }
        numbers_.last_error = written.error().what;
        ++numbers_.errors;
        if (on_error_ == OnError::give_up || stopping_) {
            return false;
        }
        changed_.wait_for(lock, retry_wait, [this] { return stopping_.load(); });
        lock.unlock();
        if (on_error_ == OnError::retry && is_time_to_look()) {
            look_after_file();
        }
    }
}

}  // namespace tally
