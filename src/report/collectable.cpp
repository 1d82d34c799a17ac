#include <limits>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "report/walk.hpp"
#include "tally/report/exposition.hpp"

namespace tally::report {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

prometheus::MetricType type_of(Type type) {
    switch (type) {
        case Type::counter:
            return prometheus::MetricType::Counter;
        case Type::gauge:
            return prometheus::MetricType::Gauge;
        case Type::histogram:
            return prometheus::MetricType::Histogram;
        case Type::summary:
            return prometheus::MetricType::Summary;
    }
    return prometheus::MetricType::Untyped;
}

double seconds(TimeMs ms) {
    return static_cast<double>(ms) / 1000;
}

/// Gathers what the walk meets as prometheus-cpp's values.
class Gatherer final : public Sink {
  public:
    void begin(const FamilyInfo& family) override {
        drop_empty();
        family_ = &family;
        families_.push_back(
            {.name = std::string(family.name),
             .help = std::string(family.help),
             .type = type_of(family.type),
             .metric = {}}
        );
    }

    void group(
        const Layout& layout,
        std::uint32_t app,
        std::span<const Layout::Series> series,
        Number::Unit unit
    ) override {
        for (const Layout::Series& one : series) {
            std::vector<std::string_view> values{layout.snapshot().source};
            if (app != model::no_app) {
                values.push_back(layout.snapshot().apps[app].label);
            }
            for (const Layout::Label label : {one.a, one.b}) {
                if (values.size() < family_->labels.size() &&
                    !family_->labels[values.size()].empty()) {
                    values.push_back(layout.raw(label));
                }
            }
            number(values, {.value = one.value, .unit = unit});
        }
    }

    void number(Values values, Number number) override {
        ClientMetric& metric = add(values);
        const double value = number.unit == Number::Unit::whole ? static_cast<double>(number.value)
                                                                : seconds(number.value);
        (family_->type == Type::counter ? metric.counter.value : metric.gauge.value) = value;
    }

    void histogram(
        Values values,
        std::span<const TimeMs> bounds,
        std::span<const std::uint64_t> counts,
        TimeMs sum_ms
    ) override {
        ClientMetric::Histogram& histogram = add(values).histogram;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            histogram.sample_count += counts[i];
            const double bound =
                i < bounds.size() ? seconds(bounds[i]) : std::numeric_limits<double>::infinity();
            histogram.bucket.push_back(
                {.cumulative_count = histogram.sample_count, .upper_bound = bound}
            );
        }
        histogram.sample_sum = seconds(sum_ms);
    }

    void summary(Values values, std::int64_t count, TimeMs sum_ms) override {
        ClientMetric::Summary& summary = add(values).summary;
        summary.sample_count = static_cast<std::uint64_t>(count);
        summary.sample_sum = seconds(sum_ms);
    }

    [[nodiscard]] std::vector<MetricFamily> finish() {
        drop_empty();
        return std::move(families_);
    }

  private:
    void drop_empty() {
        if (!families_.empty() && families_.back().metric.empty()) {
            families_.pop_back();
        }
    }

    ClientMetric& add(Values values) {
        ClientMetric& metric = families_.back().metric.emplace_back();
        for (std::size_t i = 0; i < values.size(); ++i) {
            metric.label.push_back({std::string(family_->labels[i]), std::string(values[i])});
        }
        return metric;
    }

    const FamilyInfo* family_ = nullptr;
    std::vector<MetricFamily> families_;
};

class TallyCollectable final : public prometheus::Collectable {
  public:
    TallyCollectable(
        std::vector<model::Snapshot> sources, std::vector<StreamNumbers> streams, Options options
    )
        : sources_(std::move(sources)),
          streams_(std::move(streams)),
          options_(std::move(options)) {}

    [[nodiscard]] std::vector<MetricFamily> Collect() const override {
        Gatherer gatherer;
        walk(sources_, streams_, options_, gatherer);
        return gatherer.finish();
    }

  private:
    std::vector<model::Snapshot> sources_;
    std::vector<StreamNumbers> streams_;
    Options options_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> make_collectable(
    std::vector<model::Snapshot> sources, std::vector<StreamNumbers> streams, Options options
) {
    return std::make_shared<TallyCollectable>(
        std::move(sources), std::move(streams), std::move(options)
    );
}

}  // namespace tally::report
