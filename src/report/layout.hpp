#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/recipes.hpp"
#include "tally/model/snapshot.hpp"

namespace tally::report {

/// The samples of one Snapshot in the order in which they are shown: by family, then by the label
/// app, then by the other two labels. Every distinct label value is escaped once, whatever number
/// of series has it.
///
/// The order costs three passes over the samples and no comparison of strings but among distinct
/// label values: a snapshot of 100k series has a few dozen of these.
///
/// The Snapshot must outlive it. Thread: one.
class Layout {
  public:
    /// An index into the distinct label values, which are in alphabetic order.
    using Label = std::uint32_t;

    struct Series {
        Label a = 0;
        Label b = 0;
        std::int64_t value = 0;
    };

    /// Apps not shown (`now`, `show_all` as in Options) have no slot.
    Layout(const model::Snapshot& snapshot, TimeMs now, bool show_all);

    [[nodiscard]] const model::Snapshot& snapshot() const { return snapshot_; }

    /// Indices of the apps shown, in alphabetic order, `other` included.
    [[nodiscard]] std::span<const std::uint32_t> apps() const { return apps_; }

    [[nodiscard]] std::string_view escaped_app(std::uint32_t app) const {
        return escaped_apps_[app];
    }

    /// The series of a family without the label app.
    [[nodiscard]] std::span<const Series> series(model::Family family) const;
    /// The series of a family for apps()[slot].
    [[nodiscard]] std::span<const Series> series(model::Family family, std::size_t slot) const;

    [[nodiscard]] std::size_t labels_count() const { return labels_.size(); }

    [[nodiscard]] std::string_view raw(Label label) const { return labels_[label]; }

    [[nodiscard]] std::string_view escaped(Label label) const { return escaped_labels_[label]; }

    /// A closed set as labels, in their order. Its values are those of a recipe's zeros.
    [[nodiscard]] std::vector<Series> labels_of(std::span<const LabelPair> pairs) const;

  private:
    void order_apps(TimeMs now, bool show_all);
    void name_labels();
    void order_samples();
    [[nodiscard]] std::uint32_t bucket_of(const model::Sample& sample) const;
    [[nodiscard]] Label label(std::string_view text) const;
    [[nodiscard]] std::size_t bucket(model::Family family, std::size_t slot) const;

    const model::Snapshot& snapshot_;
    std::vector<std::uint32_t> apps_;
    std::vector<std::uint32_t> slot_of_app_;
    std::vector<std::string> escaped_apps_;
    std::vector<std::string_view> labels_;
    std::vector<std::string> escaped_labels_;

    struct Place {
        Label a = 0;
        Label b = 0;
        std::uint32_t bucket = 0;
    };

    std::vector<Place> places_;          // of each sample
    std::vector<std::uint32_t> starts_;  // of each bucket in series_
    std::vector<Series> series_;
};

}  // namespace tally::report
