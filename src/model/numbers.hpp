#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "labels.hpp"
#include "tally/base/prefetch.hpp"
#include "tally/model/facts.hpp"
#include "tally/model/snapshot.hpp"

namespace tally::model {

/// Which label kinds a family has beside source and app, and whether it has the label app.
struct FamilyLabels {
    std::string_view name{};  ///< in table counter
    bool app = false;
    LabelKind a = LabelKind::nothing;
    LabelKind b = LabelKind::nothing;
};

[[nodiscard]] const FamilyLabels& labels_of(Family family);

struct HistogramLabels {
    std::string_view name{};
    LabelKind a = LabelKind::nothing;
};

[[nodiscard]] const HistogramLabels& labels_of(HistogramFamily family);

/// Which cells one value of the label app has: open addressing, 3/4 full at most.
class CellIndex {
  public:
    static constexpr std::uint32_t none = 0xFFFFFFFF;

    /// Codes are below 0xF0, but for the few at the end.
    [[nodiscard]] static std::uint32_t key_of(Family family, Code a, Code b) {
        constexpr std::uint32_t byte = 0xFF;
        return std::uint32_t{static_cast<std::uint8_t>(family)} << 16 | (a & byte) << 8 | (b & byte);
    }

    /// The number of the cell of a key, or none.
    [[nodiscard]] std::uint32_t find(std::uint32_t key) const { return entries_[place_of(key)].cell; }
    /// The key must not be there.
    void add(std::uint32_t key, std::uint32_t cell);

    /// Asks for the entries, as far as they fit into eight lines.
    TALLY_PREFETCH void prefetch() const {
        constexpr std::size_t bytes_max = 512;
        prefetch_bytes({reinterpret_cast<const char*>(entries_.data()), std::min(entries_.size() * sizeof(Entry), bytes_max)});
    }

  private:
    struct Entry {
        std::uint32_t key = 0;
        std::uint32_t cell = none;  ///< none: there is no entry
    };

    [[nodiscard]] std::size_t place_of(std::uint32_t key) const {
        constexpr std::uint32_t odd = 0x9E3779B1;
        const std::size_t mask = entries_.size() - 1;
        std::size_t at = key * odd >> 16 & mask;
        while (entries_[at].key != key && entries_[at].cell != none) {
            at = (at + 1) & mask;
        }
        return at;
    }
    void grow();

    std::vector<Entry> entries_{8};
    std::size_t count_ = 0;
};

/// Every counter, gauge and histogram of one source, as cells with small keys.
class Numbers {
  public:
    using AppIndex = std::uint32_t;

    explicit Numbers(Buckets buckets);

    void add(Family family, AppIndex app, Code a, Code b, std::int64_t n);
    void observe(HistogramFamily family, Code a, TimeMs value);

    /// Asks for where the cells of an app are found.
    TALLY_PREFETCH void prefetch(AppIndex app) const {
        if (app < by_app_.size()) {
            tally::prefetch(by_app_[app]);
        }
    }

    /// Asks for that.
    TALLY_PREFETCH void prefetch_cells(AppIndex app) const {
        if (app < by_app_.size()) {
            by_app_[app].prefetch();
        }
    }

    struct Cell {
        Family family{};
        bool dirty = false;
        bool born = false;
        AppIndex app = no_app;
        Code a = 0, b = 0;
        std::int64_t value = 0;
    };
    static_assert(sizeof(Cell) == 24);

    struct Histogram {
        HistogramFamily family{};
        Code a = 0;
        std::vector<std::uint64_t> counts{};
        TimeMs sum_ms = 0;
        bool mixed = false;  ///< once had other bounds
        bool dirty = false;
    };

    [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }

    /// 0 when it was never counted.
    [[nodiscard]] std::int64_t value(Family family, AppIndex app, Code a, Code b) const;

    [[nodiscard]] const std::vector<Histogram>& histograms() const { return histograms_; }

    /// Calls visit(index, cell) and visit(histogram) for what changed since the last call.
    template <class VisitCell, class VisitHistogram>
    void take_dirty(VisitCell&& visit_cell, VisitHistogram&& visit_histogram) {
        for (const std::uint32_t index : dirty_) {
            visit_cell(index, cells_[index]);
            cells_[index].dirty = false;
            cells_[index].born = false;
        }
        dirty_.clear();
        for (Histogram& histogram : histograms_) {
            if (histogram.dirty) {
                visit_histogram(histogram);
                histogram.dirty = false;
            }
        }
    }

    /// Puts back a cell under the number it had.
    void restore(std::uint32_t index, const Cell& cell);
    /// Puts back a histogram that had these upper bounds. If they are others now, each count goes
    /// to the smallest bound that is not below its own: cumulative counts stay exact at the bounds
    /// that are in both. It is `mixed` then, and to be written.
    void restore(Histogram histogram, std::span<const TimeMs> old_bounds);

    [[nodiscard]] const std::vector<TimeMs>& bounds_of(HistogramFamily family) const {
        return buckets_.of(family);
    }

  private:
    [[nodiscard]] CellIndex& index_of(AppIndex app) {
        if (app == no_app) {
            return without_app_;
        }
        if (app >= by_app_.size()) {
            by_app_.resize(std::size_t{app} + 1);
        }
        return by_app_[app];
    }
    Histogram& histogram(HistogramFamily family, Code a);

    Buckets buckets_;
    CellIndex without_app_;
    std::vector<CellIndex> by_app_{};
    std::vector<Cell> cells_{};
    std::vector<std::uint32_t> dirty_{};
    std::vector<Histogram> histograms_{};  // few: states, outcomes, actions
    std::array<std::array<std::uint8_t, 256>, histogram_family_count> histogram_index_{};  // one more; 0: none
};

}  // namespace tally::model
