#include "scraper.hpp"

#include <array>
#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

#include "tally/serve/pages.hpp"

namespace tally {

namespace {

namespace asio = boost::asio;

/// What ingest knows of itself.
void add_ingest(report::SelfNumbers& self, const IngestThread::Numbers& numbers) {
    self.journal_bytes = numbers.journal_bytes;
    self.history_errors["journal"] = numbers.journal_errors;
    self.history_errors["sync"] = numbers.sync_errors;
    for (const model::Snapshot& source : numbers.sources) {
        const auto all = [&](std::string_view reason, std::int64_t kept) {
            const auto losing = numbers.losing.find({source.source, std::string(reason)});
            return static_cast<std::uint64_t>(kept) + (losing == numbers.losing.end() ? 0 : losing->second);
        };
        self.shed.push_back({.source = source.source,
                             .disk = all("disk", source.shed_disk),
                             .queue = all("queue", source.shed_queue)});
    }
}

}  // namespace

Scraper::Scraper(Ask ask, model::Buckets buckets) : ask_(std::move(ask)), buckets_(std::move(buckets)) {}

void Scraper::scrape(Request request) {
    asio::post(thread_, [this, shared = std::make_shared<Request>(std::move(request))] { ask(shared); });
}

void Scraper::ask(const std::shared_ptr<Request>& request) {
    const bool asked = ask_(exposition_.known(), [this, request](IngestThread::Numbers numbers) {
        asio::post(thread_, [this, request, numbers = std::move(numbers)]() mutable {
            render(*request, std::move(numbers));
        });
    });
    if (!asked) {
        request->responder(serve::unavailable_response("too busy", 1));
    }
}

void Scraper::render(Request& request, IngestThread::Numbers numbers) {
    const auto begin = std::chrono::steady_clock::now();
    add_ingest(request.self, numbers);
    request.self.scrapes = scrapes_;
    const auto own = report::self_collectable(std::move(request.self));
    const auto process = report::process_collectable();
    const std::array<const prometheus::Collectable*, 2> others{own.get(), process.get()};
    std::string text = exposition_.render(
        std::move(numbers.sources), request.streams, others, request.format,
        {.now = wall_now(), .show_all = false, .count_series = true, .packing = request.packing, .buckets = buckets_}
    );
    scrapes_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    serve::Response response{.content_type = std::string(content_type(request.format)), .body = std::move(text)};
    if (request.packing == report::Packing::gzip) {
        response.headers.emplace_back("Content-Encoding", "gzip");
    }
    request.responder(std::move(response));
}

}  // namespace tally
