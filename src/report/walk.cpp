#include "report/walk.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

/// Writes one family after the other; one function per kind of origin.
class Walk {
  public:
    Walk(
        std::span<const Source> sources,
        std::span<const StreamNumbers> streams,
        const Options& options,
        TextWriter& writer
    )
        : sources_(sources), streams_(streams), options_(options), writer_(writer) {}

    void write(std::size_t which) {
        which_ = which;
        recipe_ = &recipes()[which];
        writer_.begin(recipe_->info);
        std::visit([this](const auto& origin) { (*this)(origin); }, recipe_->from);
    }

    void operator()(const Counts& counts) {
        for (const Source& source : sources_) {
            const std::string head = writer_.head({}, source.now.source, recipe_->by_app());
            const Sheet::Block& block = source.sheet.block(which_);
            gather_values(block, source.now.values);
            std::size_t begin = 0;
            for (const Sheet::Group& group : block.groups) {
                const std::size_t size = group.lines_end - begin;
                const TextWriter::Ready ready{
                    .lines = std::span(block.lines).subspan(begin, size),
                    .values = std::span(values_).subspan(begin, size),
                    .ends = source.sheet.ends(),
                    .unit = counts.unit};
                begin = group.lines_end;
                if (group.app == model::no_app) {
                    writer_.lines(head, {}, ready);
                } else if (source.shown[group.app] != 0) {
                    writer_.lines(head, source.sheet.apps()[group.app], ready);
                }
            }
        }
    }

    void operator()(const Histograms& origin) {
        const std::vector<TimeMs>& bounds = options_.buckets.of(origin.family);
        const std::vector<std::uint64_t> none(bounds.size() + 1);
        const bool labelled = !recipe_->info.labels[1].empty();
        for (const Source& source : sources_) {
            std::vector<std::string_view> shown;
            for (const model::HistogramSample* sample : histograms(source.now, origin.family)) {
                TALLY_ASSERT(sample->counts.size() == bounds.size() + 1);
                const std::array values{std::string_view(source.now.source), sample->a};
                writer_.histogram(
                    std::span(values).first(labelled ? 2 : 1),
                    bounds,
                    sample->counts,
                    sample->sum_ms
                );
                shown.push_back(sample->a);
            }
            for (const LabelPair& zero : recipe_->zeros) {
                if (std::find(shown.begin(), shown.end(), zero.a) == shown.end()) {
                    const std::array values{std::string_view(source.now.source), zero.a};
                    writer_.histogram(std::span(values).first(labelled ? 2 : 1), bounds, none, 0);
                }
            }
        }
    }

    void operator()(const TaskStarts&) {
        for (const Source& source : sources_) {
            const std::string sum = writer_.head("_sum", source.now.source, true);
            const std::string count = writer_.head("_count", source.now.source, true);
            for (const std::uint32_t app : source.apps) {
                const Sheet::Starts& starts = source.sheet.starts(app);
                if (starts.count == Sheet::no_cell) {
                    continue;
                }
                const std::string_view text = source.sheet.apps()[app];
                const TimeMs ms = starts.sum == Sheet::no_cell ? 0 : source.now.values[starts.sum];
                writer_.line(sum, text, {.value = ms, .unit = Number::Unit::milliseconds});
                writer_.line(count, text, {.value = source.now.values[starts.count]});
            }
        }
    }

    void operator()(const PerApp& origin) {
        for (const Source& source : sources_) {
            const std::string head = writer_.head({}, source.now.source, true);
            for (const std::uint32_t app : source.apps) {
                if (const auto number = origin.of(source.now.apps[app])) {
                    writer_.line(head, source.sheet.apps()[app], *number);
                }
            }
        }
    }

    void operator()(const PerSource& origin) {
        for (const Source& source : sources_) {
            if (const auto number = origin.of(source.now)) {
                const std::array values{std::string_view(source.now.source)};
                writer_.number(values, *number);
            }
        }
    }

    void operator()(const PerStream& origin) {
        for (const StreamNumbers& stream : streams_) {
            if (const auto number = origin.of(stream)) {
                const std::array values{std::string_view(stream.source)};
                writer_.number(values, *number);
            }
        }
    }

  private:
    /// The values of all lines, before they are written: the order of the cells is another, and so
    /// many of them are fetched from far memory at a time.
    void gather_values(const Sheet::Block& block, std::span<const std::int64_t> cells) {
        values_.resize(block.lines.size());
        std::transform(
            block.lines.begin(),
            block.lines.end(),
            values_.begin(),
            [cells](const Sheet::Line& line) {
                return line.cell == Sheet::no_cell ? 0 : cells[line.cell];
            }
        );
    }

    static std::vector<const model::HistogramSample*> histograms(
        const model::Snapshot& snapshot, model::HistogramFamily family
    ) {
        std::vector<const model::HistogramSample*> found;
        for (const model::HistogramSample& sample : snapshot.histograms) {
            if (sample.family == family) {
                found.push_back(&sample);
            }
        }
        std::sort(found.begin(), found.end(), [](const auto* left, const auto* right) {
            return left->a < right->a;
        });
        return found;
    }

    std::span<const Source> sources_;
    std::span<const StreamNumbers> streams_;
    const Options& options_;
    TextWriter& writer_;
    std::size_t which_ = 0;
    const Recipe* recipe_ = nullptr;
    std::vector<std::int64_t> values_;
};

}  // namespace

Source source_of(const model::Snapshot& now, const Sheet& sheet, const Options& options) {
    Source source{.now = now, .sheet = sheet};
    source.shown.reserve(now.apps.size());
    for (const model::AppSample& app : now.apps) {
        source.shown.push_back(is_shown(app, options) ? 1 : 0);
    }
    const auto order = sheet.apps_in_order();
    source.apps.reserve(order.size());
    std::copy_if(
        order.begin(),
        order.end(),
        std::back_inserter(source.apps),
        [&source](std::uint32_t app) { return source.shown[app] != 0; }
    );
    return source;
}

void walk(
    std::span<const Source> sources,
    std::span<const StreamNumbers> streams,
    const Options& options,
    TextWriter& writer
) {
    Walk all(sources, streams, options, writer);
    for (std::size_t which = 0; which < recipes().size(); ++which) {
        all.write(which);
    }
}

}  // namespace tally::report
