#include "compare.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "comparer.hpp"

// The order of what is found, and apps.
namespace tally::model {

namespace {

/// 104 for 1.4.8; 0: not told.
int version_of(std::string_view text) {
    int major = 0;
    int minor = 0;
    const char* const end = text.data() + text.size();
    const auto [dot, error] = std::from_chars(text.data(), end, major);
    if (error != std::errc{} || dot == end || *dot != '.' ||
        std::from_chars(dot + 1, end, minor).ec != std::errc{}) {
        return 0;
    }
    return std::clamp(major, 0, 99) * 100 + std::clamp(minor, 0, 99);
}

}  // namespace

Comparer::Comparer(const Fold& fold, const decode::Snapshot& snapshot, const World::Comparison& how)
    : fold_(fold),
      snapshot_(snapshot),
      how_(how),
      seen_(fold, snapshot),
      version_(version_of(snapshot.version)),
      verdicts_(seen_.instances().size()) {
    for (const decode::Snapshot::App& app : snapshot.apps) {
        if (!app.pod) {
            apps_.insert(app.id);
        }
    }
    for (const SeenTask& task : seen_.tasks()) {
        look_at(task);
    }
}

std::vector<Difference> Comparer::differences() {
    find_apps(Life::again);
    find_gone_tasks();
    if (how_.other_cluster) {
        find_gone_instances();
        find_gone_deployments();
    }
    append(news_);
    if (!how_.other_cluster) {
        find_gone_instances();
    }
    for (std::uint32_t at = 0; at < verdicts_.size(); ++at) {
        compare_condition(at);
    }
    for (std::uint32_t at = 0; at < verdicts_.size(); ++at) {
        compare_health(at);
    }
    if (!how_.other_cluster) {
        find_gone_deployments();
    }
    find_running_deployments();
    find_apps(Life::gone);
    return std::move(found_);
}

void Comparer::append(std::vector<Difference>& differences) {
    found_.insert(
        found_.end(),
        std::make_move_iterator(differences.begin()),
        std::make_move_iterator(differences.end())
    );
}

void Comparer::add_gone(
    std::vector<Difference>& to,
    Difference::Kind kind,
    std::string_view id,
    std::string_view app,
    TimeMs low
) {
    to.push_back(
        {.kind = kind,
         .id = std::string(id),
         .app = std::string(app),
         .to = kind == Difference::Kind::deployment ? "unknown" : "none",
         .time_low = low}
    );
}

/// Those that are gone lie in memory by slot, which a restart changes.
void Comparer::append_by_name(std::vector<Difference>& gone) {
    std::sort(gone.begin(), gone.end(), [](const Difference& one, const Difference& other) {
        return one.id < other.id;
    });
    append(gone);
}

void Comparer::find_apps(Life life) {
    const Apps& apps = fold_.books_.apps;
    for (Apps::Index index = 1; index < apps.size(); ++index) {
        const App& app = apps[index];
        const bool is_there = seen_.shows_app(app.name);
        if (app.last_received > how_.sent && !(how_.other_cluster && life == Life::gone)) {
            continue;
        }
        if (life == Life::again ? app.ended && is_there
                                : !app.ended && !is_there &&
                                      (how_.other_cluster || !apps_kept_.contains(app.name))) {
            found_.push_back(
                {.kind = Difference::Kind::app,
                 .id = app.name,
                 .to = life == Life::again ? "live" : "none",
                 .time_low = std::min(how_.sent, how_.gap_start)}
            );
        }
    }
}

std::vector<Difference> compare(
    const Fold& fold, const decode::Snapshot& snapshot, const World::Comparison& how
) {
    return Comparer(fold, snapshot, how).differences();
}

bool has_unsettled_health(const Fold& fold, const decode::Snapshot& snapshot) {
    const World::Comparison how{.sent = std::numeric_limits<TimeMs>::max()};
    return Comparer(fold, snapshot, how).has_unsettled_health();
}

}  // namespace tally::model
