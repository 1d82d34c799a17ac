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
/// Packed by the writer, who knows where the text repeats itself, it costs about as much as not
/// packed; by zlib ten times that.
enum class Packing : std::uint8_t { plain, gzip };

/// The exact Content-Type of a format.
[[nodiscard]] std::string_view content_type(Format format);

/// What decides, beside the numbers, which series are shown.
struct Options {
    TimeMs now = 0;             ///< wall clock: ended apps leave ten minutes after their last event
    bool show_all = false;      ///< show ended apps too (replay --metrics)
    bool count_series = false;  ///< end with marathon_tally_series{family}
    Packing packing = Packing::plain;  ///< gzip: one member, even of nothing
    model::Buckets
        buckets{};  ///< the bounds that the histograms of the snapshots were counted with
};

/// The whole exposition, scrape after scrape: the families of `sources` and `streams`, then those of
/// `others` (our own marathon_tally_*, process_*), whose names must not be among the former.
///
/// Families are contiguous, each with HELP and TYPE once; one without a series is left out. Series
/// stand in the order of their sources, then of their label values, so that equal numbers give
/// equal bytes. Text in labels is made safe for every scraper: NUL and invalid UTF-8 become U+FFFD.
///
/// What a series says before its number is put together once and kept, about 15 bytes a series, so a
/// scrape need bring the labels of new series only. A source must be the same World as long as this
/// lives; it may be left out of a scrape and come back. Thread: one.
class Exposition {
  public:
    Exposition();
    ~Exposition();

    [[nodiscard]] model::KnownSeries known() const;

    /// `sources`: taken with at most what was known() before.
    [[nodiscard]] std::string render(
        std::vector<model::Snapshot> sources,
        std::span<const StreamNumbers> streams,
        std::span<const prometheus::Collectable* const> others,
        Format format,
        const Options& options
    );

    /// Bytes kept between scrapes.
    [[nodiscard]] std::size_t memory() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The same once, of snapshots with all labels. Pure but for what Collect() does. Any thread.
[[nodiscard]] std::string render(
    std::span<const model::Snapshot> sources,
    std::span<const StreamNumbers> streams,
    std::span<const prometheus::Collectable* const> others,
    Format format,
    const Options& options
);

/// The same families as prometheus-cpp values, for any Exposer, serialiser or Registry of that
/// library. Shared because Exposer::RegisterCollectable keeps a weak_ptr. The label views in
/// `sources`, which have all labels, must outlive it. Made in the plainest way, not the quickest.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> make_collectable(
    std::vector<model::Snapshot> sources, std::vector<StreamNumbers> streams, Options options
);

}  // namespace tally::report
