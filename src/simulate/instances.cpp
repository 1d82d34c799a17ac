#include "simulate/instances.hpp"

#include <algorithm>
#include <array>

namespace tally::simulate {

namespace {

// For semantics these tasks never end; so that nobody's memory grows for ever there are few of
// them.
constexpr std::uint32_t forgotten_max = 500;

constexpr std::array<std::string_view, 6> failure_messages{
    "Command exited with status 1",
    "Container exited with status 137",
    "Docker container run error: Container exited on error: exited with status 125",
    "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull':\n"
    "exited with status 1; stderr='Error: image \"web:latest\" not found'",
    "Memory limit exceeded: Requested: 544MB Maximum Used: 544MB\n\nMEMORY STATISTICS:\ncache 8192",
    "Abnormal executor termination — déjà vu, 再起動"};

/// Of the containers of a pod, the first that gets this far decides the condition (else the last).
bool first_decides(Condition condition) {
    return condition != Condition::running && condition != Condition::killed &&
           condition != Condition::finished;
}

bool fails(TaskState state) {
    return state == TaskState::failed || state == TaskState::error || state == TaskState::dropped ||
           state == TaskState::gone;
}

}  // namespace

Instances::Instances(Cluster& cluster, Schedule& schedule, Speech& speech, Random& random)
    : cluster_(cluster), schedule_(schedule), speech_(speech), random_(random) {}

void Instances::poke(Index app, TimeMs wait) {
    schedule_.after(wait, {.what = Wake::What::steer, .subject = app});
}

void Instances::wait_for(Index index, Wake::What what, TimeMs low, TimeMs high) {
    const std::uint32_t generation = cluster_.instances()[index].generation;
    schedule_.after(
        random_.between(low, high), {.what = what, .subject = index, .generation = generation}
    );
}

void Instances::change(Instance& instance, Condition condition) {
    instance.condition = condition;
    speech_.instance_changed(instance, condition);
}

void Instances::enter(
    Instance& instance, TaskState state, Condition condition, std::string_view message
) {
    const std::uint32_t containers = cluster_.apps()[instance.app].containers;
    const std::uint32_t deciding = first_decides(condition) ? 0 : containers - 1;
    for (std::uint32_t container = 0; container < containers; ++container) {
        // The others of a pod whose one container failed are killed.
        const bool bystander = fails(state) && container > 0;
        speech_.status_update(
            instance, container, bystander ? TaskState::killed : state, bystander ? "" : message
        );
        if (container == deciding && instance.condition != condition) {
            change(instance, condition);
        }
    }
    instance.state = state;
}

void Instances::launch(Index app) {
    const Index index = cluster_.add_instance(app, schedule_.stamp());
    Instance& instance = cluster_.instances()[index];
    if (relaunches(cluster_.dialect())) {
        instance.phase = Phase::scheduled;
        change(instance, Condition::scheduled);
        wait_for(index, Wake::What::advance, 10, 1500);
        return;
    }
    place(instance);
    if (has_instances(cluster_.dialect())) {
        instance.phase = Phase::launched;
        change(instance, Condition::created);
    } else {
        instance.phase = Phase::staging;
        enter(instance, TaskState::staging, Condition::staging, "");
    }
    wait_for(index, Wake::What::advance, 50, 900);
}

void Instances::place(Instance& instance) {
    instance.agent = cluster_.some_agent(random_);
    instance.port = static_cast<std::uint16_t>(random_.between(31'000, 32'000));
    instance.staged_at = schedule_.stamp();
}

void Instances::advance(Index index) {
    Instance& instance = cluster_.instances()[index];
    const bool old = !has_instances(cluster_.dialect());
    if (instance.phase != Phase::scheduled && random_.chance(0.01)) {
        fail_start(index);
        return;
    }
    switch (instance.phase) {
        case Phase::scheduled:
            place(instance);
            instance.phase = Phase::launched;
            change(instance, Condition::provisioned);
            wait_for(index, Wake::What::advance, 50, 900);
            return;
        case Phase::launched:
            if (random_.chance(0.45)) {
                instance.phase = Phase::staging;
                enter(instance, TaskState::staging, Condition::staging, "");
                wait_for(index, Wake::What::advance, 100, 3000);
                return;
            }
            [[fallthrough]];
        case Phase::staging:
            if (random_.chance(old ? 0.2 : 0.85)) {
                instance.phase = Phase::starting;
                enter(instance, TaskState::starting, Condition::starting, "");
                wait_for(index, Wake::What::advance, 200, 4000);
                return;
            }
            [[fallthrough]];
        case Phase::starting:
            run(index);
            return;
        default:
            return;
    }
}

void Instances::run(Index index) {
    Instance& instance = cluster_.instances()[index];
    const App& app = cluster_.apps()[instance.app];
    instance.phase = Phase::running;
    instance.started_at = schedule_.stamp();
    enter(instance, TaskState::running, Condition::running, "");
    if (app.crashes_until > schedule_.now()) {
        wait_for(index, Wake::What::crash, 300, 8000);
    } else if (app.check) {
        wait_for(index, Wake::What::probe, 500, 8000);
    } else {
        instance.ready = true;
    }
    poke(instance.app);
}

void Instances::fail_start(Index index) {
    const std::uint32_t kind = random_.below(10);
    if (kind < 6) {
        end(index, TaskState::failed, Condition::failed, failure_messages[3]);
    } else if (kind < 8 || !has_instances(cluster_.dialect())) {
        end(index,
            TaskState::error,
            Condition::error,
            "Task uses more resources cpus(*):1 than available");
    } else {
        end(index, TaskState::dropped, Condition::dropped, "Agent removed");
    }
}

void Instances::kill(Index index, Why why) {
    Instance& instance = cluster_.instances()[index];
    const bool decommissions = why == Why::decommissioned && !instance.decommissioned;
    instance.decommissioned |= decommissions;
    switch (instance.phase) {
        case Phase::scheduled:
        case Phase::waiting:
            poke(instance.app);
            cluster_.remove_instance(index);
            return;
        case Phase::killing:
        case Phase::unreachable:  // killed when it is seen again
            return;
        default:
            break;
    }
    if (decommissions && relaunches(cluster_.dialect()) && random_.chance(0.3)) {
        change(instance, instance.condition);  // only the goal has changed
    }
    instance.phase = Phase::killing;
    instance.ready = false;
    ++instance.generation;  // whatever else was to happen to it, does not
    enter(instance, TaskState::killing, Condition::killing, "");
    wait_for(index, Wake::What::killed, 200, 9000);
}

void Instances::killed(Index index) {
    const std::uint32_t kind = random_.below(100);
    if (kind < 90) {
        end(index,
            TaskState::killed,
            Condition::killed,
            kind < 45 ? "Command terminated with signal Terminated"
                      : "Container exited with status 137");
    } else if (kind < 96) {
        end(index, TaskState::finished, Condition::finished, "Command exited with status 0");
    } else {
        end(index, TaskState::failed, Condition::failed, failure_messages[1]);
    }
}

void Instances::crash(Index index) {
    const Instance& instance = cluster_.instances()[index];
    if (instance.phase != Phase::running && instance.phase != Phase::starting) {
        return;
    }
    const auto message = static_cast<std::size_t>(random_.below(failure_messages.size()));
    end(index, TaskState::failed, Condition::failed, failure_messages[message]);
}

void Instances::finish(Index index) {
    if (cluster_.instances()[index].phase == Phase::running) {
        end(index, TaskState::finished, Condition::finished, "Command exited with status 0");
    }
}

void Instances::end(Index index, TaskState state, Condition condition, std::string_view message) {
    Instance& instance = cluster_.instances()[index];
    App& app = cluster_.apps()[instance.app];
    enter(instance, state, condition, message);
    ++instance.generation;
    instance.ready = false;
    instance.health = Health::unknown;
    instance.failures = 0;
    instance.failures_to_come = 0;
    instance.sick = false;
    if (fails(state)) {
        remember_failure(instance, state, message);
        app.backoff = std::min<TimeMs>(30'000, std::max<TimeMs>(1000, app.backoff * 3 / 2));
    } else {
        app.backoff = 0;
    }
    const TimeMs wait = app.backoff + random_.between(20, 400);
    if (relaunches(cluster_.dialect()) && !instance.decommissioned && !app.stopping) {
        instance.phase = Phase::waiting;
        schedule_.after(
            wait,
            {.what = Wake::What::relaunch, .subject = index, .generation = instance.generation}
        );
        poke(instance.app);
        return;
    }
    poke(instance.app, app.rollout == nobody ? wait : 1);
    cluster_.remove_instance(index);
}

void Instances::remember_failure(
    const Instance& instance, TaskState state, std::string_view message
) {
    LastFailure failure;
    cluster_.append_task_id(failure.task, instance, 0);
    failure.host = cluster_.agents()[instance.agent].host;
    failure.agent = cluster_.agents()[instance.agent].id;
    failure.message = message;
    failure.state = state;
    failure.time = schedule_.stamp();
    failure.version = instance.version;
    cluster_.apps()[instance.app].last_failure = std::move(failure);
}

void Instances::relaunch(Index index) {
    Instance& instance = cluster_.instances()[index];
    ++instance.incarnation;
    place(instance);
    instance.phase = Phase::launched;
    change(instance, Condition::provisioned);
    wait_for(index, Wake::What::advance, 50, 900);
}

}  // namespace tally::simulate
