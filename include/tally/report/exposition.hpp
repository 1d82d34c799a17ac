#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tally/base/time.hpp"
#include "tally/model/snapshot.hpp"
#include "tally/report/stream_numbers.hpp"

namespace prometheus {
class Collectable;
}

namespace tally::report {

enum class Format : std::uint8_t { text, openmetrics };

/// The exact Content-Type of a format.
[[nodiscard]] std::string_view content_type(Format format);

/// What decides, beside the numbers, which series are shown.
struct Options {
    TimeMs now = 0;             ///< wall clock: ended apps leave ten minutes after their last event
    bool show_all = false;      ///< show ended apps too (replay --metrics)
    bool count_series = false;  ///< end with marathon_tally_series{family}
    model::Buckets
        buckets{};  ///< the bounds that the histograms of the snapshots were counted with
};

/// The whole exposition: the families of `sources` and `streams`, then those of `others` (our own
/// marathon_tally_*, process_*), whose names must not be among the former.
///
/// Families are contiguous, each with HELP and TYPE once; one without a series is left out. Series
/// stand in the order of their sources, then of their label values, so that equal numbers give
/// equal bytes. Text in labels is made safe for every scraper: NUL and invalid UTF-8 become U+FFFD.
/// Pure but for what Collect() does. Any thread.
[[nodiscard]] std::string render(
    std::span<const model::Snapshot> sources,
    std::span<const StreamNumbers> streams,
    std::span<const prometheus::Collectable* const> others,
    Format format,
    const Options& options
);

/// The same families as prometheus-cpp values, for any Exposer, serialiser or Registry of that
/// library. Shared because Exposer::RegisterCollectable keeps a weak_ptr. The label views in
/// `sources` must outlive it.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> make_collectable(
    std::vector<model::Snapshot> sources, std::vector<StreamNumbers> streams, Options options
);

}  // namespace tally::report
