#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "numbers.hpp"
#include "tally/base/hash.hpp"
#include "tally/model/facts.hpp"
#include "tally/model/world.hpp"

namespace tally::model {

/// One app or pod of a source: its label, its end, and how long its entities were healthy.
struct App {
    std::string name;
    AppId row = 0;
    Numbers::AppIndex label = 0;  ///< its own index, or 0: counted as `other`
    TimeMs last_received = 0;
    std::uint32_t hour_row = 0;  ///< where in the batch its current hour may be
    bool ended = false;
    bool health_seen = false;
    bool dirty = false;
    bool born = false;
    std::int64_t healthy_now = 0;
    std::int64_t unhealthy_now = 0;
    std::int64_t healthy_ahead = 0;  ///< of healthy_now, whose time does not count yet
    std::int64_t unhealthy_ahead = 0;
    TimeMs accrued_until = no_time;
    TimeMs unhealthy_ms = 0;
    TimeMs observed_ms = 0;
    Hash128 last_check;  ///< the check told last, so that it is not told again with each failure
    double last_check_interval_s = 0;
    TimeMs last_deployment_ms = no_time;
    TimeMs last_deployment_ended = no_time;

    [[nodiscard]] std::int64_t healthy_counting() const { return healthy_now - healthy_ahead; }

    [[nodiscard]] std::int64_t unhealthy_counting() const {
        return unhealthy_now - unhealthy_ahead;
    }

    void count(Health health, std::int64_t n) {
        healthy_now += health == Health::healthy ? n : 0;
        unhealthy_now += health == Health::unhealthy ? n : 0;
    }

    void count_ahead(Health health, std::int64_t n) {
        healthy_ahead += health == Health::healthy ? n : 0;
        unhealthy_ahead += health == Health::unhealthy ? n : 0;
    }
};

/// All apps of a source, by name and by index. Index 0 is `other`. Apps are never forgotten.
class Apps {
  public:
    using Index = Numbers::AppIndex;

    Apps(SourceId source, const World::Options& options, AppId& next_app);

    /// The app of that name, made at first sight; past the cap it is labelled `other` for ever.
    Index intern(std::string_view name);
    /// The same, and quicker where it is that of `guess`.
    Index intern(std::string_view name, Index guess) {
        return guess != 0 && (*this)[guess].name == name ? guess : intern(name);
    }

    /// 0: there is none.
    [[nodiscard]] Index find(std::string_view name) const {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? 0 : found->second;
    }

    App& operator[](Index index) { return blocks_[index / block_size][index % block_size]; }

    const App& operator[](Index index) const {
        return blocks_[index / block_size][index % block_size];
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    [[nodiscard]] Index by_row(AppId row) const { return by_row_.at(row); }

    [[nodiscard]] Index label(Index index) const { return (*this)[index].label; }

    TALLY_PREFETCH void prefetch(Index index) const { tally::prefetch((*this)[index]); }

    void touch(Index index);

    /// Counts the health time since the last call up to `clock`, hour by hour, of all whose time
    /// counts.
    void accrue(Index index, TimeMs clock, Batch& out);
    /// The same for every app that has any whose time counts.
    void accrue_all(TimeMs clock, Batch& out);
    /// For every app that has any: what lies before `clock` and is not counted yet is not to be.
    void skip_to(TimeMs clock);
    /// Counts the time of one entity.
    void add_time(Index index, Health health, TimeMs begin, TimeMs end, Batch& out);
    /// The app's row of the hour of `time` in this batch, to add to.
    AppHourDelta& hour(Index index, TimeMs time, Batch& out);

    void finish(Batch& out);
    /// The entities that are healthy and unhealthy now are counted when they are restored.
    void restore(const AppRow& row);

  private:
    static constexpr std::size_t block_size = 64;

    struct HashOfName {
        using is_avalanching = void;
        std::size_t operator()(std::string_view name) const { return hash128(name).low; }
    };

    struct Entities {
        std::int64_t unhealthy = 0, observed = 0;
    };

    App& append();
    void add_time(Index index, Entities entities, TimeMs begin, TimeMs end, Batch& out);

    SourceId source_;
    std::size_t max_apps_;
    const std::set<std::string, std::less<>>* decided_;
    AppId& next_app_;
    std::vector<std::unique_ptr<App[]>> blocks_;  // an app stays where it is: by_name_ has views of their names
    std::size_t size_ = 0;
    boost::unordered_flat_map<std::string_view, Index, HashOfName> by_name_;
    boost::unordered_flat_map<AppId, Index> by_row_;
    std::vector<Index> dirty_;
};

}  // namespace tally::model
