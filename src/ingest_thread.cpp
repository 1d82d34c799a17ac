#include "ingest_thread.hpp"

#include <pthread.h>

#include <filesystem>
#include <stdexcept>

#include "log.hpp"
#include "tally/record/identity.hpp"

namespace tally {

namespace {

constexpr std::chrono::milliseconds commit_interval{100};
constexpr std::chrono::milliseconds busy_wait{10};
constexpr std::chrono::seconds come_wait{5};
/// Behind the commit there is one file to sync instead of two, and nothing left to do later; most come sooner.
constexpr std::chrono::milliseconds patience_with_commit{500};

}  // namespace

IngestThread::IngestThread(record::History& history, record::Identity& identity, HistoryWriter& writer,
                           Options options, Outside outside)
    : history_(history),
      identity_(identity),
      writer_(writer),
      options_(std::move(options)),
      outside_(std::move(outside)),
      thread_([this] { run(); }) {}

IngestThread::~IngestThread() { finish(); }

void IngestThread::finish(std::vector<Message> rest) {
    for (Message& message : rest) {
        (void)queue_.push(std::move(message));
    }
    queue_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool IngestThread::hand_over(Message& message) {
    if (queue_.try_push(message)) {
        return true;
    }
    refused_ = true;
    return queue_.try_push(message);  // all may have been taken meanwhile, before that was said
}

bool IngestThread::scrape(model::KnownSeries known, std::function<void(Numbers)> answer) {
    Message message(Asked{std::move(known), std::move(answer)});
    return hand_over(message);
}

void IngestThread::run() {
    ::pthread_setname_np(::pthread_self(), "ingest");
    try {
        restore();
        take_all();
    } catch (const std::exception& error) {
        queue_.close();
        outside_.failed(error.what());
    } catch (const CannotStart& error) {
        queue_.close();
        outside_.failed(error.what);
    }
}

void IngestThread::restore() {
    // A killed bulk load has left them undone, or an older schema. Here, since it may take a while.
    if (const auto built = history_.build_indices(); !built) {
        throw std::runtime_error(built.error().what);
    }
    options_.journal_size.history = history_.number();
    if (history_.journal_begin() == 0 && std::filesystem::exists(options_.journal + ".0")) {
        Log::write(LogLevel::warn, "beside this new database lies the journal of another one; it is not read",
                   {{"journal", options_.journal}});
    }
    journal_ = std::make_unique<record::Journal>(
        options_.journal, options_.journal_size, std::max<record::Journal::Position>(1, history_.journal_begin())
    );
    syncer_ = std::make_unique<Syncer>(
        history_, *journal_,
        // The journal need not be released at once: who sleeps is not woken for that.
        Syncer::Outside{.synced = [this](record::Journal::Position position) { safe_ = position; },
                        .removed = [this] { writer_.look_soon(); }}
    );
    ingest_ = std::make_unique<Ingest>(history_, identity_, writer_, options_.ingest);
    options_.intake.journal_bytes_max = options_.journal_size.bytes_max;
    options_.intake.committed = [this] {
        Message message(Committed{});
        (void)queue_.try_push(message);
    };
    intake_ = std::make_unique<Intake>(history_, writer_, *ingest_, *journal_, options_.intake);
    Streams streams;
    for (const std::string& name : options_.sources) {
        intake_->add_source(name);
    }
    if (const auto recovered = intake_->recover(); !recovered) {
        throw std::runtime_error(recovered.error().what);
    }
    for (const std::string& name : options_.sources) {
        streams[name] = intake_->begin(name, wall_now(), Intake::Clock::now());
    }
    outside_.restored(std::move(streams));
}

void IngestThread::take_all() {
    for (;;) {
        auto message = next();
        now_ = Intake::Clock::now();
        journal_->release(safe_);
        if (message) {
            std::visit([this](auto& what) { take(what); }, *message);
            if (refused_.exchange(false)) {
                outside_.room();
            }
        } else if (queue_.closed() && queue_.size() == 0) {
            break;
        }
        work(commit_due_ && now_ >= *commit_due_);
        const bool losing = intake_->is_losing();
        if (losing && !losing_) {
            losing_since_ = wall_now();
        }
        losing_ = losing;
    }
    intake_->finish();
    kept_all_ = !intake_->is_losing();
    syncer_.reset();
}

/// The next message; none when there is something to do before it.
std::optional<IngestThread::Message> IngestThread::next() {
    std::optional<Intake::Clock::time_point> until = intake_->next_deadline();
    if (commit_due_ && (!until || *commit_due_ < *until)) {
        until = commit_due_;
    }
    if (const auto due = sync_due(); due && (!until || *due < *until)) {
        until = due;
    }
    if (!coming_.empty() && come_due_ && (!until || *come_due_ < *until)) {
        until = come_due_;
    }
    return until ? queue_.pop_until(*until) : queue_.pop();
}

/// None: the disk has been asked to keep all there is.
std::optional<Intake::Clock::time_point> IngestThread::sync_due() const {
    if (!unsynced_since_) {
        return std::nullopt;
    }
    const auto wanted_at = intake_->journal_bytes() == 0 ? *unsynced_since_ : *unsynced_since_ + patience_with_commit;
    return std::max(syncer_->free_at(), wanted_at);
}

/// Once a second while something new is there, and once behind the last commit.
void IngestThread::sync() {
    const record::Journal::Position end = journal_->end();
    if (!unsynced_since_ && end != synced_) {
        unsynced_since_ = now_;
    }
    const auto due = sync_due();
    if (due && now_ >= *due && syncer_->sync(intake_->committed(), end, now_) && intake_->journal_bytes() == 0) {
        synced_ = end;
        unsynced_since_.reset();
    }
}

void IngestThread::work(bool due) {
    intake_->work(now_, due);
    let_come();
    sync();
    if (!intake_->has_work() && !intake_->is_spilled()) {
        commit_due_.reset();
    } else if (!commit_due_) {
        commit_due_ = now_ + commit_interval;
    } else if (due) {
        commit_due_ = now_ + busy_wait;
    }
}

void IngestThread::take(Slab& slab) {
    (void)intake_->take(slab, now_);
}

void IngestThread::take(Marked& marked) {
    intake_->mark(marked.source, marked.mark, now_);
}

void IngestThread::take(Called& called) { called.answer(intake_->take_callback(called.slab, now_)); }

void IngestThread::take(Looked& looked) {
    if (!looked.owner) {
        intake_->snapshot_failed(looked.source, looked.look.sent, looked.failure, looked.failed_for_good, now_);
        looked.done({.detail = looked.failure});
        return;
    }
    looked.done(intake_->compare(looked.source, looked.snapshot, looked.look, now_));
}

void IngestThread::take(Followed& followed) {
    // The last word about a source counts.
    std::erase_if(coming_, [&followed](const Followed& other) { return other.source == followed.source; });
    if (followed.shown) {
        coming_.push_back(std::move(followed));
        come_due_.reset();
    } else {
        intake_->hide_source(followed.source);
    }
}

/// Those that come have to be read from the history first; it may be that it cannot be read now.
void IngestThread::let_come() {
    if (coming_.empty() || (come_due_ && now_ < *come_due_)) {
        return;
    }
    while (!coming_.empty()) {
        Followed& first = coming_.front();
        try {
            intake_->add_source(first.source);
        } catch (const std::exception& error) {
            Log::write(LogLevel::warn, "a source cannot be followed yet", {{"source", first.source}, {"error", error.what()}});
            come_due_ = Intake::Clock::now() + come_wait;
            return;
        }
        if (first.done) {
            first.done(intake_->begin(first.source, wall_now(), now_));
        }
        coming_.pop_front();
    }
}

void IngestThread::take(Asked& asked) {
    asked.answer({.sources = intake_->snapshots(asked.known),
                  .losing = intake_->losing(),
                  .journal_bytes = intake_->journal_bytes(),
                  .journal_errors = intake_->journal_errors(),
                  .sync_errors = syncer_->errors()});
}

}  // namespace tally
