#include "tally/serve/query_api.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tally/base/assert.hpp"
#include "tally/serve/pages.hpp"

// The way of a request:
//
//   handler: 400, 503 <-- refused
//       |
//   waiting --wait_max--> 503        (the timekeeper)
//       |  a worker takes it; one whose client has gone is dropped
//   running --run_max + run_grace--> 408, and `run` is told to stop   (the timekeeper)
//       |
//   the answer of `run`
//
// Whoever takes the Responder out of a Job, under the lock, answers it, without the lock.

namespace tally::serve {

namespace {

using Clock = std::chrono::steady_clock;
using Outcome = boost::system::result<QueryText, QueryFault>;

constexpr int retry_after_s = 1;

/// One request on its way. `responder` and `until` belong to the lock, the rest never changes.
struct Job {
    Request request;
    QueryTask task;
    std::optional<Responder> responder;  ///< empty: answered
    Clock::time_point until;             ///< of waiting, then of running
    std::atomic<bool> abandoned = false;
};

using JobPtr = std::shared_ptr<Job>;  // a worker and the timekeeper hold it at the same time

/// An answer that is to be given once the lock is not held any more.
struct Due {
    Responder responder;
    Response response;
};

std::optional<QueryFormat> format_of(const Request& request) {
    const std::string name = request.query_value("format").value_or("json");
    if (name == "json") {
        return QueryFormat::json;
    }
    return name == "csv" ? std::optional(QueryFormat::csv) : std::nullopt;
}

Response response_of(const QueryFault& fault) {
    switch (fault.kind) {
        case QueryFault::Kind::wrong:
            return error_response(400, fault.what);
        case QueryFault::Kind::refused:
            return error_response(403, fault.what);
        case QueryFault::Kind::deadline:
            return error_response(408, fault.what);
        case QueryFault::Kind::cancelled:
        case QueryFault::Kind::unavailable:
            return unavailable_response(fault.what, retry_after_s);
    }
    TALLY_ASSERT(false);
    return {};
}

Response response_of(Outcome outcome, QueryFormat format) {
    if (!outcome) {
        return response_of(outcome.error());
    }
    Response response{
        .status = 200,
        .content_type = format == QueryFormat::csv ? "text/csv; charset=utf-8; header=present"
                                                   : "application/json",
        .body = std::move(outcome->body),
        .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
    if (outcome->truncated) {
        response.headers.emplace_back("X-Truncated", "true");  // CSV has no other place for it
    }
    return response;
}

}  // namespace

class QueryApi::Impl {
  public:
    Impl(RunQuery run, Options options) : run_(std::move(run)), options_(options) {
        TALLY_ASSERT(options.running_max > 0);
        for (std::size_t i = 0; i < options.running_max; ++i) {
            threads_.emplace_back([this] { work(); });
        }
        threads_.emplace_back([this] { keep_time(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            waiting_.clear();  // their Responders answer 503
            for (const JobPtr& job : running_) {
                job->abandoned = true;
            }
        }
        work_.notify_all();
        time_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void take(Request request, Responder responder) {
        if (auto refusal = add(request, responder)) {
            count(refusal->status);
            responder(*std::move(refusal));
        }
    }

    [[nodiscard]] Numbers numbers() const {
        const std::lock_guard lock(mutex_);
        return {.running = running_.size(), .waiting = waiting_.size(), .answers = answers_};
    }

  private:
    /// Makes it wait; or says why not, and then `responder` is still the caller's.
    std::optional<Response> add(Request& request, Responder& responder) {
        const auto sql = request.query_value("sql");
        const auto format = format_of(request);
        if (!sql || sql->empty()) {
            return error_response(400, "the parameter sql is missing");
        }
        if (!format) {
            return error_response(400, "format must be json or csv");
        }
        const std::lock_guard lock(mutex_);
        const std::size_t free = options_.running_max - running_.size();
        if (stopping_ || waiting_.size() >= options_.waiting_max + free) {
            return unavailable_response("too many queries at one time", retry_after_s);
        }
        if (of_client(request.peer) >= options_.per_client_max) {
            return unavailable_response("too many queries of this client", retry_after_s);
        }
        const auto job = std::make_shared<Job>();
        job->task.sql = *sql;
        job->task.format = *format;
        job->task.cancelled = [job = job.get()] {
            return job->abandoned || job->request.client_gone();
        };
        job->request = std::move(request);
        job->responder = std::move(responder);
        job->until = Clock::now() + options_.wait_max;
        waiting_.push_back(job);
        work_.notify_one();
        time_.notify_one();
        return std::nullopt;
    }

    [[nodiscard]] std::size_t of_client(const std::string& peer) const {
        const auto same = [&peer](const JobPtr& job) { return job->request.peer == peer; };
        return static_cast<std::size_t>(
            std::count_if(waiting_.begin(), waiting_.end(), same) +
            std::count_if(running_.begin(), running_.end(), same)
        );
    }

    void work() {
        while (const JobPtr job = next()) {
            Response response = response_of(run_safely(job->task), job->task.format);
            if (auto responder = finish(*job, response.status)) {
                (*responder)(std::move(response));
            }
        }
    }

    /// `run` is not ours: what it throws must not end the program.
    Outcome run_safely(const QueryTask& task) {
        try {
            return run_(task);
        } catch (const std::exception& error) {
            return QueryFault{QueryFault::Kind::unavailable, error.what()};
        }
    }

    /// The next one that somebody still waits for; nothing at the end.
    JobPtr next() {
        std::unique_lock lock(mutex_);
        for (;;) {
            work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_) {
                return nullptr;
            }
            JobPtr job = std::move(waiting_.front());
            waiting_.pop_front();
            if (job->request.client_gone()) {
                lock.unlock();
                job.reset();  // answers nobody
                lock.lock();
                continue;
            }
            job->task.deadline = Clock::now() + options_.run_max;
            job->until = job->task.deadline + options_.run_grace;
            running_.push_back(job);
            time_.notify_one();
            return job;
        }
    }

    std::optional<Responder> finish(Job& job, int status) {
        const std::lock_guard lock(mutex_);
        std::erase_if(running_, [&job](const JobPtr& one) { return one.get() == &job; });
        if (job.responder) {
            ++answers_[status];
        }
        return std::exchange(job.responder, std::nullopt);
    }

    void keep_time() {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            std::vector<Due> due = take_due(Clock::now());
            if (due.empty()) {
                const auto end = next_end();
                if (end) {
                    time_.wait_until(lock, *end);
                } else {
                    time_.wait(lock);
                }
                continue;
            }
            lock.unlock();
            for (Due& one : due) {
                one.responder(std::move(one.response));
            }
            lock.lock();
        }
    }

    /// Else a worker is about to take the next one: it does not wait for a place.
    [[nodiscard]] bool full() const { return running_.size() >= options_.running_max; }

    /// What has waited or run too long.
    std::vector<Due> take_due(Clock::time_point now) {
        std::vector<Due> due;
        const auto take = [&](Job& job, Response response) {
            ++answers_[response.status];
            due.push_back({*std::exchange(job.responder, std::nullopt), std::move(response)});
        };
        while (full() && !waiting_.empty() && waiting_.front()->until <= now) {  // in order
            take(
                *waiting_.front(),
                unavailable_response("other queries took too long", retry_after_s)
            );
            waiting_.pop_front();
        }
        for (const JobPtr& job : running_) {
            if (job->responder && job->until <= now) {
                job->abandoned = true;
                take(*job, error_response(408, "the query took too long"));
            }
        }
        return due;
    }

    [[nodiscard]] std::optional<Clock::time_point> next_end() const {
        std::optional<Clock::time_point> end;
        const auto note = [&end](const Job& job) {
            if (job.responder && (!end || job.until < *end)) {
                end = job.until;
            }
        };
        if (full() && !waiting_.empty()) {
            note(*waiting_.front());
        }
        for (const JobPtr& job : running_) {
            note(*job);
        }
        return end;
    }

    void count(int status) {
        const std::lock_guard lock(mutex_);
        ++answers_[status];
    }

    const RunQuery run_;
    const Options options_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable time_;
    std::deque<JobPtr> waiting_;
    std::vector<JobPtr> running_;
    std::map<int, std::uint64_t> answers_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

QueryApi::QueryApi(RunQuery run, Options options)
    : impl_(std::make_unique<Impl>(std::move(run), options)) {}

QueryApi::~QueryApi() = default;

Handler QueryApi::handler() {
    return [impl = impl_.get()](Request request, Responder responder) {
        impl->take(std::move(request), std::move(responder));
    };
}

QueryApi::Numbers QueryApi::numbers() const {
    return impl_->numbers();
}

}  // namespace tally::serve
