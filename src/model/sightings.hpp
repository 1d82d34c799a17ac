#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "fold.hpp"
#include "tally/decode/snapshot.hpp"

namespace tally::model {

/// A task as a snapshot shows it, once, and the slot it is known by.
struct SeenTask {
    std::string_view id, app, state, host, version;
    TimeMs staged = no_time, started = no_time;
    TimeMs since = no_time;  ///< when it entered its state, where Marathon says it
    bool state_is_told =
        true;  ///< false: only that it is staged or started, by a Marathon before 0.15
    Slot slot = no_slot;
    std::uint32_t instance = 0;  ///< which of the seen ones
};

/// An instance of which a snapshot shows tasks, or a pod's.
struct SeenInstance {
    std::string_view app, host;
    std::string_view pod_instance;  ///< its id, if it is a pod's
    Slot slot = no_slot;
    std::uint32_t tasks = 0;    ///< and containers
    std::uint32_t task = 0;     ///< the last of them
    bool has_all_tasks = true;  ///< false: the task of some container is not known
    bool awaits_launch = false;  ///< a pod's, PENDING or TERMINAL: that it shows no task says that it has none
    std::optional<bool> healthy;
};

/// What a snapshot shows of tasks and instances, matched with those that are known. Views live as
/// long as the Snapshot, the Fold and this.
class Sightings {
  public:
    Sightings(const Fold& fold, const decode::Snapshot& snapshot);

    [[nodiscard]] const std::vector<SeenTask>& tasks() const { return tasks_; }

    [[nodiscard]] const std::vector<SeenInstance>& instances() const { return instances_; }

    [[nodiscard]] bool shows_task(Slot slot) const { return known_tasks_.contains(slot); }

    /// The seen one that has the slot, or nothing.
    [[nodiscard]] const SeenInstance* find_instance(Slot slot) const;

    [[nodiscard]] bool shows_app(std::string_view name) const { return apps_.contains(name); }

    /// The canonical id of a seen instance.
    [[nodiscard]] std::string name_of(const SeenInstance& instance) const;

  private:
    void see(const decode::Snapshot::Task& task);
    void see(const decode::Snapshot::PodInstance& pod);
    void see(SeenTask task, std::optional<bool> alive);
    std::uint32_t see_instance(const Hash128& key, Slot slot, std::string_view app);
    [[nodiscard]] std::string_view task_of(
        const decode::Snapshot::PodInstance& pod,
        const decode::Snapshot::Container& container,
        Slot instance
    );
    [[nodiscard]] std::string_view live_task_of(Slot instance, std::string_view container);

    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

    const Fold& fold_;
    std::vector<SeenTask> tasks_;
    std::vector<SeenInstance> instances_;
    boost::unordered_flat_map<Hash128, std::uint32_t, Hash128Hasher> instance_by_key_;
    boost::unordered_flat_map<Slot, std::uint32_t> instance_by_slot_;
    boost::unordered_flat_set<Hash128, Hash128Hasher> task_keys_;
    boost::unordered_flat_set<Slot> known_tasks_;
    boost::unordered_flat_set<std::string_view> apps_;
    /// Live tasks by the slot of their instance; made when a container has to be found among them.
    std::optional<boost::unordered_flat_map<Slot, std::vector<Slot>>> live_tasks_;
    std::deque<std::string> texts_;
};

}  // namespace tally::model
