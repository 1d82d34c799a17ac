#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "tally/model/snapshot.hpp"
#include "tally/report/exposition.hpp"
#include "tally/report/families.hpp"
#include "tally/report/stream_numbers.hpp"

namespace tally::report {

/// A value as the model keeps it: whole, or milliseconds to be shown as seconds.
struct Number {
    enum class Unit : std::uint8_t { whole, milliseconds };
    std::int64_t value = 0;
    Unit unit = Unit::whole;
};

/// Label values of a closed set, shown with 0 before they are first counted.
struct LabelPair {
    std::string_view a;
    std::string_view b;
};

/// Where the series of a family come from.
struct Counts {
    model::Family family{};
    Number::Unit unit = Number::Unit::whole;
};

struct Histograms {
    model::HistogramFamily family{};
};

struct TaskStarts {};  ///< the summary of app_task_starts and app_task_start_ms

struct PerApp {
    std::optional<Number> (*of)(const model::AppSample&) = nullptr;
};

struct PerSource {
    std::optional<Number> (*of)(const model::Snapshot&) = nullptr;
};

struct PerStream {
    std::optional<Number> (*of)(const StreamNumbers&) = nullptr;
};

using Origin = std::variant<Counts, Histograms, TaskStarts, PerApp, PerSource, PerStream>;

/// One line of the table: a family and how it is made. `zeros` are shown from the start; of a
/// family with the label app as soon as that app has its first series in it.
struct Recipe {
    FamilyInfo info;
    Origin from;
    std::span<const LabelPair> zeros{};

    [[nodiscard]] bool by_app() const { return info.labels[1] == "app"; }
};

/// Whether the series of an app are shown: those of ended ones leave ten minutes after its last event.
[[nodiscard]] bool is_shown(const model::AppSample& app, const Options& options);

/// Every `marathon_` family, in the order in which they are shown.
[[nodiscard]] std::span<const Recipe> recipes();

}  // namespace tally::report
