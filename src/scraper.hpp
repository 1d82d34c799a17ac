#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "ingest_thread.hpp"
#include "tally/report/exposition.hpp"
#include "tally/report/self.hpp"
#include "tally/serve/http.hpp"

namespace tally {

/// The way of a scrape, on a thread of its own, since an exposition of many series takes milliseconds: it asks the
/// ingest thread for the numbers of one moment, which are little more than a copy of the counters, and renders them.
///
/// Owns the texts of all series that were ever shown.
class Scraper {
  public:
    using Taken = std::function<void(IngestThread::Numbers)>;
    /// Has `Taken` called once with numbers that leave out the labels known already; false: not now. Called on the
    /// thread of the Scraper.
    using Ask = std::function<bool(model::KnownSeries, Taken)>;

    /// `buckets` are those with which the Worlds count.
    Scraper(Ask ask, model::Buckets buckets);

    struct Request {
        report::Format format{};
        report::Packing packing{};
        std::vector<report::StreamNumbers> streams{};
        report::SelfNumbers self{};  ///< all but what the ingest thread and the Scraper know themselves
        serve::Responder responder;
    };

    /// Answers, with 503 if the numbers cannot be had now. Any thread.
    void scrape(Request request);

    /// Ends when all that was asked for is answered or given up.
    void join() { thread_.join(); }

  private:
    void ask(const std::shared_ptr<Request>& request);
    void render(Request& request, IngestThread::Numbers numbers);

    Ask ask_;
    const model::Buckets buckets_;
    report::Exposition exposition_;  // as the next: on thread_ only
    report::Timing scrapes_;
    boost::asio::thread_pool thread_{1};
};

}  // namespace tally
