// Instances whose agent is silent; the rest of their life is in instances.cpp.
#include "simulate/instances.hpp"

namespace tally::simulate {

namespace {

// For semantics these tasks never end; so that nobody's memory grows for ever there are few of
// them.
constexpr std::uint32_t forgotten_max = 500;

}  // namespace

void Instances::lose(Index index) {
    Instance& instance = cluster_.instances()[index];
    const bool old = !has_instances(cluster_.dialect());
    ++instance.generation;
    instance.phase = Phase::unreachable;
    instance.ready = false;
    instance.failures_to_come = 0;
    instance.sick = false;
    enter(
        instance,
        old ? TaskState::lost : TaskState::unreachable,
        Condition::unreachable,
        old ? "Slave lost" : "Agent disconnected"
    );
    if (!old && random_.chance(0.4)) {
        wait_for(index, Wake::What::inactive, 2000, 40'000);
    }
    poke(instance.app);
}

void Instances::inactive(Index index) {
    Instance& instance = cluster_.instances()[index];
    if (instance.phase == Phase::unreachable && instance.condition == Condition::unreachable) {
        change(instance, Condition::unreachable_inactive);
    }
}

void Instances::restore(Index index) {
    Instance& instance = cluster_.instances()[index];
    const App& app = cluster_.apps()[instance.app];
    if (instance.phase != Phase::unreachable) {
        return;
    }
    ++instance.generation;
    instance.phase = Phase::running;
    if (instance.started_at == 0) {
        instance.started_at = schedule_.stamp();
    }
    enter(instance, TaskState::running, Condition::running, "");
    if (app.check && app.check->native()) {
        instance.health = Health::unknown;
        speech_.instance_health_changed(instance, Health::unknown);
    }
    if (instance.decommissioned) {
        kill(index, Why::decommissioned);
    } else if (app.check && instance.health != Health::healthy) {
        wait_for(index, Wake::What::probe, 500, 4000);
    } else {
        instance.ready = true;
    }
    poke(instance.app);
}

void Instances::expunge(Index index) {
    if (cluster_.instances()[index].phase != Phase::unreachable) {
        return;
    }
    const std::uint32_t kind = random_.below(100);
    if (!has_instances(cluster_.dialect()) || kind < 20) {
        end(index, TaskState::killed, Condition::killed, "");
    } else if (kind < 90 || forgotten_ >= forgotten_max) {
        end(index, TaskState::gone, Condition::gone, "Agent removed");
    } else if (kind < 97) {
        ++forgotten_;
        end(index,
            TaskState::unknown,
            Condition::unknown,
            "Reconciliation: Task is unknown to the agent");
    } else {
        ++forgotten_;
        end(index, TaskState::gone_by_operator, Condition::gone, "Agent marked gone by operator");
    }
}

}  // namespace tally::simulate
