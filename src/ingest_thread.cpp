#include "ingest_thread.hpp"

#include <pthread.h>

#include <stdexcept>

namespace tally {

namespace {

constexpr std::chrono::milliseconds commit_interval{100};
constexpr std::chrono::milliseconds busy_wait{10};
constexpr std::chrono::seconds keep_interval{1};  // how old the numbers may be when the disk fails

}  // namespace

IngestThread::IngestThread(record::History& history, record::Identity& identity, HistoryWriter& writer,
                           Ingest::Options options, std::vector<std::string> sources, Outside outside)
    : history_(history),
      identity_(identity),
      writer_(writer),
      options_(std::move(options)),
      names_(std::move(sources)),
      outside_(std::move(outside)),
      thread_([this] { run(); }) {}

IngestThread::~IngestThread() { finish(); }

void IngestThread::finish(std::vector<Slab> rest) {
    for (Slab& slab : rest) {
        if (!slab.bodies.empty()) {
            (void)queue_.push(Message(std::move(slab)));
        }
    }
    queue_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool IngestThread::hand_over(Slab& slab) {
    Message message(std::move(slab));
    const bool taken = queue_.try_push(message);
    if (!taken) {
        slab = std::move(std::get<Slab>(message));
    }
    return taken;
}

bool IngestThread::scrape(std::function<void(const Snapshots&)> answer) {
    Message message(std::move(answer));
    return queue_.try_push(message);
}

void IngestThread::run() {
    ::pthread_setname_np(::pthread_self(), "ingest");
    try {
        fold_all();
    } catch (const std::exception& error) {
        queue_.close();
        outside_.failed(error.what());
    }
}

void IngestThread::fold_all() {
    // A killed bulk load has left them undone, or an older schema. Here, since it may take a while.
    if (const auto built = history_.build_indices(); !built) {
        throw std::runtime_error(built.error().what);
    }
    ingest_ = std::make_unique<Ingest>(history_, identity_, writer_, options_);
    for (const std::string& name : names_) {
        sources_[name] = ingest_->add_source(name);
    }
    committed_ = ingest_->snapshots();
    outside_.restored();
    for (;;) {
        auto message = work_ ? queue_.pop_until(commit_due_) : queue_.pop();
        if (message) {
            if (const auto* slab = std::get_if<Slab>(&*message)) {
                take(*slab);
            } else {
                answer(std::move(std::get<Scrape>(*message)));
            }
        } else if (queue_.closed() && queue_.size() == 0) {
            break;
        }
        commit_when_due();
    }
    if (work_) {
        (void)ingest_->commit();
    }
}

void IngestThread::take(const Slab& slab) {
    const model::SourceId source = sources_.find(slab.source)->second;
    for (const Slab::Body& body : slab.bodies) {
        ingest_->take({.source = source,
                       .connection = slab.connection,
                       .way = Way::stream,
                       .wall = slab.wall,
                       .body = std::string_view(slab.bytes).substr(body.at, body.size),
                       .body_bytes = body.bytes,
                       .too_large = body.too_large});
    }
    if (!work_) {
        work_ = true;
        commit_due_ = std::chrono::steady_clock::now() + commit_interval;
    }
    outside_.room();
}

void IngestThread::commit_when_due() {
    if (!work_) {
        return;
    }
    if (ingest_->is_full()) {
        (void)ingest_->commit();
        work_ = false;
    } else if (std::chrono::steady_clock::now() >= commit_due_) {
        const auto now = std::chrono::steady_clock::now();
        std::function<void()> keep;
        if (now - kept_ >= keep_interval && writer_.in_flight() < HistoryWriter::in_flight_max) {
            kept_ = now;
            keep = [this, numbers = std::make_shared<Snapshots>(ingest_->snapshots())] {
                const std::scoped_lock lock(mutex_);
                committed_ = *numbers;
            };
        }
        work_ = !ingest_->try_commit(std::move(keep));
        commit_due_ = now + busy_wait;
    }
}

void IngestThread::answer(Scrape scrape) {
    const bool history_is_behind = writer_.in_flight() >= HistoryWriter::in_flight_max || writer_.failing();
    if (history_is_behind) {
        Snapshots committed;
        {
            const std::scoped_lock lock(mutex_);
            committed = committed_;
        }
        scrape(committed);
        return;
    }
    // Also without new input: commits are written in order, so those before this one are in the file then.
    auto numbers = std::make_shared<Snapshots>(ingest_->snapshots());
    (void)ingest_->commit([this, numbers, scrape = std::move(scrape)] {
        {
            const std::scoped_lock lock(mutex_);
            committed_ = *numbers;
        }
        scrape(*numbers);
    });
    work_ = false;
}

}  // namespace tally
