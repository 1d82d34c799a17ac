#include <algorithm>
#include <limits>
#include <map>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "report/recipes.hpp"
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

double value_of(Number number) {
    return number.unit == Number::Unit::whole ? static_cast<double>(number.value)
                                              : seconds(number.value);
}

/// Gathers the families in the plainest way: it is what the text is compared with. One function per
/// kind of origin.
class Gatherer {
  public:
    using Values = std::vector<std::string_view>;

    Gatherer(
        std::span<const model::Snapshot> sources,
        std::span<const StreamNumbers> streams,
        const Options& options
    )
        : sources_(sources), streams_(streams), options_(options) {}

    std::vector<MetricFamily> gather() {
        std::vector<MetricFamily> families;
        for (const Recipe& recipe : recipes()) {
            recipe_ = &recipe;
            family_ = {
                .name = std::string(recipe.info.name),
                .help = std::string(recipe.info.help),
                .type = type_of(recipe.info.type),
                .metric = {}};
            std::visit([this](const auto& origin) { (*this)(origin); }, recipe.from);
            if (!family_.metric.empty()) {
                families.push_back(std::move(family_));
            }
        }
        return families;
    }

    void operator()(const Counts& counts) {
        for (const model::Snapshot& source : sources_) {
            std::map<Values, std::int64_t> series;
            if (!recipe_->by_app()) {
                add_zeros(series, {source.source});
            }
            for (const model::Sample& sample : source.samples) {
                const bool has_app = sample.app != model::no_app;
                if (sample.family != counts.family || has_app != recipe_->by_app() ||
                    (has_app && !is_shown(source.apps[sample.app], options_))) {
                    continue;
                }
                Values values{source.source};
                if (has_app) {
                    values.push_back(source.apps[sample.app].label);
                    add_zeros(series, values);
                }
                series[with(std::move(values), sample.a, sample.b)] += sample.value;
            }
            for (const auto& [values, value] : series) {
                number(values, {.value = value, .unit = counts.unit});
            }
        }
    }

    void operator()(const Histograms& origin) {
        const std::vector<TimeMs>& bounds = options_.buckets.of(origin.family);
        for (const model::Snapshot& source : sources_) {
            std::map<std::string_view, const model::HistogramSample*> counted;
            for (const model::HistogramSample& sample : source.histograms) {
                if (sample.family == origin.family) {
                    counted[sample.a] = &sample;
                }
            }
            const model::HistogramSample none{
                .family = origin.family,
                .a = {},
                .counts = std::vector<std::uint64_t>(bounds.size() + 1),
                .sum_ms = 0};
            for (const auto& [a, sample] : counted) {
                histogram(with({source.source}, a, {}), bounds, *sample);
            }
            for (const LabelPair& zero : recipe_->zeros) {
                if (!counted.contains(zero.a)) {
                    histogram(with({source.source}, zero.a, {}), bounds, none);
                }
            }
        }
    }

    void operator()(const TaskStarts&) {
        for (const model::Snapshot& source : sources_) {
            std::map<std::uint32_t, std::int64_t> sums;
            std::map<std::string_view, std::pair<std::uint32_t, std::int64_t>> counts;
            for (const model::Sample& sample : source.samples) {
                if (sample.family == model::Family::app_task_start_ms) {
                    sums[sample.app] = sample.value;
                } else if (sample.family == model::Family::app_task_starts &&
                           is_shown(source.apps[sample.app], options_)) {
                    counts[source.apps[sample.app].label] = {sample.app, sample.value};
                }
            }
            for (const auto& [app, count] : counts) {
                ClientMetric::Summary& summary = add({source.source, app}).summary;
                summary.sample_count = static_cast<std::uint64_t>(count.second);
                summary.sample_sum = seconds(sums[count.first]);
            }
        }
    }

    void operator()(const PerApp& origin) {
        for (const model::Snapshot& source : sources_) {
            std::map<std::string_view, Number> numbers;
            for (const model::AppSample& app : source.apps) {
                if (const auto value = origin.of(app); value && is_shown(app, options_)) {
                    numbers[app.label] = *value;
                }
            }
            for (const auto& [app, value] : numbers) {
                number({source.source, app}, value);
            }
        }
    }

    void operator()(const PerSource& origin) {
        for (const model::Snapshot& source : sources_) {
            if (const auto value = origin.of(source)) {
                number({source.source}, *value);
            }
        }
    }

    void operator()(const PerStream& origin) {
        for (const StreamNumbers& stream : streams_) {
            if (const auto value = origin.of(stream)) {
                number({stream.source}, *value);
            }
        }
    }

  private:
    /// `values` with those of the labels that the family has beside them.
    Values with(Values values, std::string_view a, std::string_view b) const {
        for (const std::string_view value : {a, b}) {
            if (values.size() < recipe_->info.labels.size() &&
                !recipe_->info.labels[values.size()].empty()) {
                values.push_back(value);
            }
        }
        return values;
    }

    void add_zeros(std::map<Values, std::int64_t>& series, const Values& values) const {
        for (const LabelPair& zero : recipe_->zeros) {
            series.try_emplace(with(values, zero.a, zero.b), 0);
        }
    }

    ClientMetric& add(const Values& values) {
        ClientMetric& metric = family_.metric.emplace_back();
        for (std::size_t i = 0; i < values.size(); ++i) {
            metric.label.push_back({std::string(recipe_->info.labels[i]), std::string(values[i])});
        }
        return metric;
    }

    void number(const Values& values, Number number) {
        ClientMetric& metric = add(values);
        (family_.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value
        ) = value_of(number);
    }

    void histogram(
        const Values& values,
        const std::vector<TimeMs>& bounds,
        const model::HistogramSample& sample
    ) {
        ClientMetric::Histogram& histogram = add(values).histogram;
        for (std::size_t i = 0; i < sample.counts.size(); ++i) {
            histogram.sample_count += sample.counts[i];
            const double bound =
                i < bounds.size() ? seconds(bounds[i]) : std::numeric_limits<double>::infinity();
            histogram.bucket.push_back(
                {.cumulative_count = histogram.sample_count, .upper_bound = bound}
            );
        }
        histogram.sample_sum = seconds(sample.sum_ms);
    }

    std::span<const model::Snapshot> sources_;
    std::span<const StreamNumbers> streams_;
    const Options& options_;
    const Recipe* recipe_ = nullptr;
    MetricFamily family_;
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
        return Gatherer(sources_, streams_, options_).gather();
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
