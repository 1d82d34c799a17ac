#include "sightings.hpp"

#include <algorithm>

#include "tally/base/ids.hpp"

namespace tally::model {

namespace {

/// Whether the task of that id is an incarnation of a container: `INSTANCE.NAME` or
/// `INSTANCE.NAME.N`.
bool is_of_container(std::string_view task, std::string_view container) {
    const ids::Parsed parsed = ids::parse(task);
    if (parsed.form != ids::Parsed::Form::task_of_instance) {
        return false;
    }
    const auto uuid_end =
        static_cast<std::size_t>(parsed.uuid.data() - task.data()) + parsed.uuid.size();
    std::string_view rest = task.substr(uuid_end + 1);
    if (!rest.starts_with(container)) {
        return false;
    }
    rest.remove_prefix(container.size());
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return rest.empty() || (rest.size() > 1 && rest[0] == '.' &&
                            std::all_of(rest.begin() + 1, rest.end(), is_digit));
}

/// When the task entered its state, as far as a snapshot says it.
TimeMs entered(const SeenTask& task) {
    if (task.state == "TASK_RUNNING") {
        return task.started;
    }
    return task.state == "TASK_STAGING" ? task.staged : no_time;
}

}  // namespace

Sightings::Sightings(const Fold& fold, const decode::Snapshot& snapshot) : fold_(fold) {
    tasks_.reserve(snapshot.tasks.size());
    for (const decode::Snapshot::App& app : snapshot.apps) {
        apps_.insert(app.id);
    }
    for (const decode::Snapshot::Task& task : snapshot.tasks) {
        see(task);
    }
    for (const decode::Snapshot::PodInstance& pod : snapshot.pod_instances) {
        see(pod);
    }
}

void Sightings::see(const decode::Snapshot::Task& task) {
    SeenTask seen{
        .id = task.id,
        .app = task.app,
        .state = task.state,
        .host = task.host,
        .version = task.version,
        .staged = task.staged.value_or(no_time),
        .started = task.started.value_or(no_time)};
    if (task.state.empty()) {
        seen.state_is_told = false;
        seen.state = task.started ? "TASK_RUNNING" : "TASK_STAGING";
    }
    seen.since = entered(seen);
    see(seen, task.alive);
}

void Sightings::see(const decode::Snapshot::PodInstance& pod) {
    if (pod.id.empty()) {
        return;
    }
    const std::string name = ids::instance_of(pod.id);
    const Hash128 key = hash128(name);
    const std::string_view app = pod.pod.empty() ? keep(ids::app_of(pod.id)) : pod.pod;
    const std::uint32_t at = see_instance(key, fold_.instances_.find(key), app);
    if (!instances_[at].pod_instance.empty()) {
        return;  // the first of equal ones counts
    }
    instances_[at].pod_instance = pod.id;
    instances_[at].host = pod.host;
    const auto see_task = [&](std::string_view task, const decode::Snapshot::Container& container) {
        see({.id = task,
             .app = app,
             .state = container.status,
             .host = pod.host,
             .version = {},
             .started = container.since.value_or(no_time),
             .since = container.since.value_or(no_time)},
            {});
    };
    const auto tells_task = [&name](const decode::Snapshot::Container& container) {
        return ids::parse(container.task).form == ids::Parsed::Form::task_of_instance &&
               ids::instance_of(container.task) == name;
    };
    for (const decode::Snapshot::Container& container : pod.containers) {
        if (tells_task(container)) {
            see_task(container.task, container);
        }
    }
    for (const decode::Snapshot::Container& container : pod.containers) {
        if (tells_task(container)) {
            continue;
        }
        const std::string_view task = task_of(pod, container, instances_[at].slot);
        if (!task.empty()) {
            see_task(task, container);
        } else {
            instances_[at].has_all_tasks = false;
            ++instances_[at].tasks;
        }
    }
    instances_[at].healthy = pod.healthy;
    instances_[at].awaits_launch = pod.status == "PENDING" || pod.status == "TERMINAL";
}

/// Nothing for a task without an app; one without a state is there, and that is all.
void Sightings::see(SeenTask task, std::optional<bool> alive) {
    if (task.id.empty()) {
        return;
    }
    const Hash128 key = hash128(task.id);
    if (!task_keys_.insert(key).second) {
        return;
    }
    task.slot = fold_.tasks_.find(key);
    if (task.app.empty()) {
        task.app = keep(ids::app_of(task.id));
    }
    if (task.slot != no_slot) {
        known_tasks_.insert(task.slot);
    }
    if (task.app.empty()) {
        return;
    }
    apps_.insert(task.app);
    // Only of a live one the instance is not forgotten.
    Slot instance = no_slot;
    Hash128 instance_key;
    if (fold_.tasks_.lives(task.slot)) {
        instance = fold_.tasks_[task.slot].instance;
        instance_key = fold_.instances_[instance].key;
    } else {
        instance_key = hash128(ids::instance_of(task.id));
        instance = fold_.instances_.find(instance_key);
    }
    task.instance = see_instance(instance_key, instance, task.app);
    SeenInstance& seen = instances_[task.instance];
    ++seen.tasks;
    seen.task = static_cast<std::uint32_t>(tasks_.size());
    seen.host = task.host;
    if (alive) {
        seen.healthy = *alive && seen.healthy.value_or(true);
    }
    tasks_.push_back(task);
}

std::uint32_t Sightings::see_instance(const Hash128& key, Slot slot, std::string_view app) {
    const auto [found, is_new] =
        instance_by_key_.try_emplace(key, static_cast<std::uint32_t>(instances_.size()));
    if (is_new) {
        instances_.push_back(
            {.app = app, .host = {}, .pod_instance = {}, .slot = slot, .healthy = {}}
        );
        apps_.insert(app);
        if (slot != no_slot) {
            instance_by_slot_.emplace(slot, found->second);
        }
    }
    return found->second;
}

/// The id of the task of a container that does not tell it: one that is known. None is made up.
std::string_view Sightings::task_of(
    const decode::Snapshot::PodInstance& pod,
    const decode::Snapshot::Container& container,
    Slot instance
) {
    const auto same_name = [&container](const decode::Snapshot::Container& other) {
        return other.name == container.name;
    };
    if (container.name.empty() ||
        std::count_if(pod.containers.begin(), pod.containers.end(), same_name) != 1) {
        return {};
    }
    std::string derived(pod.id);
    derived += '.';
    derived += container.name;
    if (fold_.tasks_.find(hash128(derived)) != no_slot) {
        return keep(std::move(derived));
    }
    return live_task_of(instance, container.name);
}

/// The one live task of the instance that is of that container.
std::string_view Sightings::live_task_of(Slot instance, std::string_view container) {
    if (instance == no_slot) {
        return {};
    }
    if (!live_tasks_) {
        live_tasks_.emplace();
        fold_.tasks_.each_live([&](Slot slot) { (*live_tasks_)[fold_.tasks_[slot].instance].push_back(slot); });
    }
    const auto tasks = live_tasks_->find(instance);
    std::string found;
    for (const Slot slot : tasks == live_tasks_->end() ? std::vector<Slot>{} : tasks->second) {
        std::string name = fold_.tasks_.name_of(slot);
        if (!is_of_container(name, container)) {
            continue;
        }
        if (!found.empty()) {
            return {};
        }
        found = std::move(name);
    }
    return found.empty() ? std::string_view{} : keep(std::move(found));
}

const SeenInstance* Sightings::find_instance(Slot slot) const {
    const auto found = instance_by_slot_.find(slot);
    return found == instance_by_slot_.end() ? nullptr : &instances_[found->second];
}

std::string Sightings::name_of(const SeenInstance& instance) const {
    return ids::instance_of(
        instance.pod_instance.empty() ? tasks_[instance.task].id : instance.pod_instance
    );
}

}  // namespace tally::model
