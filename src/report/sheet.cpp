#include "report/sheet.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "report/escape.hpp"
#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

// A key is recipe | rank of the app | rank of a | rank of b.
constexpr unsigned label_bits = 16;
constexpr unsigned app_bits = 26;
constexpr std::size_t apps_max = std::size_t{1} << app_bits;
constexpr std::size_t labels_max = std::size_t{1} << label_bits;
constexpr std::size_t recipes_max = std::size_t{1} << (64 - app_bits - 2 * label_bits);

constexpr std::size_t no_recipe = recipes_max;

/// Which recipe shows a family of the model as series; those of summaries are not among them.
const std::array<std::size_t, model::family_count>& recipe_by_family() {
    static const auto by_family = [] {
        std::array<std::size_t, model::family_count> places{};
        places.fill(no_recipe);
        for (std::size_t i = 0; i < recipes().size(); ++i) {
            if (const auto* counts = std::get_if<Counts>(&recipes()[i].from)) {
                places[static_cast<std::size_t>(counts->family)] = i;
            }
        }
        return places;
    }();
    return by_family;
}

std::string escaped(std::string_view text) {
    std::string out;
    append_label_value(out, text);
    return out;
}

}  // namespace

Sheet::Sheet() : blocks_(recipes().size()) {
    TALLY_ASSERT(recipes().size() < recipes_max);
}

void Sheet::take(model::Snapshot& snapshot) {
    TALLY_ASSERT(snapshot.values.size() <= known_);
    learn_apps(snapshot.apps);
    const std::size_t told =
        known_ - snapshot.values.size();  // of the samples, by a scrape between
    const auto samples =
        std::span(snapshot.samples).subspan(std::min(told, snapshot.samples.size()));
    learn_labels(samples);
    if (known_ == 0) {
        for (std::size_t recipe = 0; recipe < recipes().size(); ++recipe) {
            if (!recipes()[recipe].by_app()) {
                bear_zeros(recipe, model::no_app);
            }
        }
    }
    for (const model::Sample& sample : samples) {
        bear(sample, static_cast<std::uint32_t>(known_++));
    }
    settle();
    for (const model::Sample& sample : snapshot.samples) {
        snapshot.values.push_back(sample.value);
    }
    TALLY_ASSERT(snapshot.values.size() == known_);
    for (const Joined& joined : joined_) {
        snapshot.values[joined.into] += snapshot.values[joined.from];
    }
}

void Sheet::learn_apps(std::span<const model::AppSample> apps) {
    const auto first_new = static_cast<std::uint32_t>(apps_.size());
    if (apps.size() <= first_new) {
        return;
    }
    TALLY_ASSERT(apps.size() < apps_max);
    const auto before = [apps](std::uint32_t left, std::uint32_t right) {
        return apps[left].label < apps[right].label;
    };
    for (std::uint32_t app = first_new; app < apps.size(); ++app) {
        apps_.add(escaped(apps[app].label));
        order_.push_back(app);
    }
    std::sort(order_.begin() + first_new, order_.end(), before);
    std::inplace_merge(order_.begin(), order_.begin() + first_new, order_.end(), before);
    starts_.resize(apps.size());
    rank_.resize(apps.size());
    for (std::uint32_t place = 0; place < order_.size(); ++place) {
        rank_[order_[place]] = place;
    }
}

void Sheet::learn_labels(std::span<const model::Sample> samples) {
    const std::size_t before = labels_.size();
    for (const model::Sample& sample : samples) {
        (void)label(sample.a);
        (void)label(sample.b);
    }
    if (known_ == 0) {
        for (const Recipe& recipe : recipes()) {
            for (const LabelPair& pair : recipe.zeros) {
                (void)label(pair.a);
                (void)label(pair.b);
            }
        }
    }
    if (labels_.size() != before) {
        rank_labels();
    }
}

Sheet::Label Sheet::label(std::string_view text) {
    const auto found = label_index_.find(text);
    if (found != label_index_.end()) {
        return found->second;
    }
    TALLY_ASSERT(labels_.size() < labels_max);
    const auto number = static_cast<Label>(labels_.size());
    label_index_.emplace(labels_.emplace_back(text), number);
    return number;
}

void Sheet::rank_labels() {
    std::vector<Label> sorted(labels_.size());
    std::iota(sorted.begin(), sorted.end(), Label{0});
    std::sort(sorted.begin(), sorted.end(), [this](Label left, Label right) {
        return labels_[left] < labels_[right];
    });
    label_rank_.resize(labels_.size());
    for (std::size_t rank = 0; rank < sorted.size(); ++rank) {
        label_rank_[sorted[rank]] = static_cast<Label>(rank);
    }
}

