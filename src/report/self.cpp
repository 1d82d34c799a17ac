#include "tally/report/self.hpp"

#include <algorithm>
#include <limits>
#include <prometheus/collectable.h>

#include "report/self_families.hpp"

namespace tally::report {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Labels = std::vector<ClientMetric::Label>;

/// Puts the families together, each with its name, help and type from the table.
class Page {
  public:
    void begin(std::string_view name) { families_.push_back(self_family(name)); }

    void number(Labels labels, double value) {
        ClientMetric& metric = families_.back().metric.emplace_back();
        metric.label = std::move(labels);
        metric.counter.value = value;
        metric.gauge.value = value;
    }

    void number(Labels labels, std::uint64_t value) {
        number(std::move(labels), static_cast<double>(value));
    }

    void one(std::string_view name, const std::optional<std::uint64_t>& value) {
        begin(name);
        if (value) {
            number({}, *value);
        }
    }

    void timing(std::string_view name, const std::optional<Timing>& timing) {
        begin(name);
        if (!timing) {
            return;
        }
        ClientMetric::Histogram& histogram = families_.back().metric.emplace_back().histogram;
        for (std::size_t i = 0; i < timing->counts.size(); ++i) {
            histogram.sample_count += timing->counts[i];
            const bool last = i == Timing::bounds_s.size();
            histogram.bucket.push_back(
                {.cumulative_count = histogram.sample_count,
                 .upper_bound =
                     last ? std::numeric_limits<double>::infinity() : Timing::bounds_s[i]}
            );
        }
        histogram.sample_sum = timing->sum_s;
    }

    template <class Key>
    void by(
        std::string_view name, const std::string& label, const std::map<Key, std::uint64_t>& values
    ) {
        begin(name);
        for (const auto& [key, value] : values) {
            number({{label, text(key)}}, value);
        }
    }

    [[nodiscard]] std::vector<MetricFamily> finish() {
        std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
        return std::move(families_);
    }

  private:
    static std::string text(const std::string& key) { return key; }

    static std::string text(int key) { return std::to_string(key); }

    std::vector<MetricFamily> families_;
};

class SelfCollectable final : public prometheus::Collectable {
  public:
    explicit SelfCollectable(SelfNumbers numbers) : self_(std::move(numbers)) {}

    [[nodiscard]] std::vector<MetricFamily> Collect() const override {
        Page page;
        build(page);
        queues(page);
        history(page);
        page.timing("marathon_tally_scrape_seconds", self_.scrapes);
        page.one("marathon_tally_http_connections", self_.http_connections);
        page.by("marathon_tally_http_responses_total", "code", self_.http_responses);
        reload(page);
        return page.finish();
    }

  private:
    void build(Page& page) const {
        page.begin("marathon_tally_build_info");
        Labels labels;
        for (const auto& [name, value] : self_.build) {
            labels.push_back({name, value});
        }
        if (!labels.empty()) {
            page.number(std::move(labels), std::uint64_t{1});
        }
    }

    void queues(Page& page) const {
        page.begin("marathon_tally_queue_depth");
        for (const SelfNumbers::Queue& queue : self_.queues) {
            page.number({{"queue", queue.name}}, queue.depth);
        }
        page.begin("marathon_tally_queue_capacity");
        for (const SelfNumbers::Queue& queue : self_.queues) {
            page.number({{"queue", queue.name}}, queue.capacity);
        }
    }

    void history(Page& page) const {
        page.one("marathon_tally_journal_bytes", self_.journal_bytes);
        page.timing("marathon_tally_commit_seconds", self_.commits);
        page.by("marathon_tally_rows_written_total", "table", self_.rows_written);
        page.one("marathon_tally_payloads_packed_total", self_.payloads_packed);
        page.begin("marathon_tally_oldest_event_timestamp_seconds");
        if (self_.oldest_event) {
            page.number({}, static_cast<double>(*self_.oldest_event) / 1000);
        }
        page.one("marathon_tally_database_bytes", self_.database_bytes);
        page.one("marathon_tally_wal_bytes", self_.wal_bytes);
        page.one("marathon_tally_disk_free_bytes", self_.disk_free_bytes);
        page.begin("marathon_tally_events_shed_total");
        for (const SelfNumbers::Shed& shed : self_.shed) {
            page.number({{"source", shed.source}, {"reason", "disk"}}, shed.disk);
            page.number({{"source", shed.source}, {"reason", "queue"}}, shed.queue);
        }
        page.by("marathon_tally_history_errors_total", "operation", self_.history_errors);
    }

    void reload(Page& page) const {
        page.begin("marathon_tally_config_last_reload_successful");
        if (self_.last_reload_successful) {
            page.number({}, *self_.last_reload_successful ? 1.0 : 0.0);
        }
        page.begin("marathon_tally_config_last_reload_success_timestamp_seconds");
        if (self_.last_reload_success) {
            page.number({}, static_cast<double>(*self_.last_reload_success) / 1000);
        }
    }

    SelfNumbers self_;
};

}  // namespace

void Timing::observe(double seconds) {
    const auto bound = std::lower_bound(bounds_s.begin(), bounds_s.end(), seconds);
    ++counts[static_cast<std::size_t>(bound - bounds_s.begin())];
    sum_s += seconds;
}

std::shared_ptr<prometheus::Collectable> self_collectable(SelfNumbers numbers) {
    return std::make_shared<SelfCollectable>(std::move(numbers));
}

}  // namespace tally::report
