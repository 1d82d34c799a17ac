#include "report/walk.hpp"

#include <algorithm>
#include <array>

#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

using Series = Layout::Series;

bool same_labels(const Series& left, const Series& right) {
    return left.a == right.a && left.b == right.b;
}

/// Goes through one family after the other; one function per kind of origin.
class Walk {
  public:
    Walk(
        const std::vector<Layout>& layouts,
        std::span<const StreamNumbers> streams,
        const Options& options,
        Sink& sink
    )
        : layouts_(layouts), streams_(streams), options_(options), sink_(sink) {}

    void family(const Recipe& recipe) {
        recipe_ = &recipe;
        sink_.begin(recipe.info);
        std::visit([this](const auto& origin) { (*this)(origin); }, recipe.from);
    }

    void operator()(const Counts& counts) {
        const bool by_app = recipe_->info.labels[1] == "app";
        for (const Layout& layout : layouts_) {
            const std::vector<Series> zeros = layout.labels_of(recipe_->zeros);
            if (!by_app) {
                show(layout, model::no_app, layout.series(counts.family), zeros, counts.unit);
                continue;
            }
            for (std::size_t slot = 0; slot < layout.apps().size(); ++slot) {
                const auto series = layout.series(counts.family, slot);
                if (!series.empty()) {
                    show(layout, layout.apps()[slot], series, zeros, counts.unit);
                }
            }
        }
    }

    void operator()(const Histograms& origin) {
        const std::vector<TimeMs>& bounds = options_.buckets.of(origin.family);
        const std::vector<std::uint64_t> none(bounds.size() + 1);
        const bool labelled = !recipe_->info.labels[1].empty();
        for (const Layout& layout : layouts_) {
            std::vector<std::string_view> shown;
            for (const model::HistogramSample* sample : histograms(layout, origin.family)) {
                TALLY_ASSERT(sample->counts.size() == bounds.size() + 1);
                const std::array values{std::string_view(layout.snapshot().source), sample->a};
                sink_.histogram(
                    std::span(values).first(labelled ? 2 : 1),
                    bounds,
                    sample->counts,
                    sample->sum_ms
                );
                shown.push_back(sample->a);
            }
            for (const LabelPair& zero : recipe_->zeros) {
                if (std::find(shown.begin(), shown.end(), zero.a) == shown.end()) {
                    const std::array values{std::string_view(layout.snapshot().source), zero.a};
                    sink_.histogram(std::span(values).first(labelled ? 2 : 1), bounds, none, 0);
                }
            }
        }
    }

    void operator()(const TaskStarts&) {
        for (const Layout& layout : layouts_) {
            for (std::size_t slot = 0; slot < layout.apps().size(); ++slot) {
                const auto counts = layout.series(model::Family::app_task_starts, slot);
                if (counts.empty()) {
                    continue;
                }
                const auto sums = layout.series(model::Family::app_task_start_ms, slot);
                const std::array values = values_of(layout, slot);
                sink_.summary(values, counts[0].value, sums.empty() ? 0 : sums[0].value);
            }
        }
    }

    void operator()(const PerApp& origin) {
        for (const Layout& layout : layouts_) {
            for (std::size_t slot = 0; slot < layout.apps().size(); ++slot) {
                if (const auto number = origin.of(layout.snapshot().apps[layout.apps()[slot]])) {
                    const std::array values = values_of(layout, slot);
                    sink_.number(values, *number);
                }
            }
        }
    }

    void operator()(const PerSource& origin) {
        for (const Layout& layout : layouts_) {
            if (const auto number = origin.of(layout.snapshot())) {
                const std::array values{std::string_view(layout.snapshot().source)};
                sink_.number(values, *number);
            }
        }
    }

    void operator()(const PerStream& origin) {
        for (const StreamNumbers& stream : streams_) {
            if (const auto number = origin.of(stream)) {
                const std::array values{std::string_view(stream.source)};
                sink_.number(values, *number);
            }
        }
    }

  private:
    /// Hands on `series`, of which none stands twice, with those of `zeros` that are missing.
    void show(
        const Layout& layout,
        std::uint32_t app,
        std::span<const Series> series,
        std::span<const Series> zeros,
        Number::Unit unit
    ) {
        const bool twice =
            std::adjacent_find(series.begin(), series.end(), same_labels) != series.end();
        if (!twice && zeros.empty()) {
            sink_.group(layout, app, series, unit);
            return;
        }
        scratch_.assign(zeros.begin(), zeros.end());
        scratch_.insert(scratch_.end(), series.begin(), series.end());
        std::stable_sort(
            scratch_.begin(),
            scratch_.end(),
            [](const Series& left, const Series& right) {
                return left.a != right.a ? left.a < right.a : left.b < right.b;
            }
        );
        std::size_t last = 0;
        for (std::size_t i = 1; i < scratch_.size(); ++i) {
            if (same_labels(scratch_[last], scratch_[i])) {
                scratch_[last].value += scratch_[i].value;
            } else {
                scratch_[++last] = scratch_[i];
            }
        }
        sink_.group(layout, app, std::span<const Series>(scratch_).first(last + 1), unit);
    }

    static std::vector<const model::HistogramSample*> histograms(
        const Layout& layout, model::HistogramFamily family
    ) {
        std::vector<const model::HistogramSample*> found;
        for (const model::HistogramSample& sample : layout.snapshot().histograms) {
            if (sample.family == family) {
                found.push_back(&sample);
            }
        }
        std::sort(found.begin(), found.end(), [](const auto* left, const auto* right) {
            return left->a < right->a;
        });
        return found;
    }

    static std::array<std::string_view, 2> values_of(const Layout& layout, std::size_t slot) {
        return {layout.snapshot().source, layout.snapshot().apps[layout.apps()[slot]].label};
    }

    const std::vector<Layout>& layouts_;
    std::span<const StreamNumbers> streams_;
    const Options& options_;
    Sink& sink_;
    const Recipe* recipe_ = nullptr;
    std::vector<Series> scratch_;
};

}  // namespace

void walk(
    std::span<const model::Snapshot> sources,
    std::span<const StreamNumbers> streams,
    const Options& options,
    Sink& sink
) {
    std::vector<Layout> layouts;
    layouts.reserve(sources.size());
    for (const model::Snapshot& source : sources) {
        layouts.emplace_back(source, options.now, options.show_all);
    }
    Walk walk(layouts, streams, options, sink);
    for (const Recipe& recipe : recipes()) {
        walk.family(recipe);
    }
}

}  // namespace tally::report
