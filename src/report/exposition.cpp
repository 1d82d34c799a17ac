#include "tally/report/exposition.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "report/walk.hpp"

namespace tally::report {

namespace {

constexpr std::size_t small_page = std::size_t{64} << 10;

/// Families of one name become one, in the order of their first appearance.
std::vector<prometheus::MetricFamily> collect(
    std::span<const prometheus::Collectable* const> collectables
) {
    std::vector<prometheus::MetricFamily> all;
    for (const prometheus::Collectable* collectable : collectables) {
        for (prometheus::MetricFamily& family : collectable->Collect()) {
            const auto same = std::find_if(all.begin(), all.end(), [&family](const auto& other) {
                return other.name == family.name;
            });
            if (same == all.end()) {
                all.push_back(std::move(family));
            } else {
                same->metric.insert(same->metric.end(), family.metric.begin(), family.metric.end());
            }
        }
    }
    return all;
}

}  // namespace

std::string_view content_type(Format format) {
    return format == Format::text ? "text/plain; version=0.0.4; charset=utf-8"
                                  : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

class Exposition::Impl {
  public:
    std::map<std::string, Sheet, std::less<>> sheets;
    std::array<std::size_t, 2> last_size{};  ///< by packing
};

Exposition::Exposition() : impl_(std::make_unique<Impl>()) {}

Exposition::~Exposition() = default;

model::KnownSeries Exposition::known() const {
    model::KnownSeries known;
    for (const auto& [source, sheet] : impl_->sheets) {
        known.emplace(source, sheet.known());
    }
    return known;
}

std::string Exposition::render(
    std::vector<model::Snapshot> sources,
    std::span<const StreamNumbers> streams,
    std::span<const prometheus::Collectable* const> others,
    Format format,
    const Options& options
) {
    std::vector<Source> shown;
    for (model::Snapshot& source : sources) {
        Sheet& sheet = impl_->sheets[source.source];
        sheet.take(source);
        shown.push_back(source_of(source, sheet, options));
    }
    std::size_t& last_size = impl_->last_size[static_cast<std::size_t>(options.packing)];
    TextWriter writer(format, options.packing, last_size + small_page);
    walk(shown, streams, options, writer);
    for (const prometheus::MetricFamily& family : collect(others)) {
        writer.family(family);
    }
    if (options.count_series) {
        writer.series_by_family();
    }
    std::string text = writer.finish();
    last_size = text.size();
    return text;
}

std::size_t Exposition::memory() const {
    std::size_t bytes = 0;
    for (const auto& [source, sheet] : impl_->sheets) {
        bytes += sheet.memory();
    }
    return bytes;
}

std::string render(
    std::span<const model::Snapshot> sources,
    std::span<const StreamNumbers> streams,
    std::span<const prometheus::Collectable* const> others,
    Format format,
    const Options& options
) {
    return Exposition().render({sources.begin(), sources.end()}, streams, others, format, options);
}

}  // namespace tally::report
