#include "syncer.hpp"

#include <pthread.h>

#include <utility>

#include "log.hpp"

namespace tally {

namespace {

constexpr std::chrono::seconds interval{1};

}  // namespace

Syncer::Syncer(record::History& history, record::Journal& journal, Outside outside)
    : history_(history), journal_(journal), outside_(std::move(outside)), thread_([this] { run(); }) {}

Syncer::~Syncer() {
    {
        const std::scoped_lock lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool Syncer::sync(
    record::Journal::Position committed, record::Journal::Position end, std::chrono::steady_clock::time_point now
) {
    if (now < free_at_) {
        return false;
    }
    free_at_ = now + interval;
    const std::scoped_lock lock(mutex_);
    if (busy_) {
        return false;
    }
    wanted_ = {.committed = committed, .journal = committed != end};
    changed_.notify_all();
    return true;
}

void Syncer::run() {
    ::pthread_setname_np(::pthread_self(), "sync");
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return ends_ || wanted_; });
        if (ends_) {
            return;
        }
        const Wanted wanted = *std::exchange(wanted_, {});
        busy_ = true;
        lock.unlock();
        sync(wanted);
        lock.lock();
        busy_ = false;
    }
}

void Syncer::sync(const Wanted& wanted) {
    const auto journal = wanted.journal ? journal_.sync() : Result<void>();
    const auto history = history_.sync();
    const bool failed = !journal || !history;
    errors_ += failed ? 1 : 0;
    if (failed && !failing_) {
        Log::write(LogLevel::warn, "the disk does not keep what was written",
                   {{"error", journal ? history.error().what : journal.error().what}});
    }
    failing_ = failed;
    if (history) {
        outside_.synced(wanted.committed);
    } else if (history.error().kind == record::HistoryError::Kind::removed) {
        outside_.removed();
    }
}

}  // namespace tally