void Sheet::bear(const model::Sample& sample, std::uint32_t cell) {
    const bool has_app = sample.app != model::no_app;
    TALLY_ASSERT(!has_app || sample.app < starts_.size());
    if (has_app && sample.family == model::Family::app_task_starts) {
        starts_[sample.app].count = cell;
    } else if (has_app && sample.family == model::Family::app_task_start_ms) {
        starts_[sample.app].sum = cell;
    }
    const std::size_t recipe = recipe_by_family()[static_cast<std::size_t>(sample.family)];
    if (recipe == no_recipe || recipes()[recipe].by_app() != has_app) {
        return;
    }
    bear(recipe, sample.app, label(sample.a), label(sample.b), cell);
    if (has_app) {
        bear_zeros(recipe, sample.app);
    }
}

void Sheet::bear(std::size_t recipe, std::uint32_t app, Label a, Label b, std::uint32_t cell) {
    const std::uint32_t end = end_of(recipe, a, b);
    births_.push_back(
        {.key = key_of(recipe, app, end), .app = app, .line = {.end = end, .cell = cell}}
    );
}

void Sheet::bear_zeros(std::size_t recipe, std::uint32_t app) {
    for (const LabelPair& pair : recipes()[recipe].zeros) {
        bear(recipe, app, label(pair.a), label(pair.b), no_cell);
    }
}

std::uint32_t Sheet::end_of(std::size_t recipe, Label a, Label b) {
    const std::uint64_t key =
        (std::uint64_t{recipe} << (2 * label_bits)) | (std::uint64_t{a} << label_bits) | b;
    const auto [found, is_new] = end_index_.try_emplace(key, 0);
    if (is_new) {
        const Recipe& shown = recipes()[recipe];
        std::string text = "\"";
        const std::size_t first = shown.by_app() ? 2 : 1;
        for (std::size_t i = first; i < first + 2; ++i) {
            if (const std::string_view name = shown.info.labels[i]; !name.empty()) {
                text.append(",").append(name).append("=\"");
                append_label_value(text, labels_[i == first ? a : b]);
                text += '"';
            }
        }
        found->second = ends_.add(text + "} ");
        labels_of_end_.push_back({.a = a, .b = b});
    }
    return found->second;
}

std::uint64_t Sheet::key_of(std::size_t recipe, std::uint32_t app, std::uint32_t end) const {
    const LabelPlaces labels = labels_of_end_[end];
    const std::uint64_t place = app == model::no_app ? 0 : rank_[app];
    return (((std::uint64_t{recipe} << app_bits) | place) << (2 * label_bits)) |
           (std::uint64_t{label_rank_[labels.a]} << label_bits) | label_rank_[labels.b];
}

/// Brings what was born to its place.
void Sheet::settle() {
    // Of lines with the same labels a zero comes last.
    std::sort(births_.begin(), births_.end(), [](const Birth& left, const Birth& right) {
        return left.key != right.key ? left.key < right.key : left.line.cell < right.line.cell;
    });
    constexpr unsigned recipe_shift = app_bits + 2 * label_bits;
    for (auto from = births_.begin(); from != births_.end();) {
        const std::uint64_t recipe = from->key >> recipe_shift;
        const auto to = std::find_if(from, births_.end(), [recipe](const Birth& birth) {
            return birth.key >> recipe_shift != recipe;
        });
        merge(recipe, std::span(from, to));
        from = to;
    }
    births_ = {};  // the first time they are many
}

void Sheet::merge(std::size_t recipe, std::span<const Birth> births) {
    const Block old = std::move(blocks_[recipe]);
    Block& merged = blocks_[recipe] = {};
    merged.lines.reserve(old.lines.size() + births.size());
    std::uint64_t last = std::numeric_limits<std::uint64_t>::max();  // not a key: no recipe has it
    const auto add = [&](const Birth& birth) {
        append(merged, birth, birth.key == last);
        last = birth.key;
    };
    auto next = births.begin();
    std::size_t at = 0;
    for (const Group& group : old.groups) {
        for (; at < group.lines_end; ++at) {
            const Line& line = old.lines[at];
            const std::uint64_t key = key_of(recipe, group.app, line.end);
            for (; next != births.end() && next->key < key; ++next) {
                add(*next);
            }
            add({.key = key, .app = group.app, .line = line});
        }
    }
    std::for_each(next, births.end(), add);
}

void Sheet::append(Block& block, const Birth& birth, bool same_labels) {
    if (same_labels) {
        std::uint32_t& cell = block.lines.back().cell;
        if (cell == no_cell) {
            cell = birth.line.cell;
        } else if (birth.line.cell != no_cell) {
            joined_.push_back({.into = cell, .from = birth.line.cell});
        }
        return;
    }
    if (block.groups.empty() || block.groups.back().app != birth.app) {
        block.groups.push_back({.app = birth.app});
    }
    block.lines.push_back(birth.line);
    block.groups.back().lines_end = static_cast<std::uint32_t>(block.lines.size());
}

std::size_t Sheet::memory() const {
    std::size_t bytes = apps_.memory() + ends_.memory();
    bytes += (order_.capacity() + rank_.capacity()) * sizeof(std::uint32_t);
    bytes += starts_.capacity() * sizeof(Starts);
    for (const Block& block : blocks_) {
        bytes += block.groups.capacity() * sizeof(Group) + block.lines.capacity() * sizeof(Line);
    }
    return bytes;
}

}  // namespace tally::report
