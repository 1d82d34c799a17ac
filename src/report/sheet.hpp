#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "report/recipes.hpp"
#include "report/texts.hpp"
#include "tally/model/snapshot.hpp"

namespace tally::report {

/// All series of one source in the order in which they are shown: by family, then by the label app,
/// then by the other two. What a line says before its number is ready in three pieces:
///
///     marathon_tasks{source="s",app=" | /shop | ",state="TASK_RUNNING"} | 5
///     once a scrape                     apps()  ends()                    the value of a cell
///
/// Every piece is kept once, whatever number of series has it, and a line is two numbers: 10 to 20
/// bytes a series in all.
///
/// It learns from one Snapshot after the other and forgets nothing: what it knows is in order, what
/// is new is sorted and merged into the families that it belongs to. Thread: one.
class Sheet {
  public:
    /// No series: a 0 that is shown from the start.
    static constexpr std::uint32_t no_cell = 0xFFFFFFFF;

    struct Line {
        std::uint32_t end = 0;         ///< number in ends()
        std::uint32_t cell = no_cell;  ///< number of the series
    };

    /// The lines of one app, or all of a family without the label app.
    struct Group {
        std::uint32_t app = model::no_app;
        std::uint32_t lines_end = 0;  ///< they begin where those of the group before end
    };

    struct Block {
        std::vector<Group> groups;
        std::vector<Line> lines;
    };

    /// Where app_task_starts and app_task_start_ms of an app are.
    struct Starts {
        std::uint32_t count = no_cell;
        std::uint32_t sum = no_cell;
    };

    Sheet();

    /// How many series it knows: for World::snapshot().
    [[nodiscard]] std::size_t known() const { return known_; }

    /// Learns what is new in a snapshot of which it knows all series that have values only. These
    /// and the samples become all values by number, those that bear the same labels added up.
    void take(model::Snapshot& snapshot);

    /// The series of a family by its place in recipes().
    [[nodiscard]] const Block& block(std::size_t recipe) const { return blocks_[recipe]; }

    /// Indices of all apps, in the order of their labels.
    [[nodiscard]] std::span<const std::uint32_t> apps_in_order() const { return order_; }

    /// Of each app, as it stands between the quotes.
    [[nodiscard]] const Texts& apps() const { return apps_; }

    /// What follows the app, or the source: `",state="TASK_RUNNING"} `.
    [[nodiscard]] const Texts& ends() const { return ends_; }

    [[nodiscard]] const Starts& starts(std::uint32_t app) const { return starts_[app]; }

    /// Bytes it holds.
    [[nodiscard]] std::size_t memory() const;

  private:
    using Label = std::uint16_t;

    /// A line on its way to its place.
    struct Birth {
        std::uint64_t key = 0;  ///< by which lines are ordered, within one take()
        std::uint32_t app = model::no_app;
        Line line;
    };

    void learn_apps(std::span<const model::AppSample> apps);
    void learn_labels(std::span<const model::Sample> samples);
    Label label(std::string_view text);
    void rank_labels();
    void bear(const model::Sample& sample, std::uint32_t cell);
    void bear(std::size_t recipe, std::uint32_t app, Label a, Label b, std::uint32_t cell);
    void bear_zeros(std::size_t recipe, std::uint32_t app);
    std::uint32_t end_of(std::size_t recipe, Label a, Label b);
    [[nodiscard]] std::uint64_t key_of(std::size_t recipe, std::uint32_t app, std::uint32_t end)
        const;
    void settle();
    void merge(std::size_t recipe, std::span<const Birth> births);
    void append(Block& block, const Birth& birth, bool same_labels);

    struct LabelPlaces {
        Label a = 0;
        Label b = 0;
    };

    std::size_t known_ = 0;
    Texts apps_;
    std::vector<std::uint32_t> order_;  // of the apps
    std::vector<std::uint32_t> rank_;   // of each app in it
    std::vector<Starts> starts_;        // of each app
    std::deque<std::string> labels_;
    boost::unordered_flat_map<std::string_view, Label> label_index_;
    std::vector<Label> label_rank_;
    Texts ends_;
    std::vector<LabelPlaces> labels_of_end_;
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> end_index_;
    std::vector<Block> blocks_;  // by recipe
    std::vector<Birth> births_;

    struct Joined {
        std::uint32_t into = 0;
        std::uint32_t from = 0;
    };

    std::vector<Joined> joined_;  // series of the same labels
};

}  // namespace tally::report
