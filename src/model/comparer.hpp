#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "fold.hpp"
#include "sightings.hpp"

namespace tally::model {

/// One snapshot against what is known (live.md section 3). In doubt nothing is said: an event later
/// than the request, a state the snapshot was too early for, a container nobody has heard of,
/// absence where it proves nothing. The Fold, the Snapshot and the Comparison must outlive it.
class Comparer {
  public:
    Comparer(const Fold& fold, const decode::Snapshot& snapshot, const World::Comparison& how);

    /// In the order in which they are to be applied: what begins again, what has ended, what is so
    /// now. An instance comes after its tasks, its health after both, since either may end it or
    /// let it live again.
    std::vector<Difference> differences();
    [[nodiscard]] bool has_unsettled_health() const;

  private:
    enum class Life { again, gone };

    /// What the tasks, and then the condition, of a seen instance say of it.
    struct Verdict {
        bool sure = true;        ///< nothing of it is older than what is known
        bool lives = false;      ///< a difference lets it live again
        bool ends = false;       ///< a difference ends it
        Code told = other_code;  ///< state of its last task
    };

    [[nodiscard]] bool heard_later(const Heard& heard) const {
        return heard.received() > how_.sent;
    }

    [[nodiscard]] bool is_first() const { return !fold_.stream_.reconciled() || how_.other_cluster; }

    /// Not before the gap, nor before the last event of what is known.
    [[nodiscard]] TimeMs low_of(const Heard& heard, TimeMs since) const {
        return std::min(how_.sent, std::max({how_.gap_start, heard.time(), since}));
    }

    /// Of what was not known.
    [[nodiscard]] TimeMs low_of_new(TimeMs told) const {
        return is_first() ? no_time : std::min(how_.sent, told == no_time ? how_.gap_start : told);
    }

    void append(std::vector<Difference>& differences);
    void add_gone(
        std::vector<Difference>& to,
        Difference::Kind kind,
        std::string_view id,
        std::string_view app,
        TimeMs low
    );
    void append_by_name(std::vector<Difference>& gone);
    void look_at(const SeenTask& seen);
    [[nodiscard]] bool is_newer(const SeenTask& seen, Code to, bool lives, Verdict& verdict) const;
    void find_gone_tasks();
    [[nodiscard]] bool is_kept(Slot instance) const;
    [[nodiscard]] bool is_of_pod(std::string_view task, std::string_view app) const;
    void find_gone_instances();
    [[nodiscard]] bool is_absent(Slot slot, std::string_view name, const std::string& app);
    [[nodiscard]] bool has_conditions(Slot slot) const;
    void compare_condition(std::uint32_t at);
    [[nodiscard]] std::optional<Health> health_before(std::uint32_t at) const;
    void compare_health(std::uint32_t at);
    [[nodiscard]] std::string health_entity(const SeenInstance& seen) const;
    void find_running_deployments();
    void find_gone_deployments();
    void find_apps(Life life);

    const Fold& fold_;
    const decode::Snapshot& snapshot_;
    const World::Comparison& how_;
    Sightings seen_;
    int version_;
    std::vector<Verdict> verdicts_;                     ///< as seen_.instances()
    boost::unordered_flat_set<std::string_view> apps_;  ///< that are no pods
    /// May be pods, of which the snapshot says nothing.
    boost::unordered_flat_set<std::string_view> apps_kept_;
    /// Instances with tasks that are there, or of which nothing is known.
    boost::unordered_flat_set<Slot> kept_;
    boost::unordered_flat_set<Slot> of_app_;  ///< instances with a task that is no pod's
    /// Instances that are gone, or whose legacy task is.
    boost::unordered_flat_set<Slot> health_ended_;
    std::vector<Difference> news_;  ///< of tasks
    std::vector<Difference> found_;
};

}  // namespace tally::model
