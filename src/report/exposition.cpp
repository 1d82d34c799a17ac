#include "tally/report/exposition.hpp"

#include <algorithm>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "report/text_writer.hpp"

namespace tally::report {

namespace {

constexpr std::size_t line_size = 128;  // a guess at the length of a line, to allocate once

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

std::string render(
    std::span<const model::Snapshot> sources,
    std::span<const StreamNumbers> streams,
    std::span<const prometheus::Collectable* const> others,
    Format format,
    const Options& options
) {
    std::size_t lines = 1024;
    for (const model::Snapshot& source : sources) {
        lines += source.samples.size() + 5 * source.apps.size();
    }
    TextWriter writer(format, lines * line_size);
    walk(sources, streams, options, writer);
    for (const prometheus::MetricFamily& family : collect(others)) {
        writer.family(family);
    }
    if (options.count_series) {
        writer.series_by_family();
    }
    return writer.finish();
}

}  // namespace tally::report
