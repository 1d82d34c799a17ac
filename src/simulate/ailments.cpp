#include "simulate/ailments.hpp"

namespace tally::simulate {

Ailments::Ailments(
    Cluster& cluster, Schedule& schedule, Speech& speech, Random& random, Instances& instances
)
    : cluster_(cluster),
      schedule_(schedule),
      speech_(speech),
      random_(random),
      instances_(instances) {}

bool Ailments::flap(Index index) {
    const App& app = cluster_.apps()[cluster_.instances()[index].app];
    const std::uint32_t most = app.check ? app.check->failures_max : 2;  // one more would kill it
    return begin(index, static_cast<std::uint16_t>(2 + random_.below(most - 1)), false);
}

bool Ailments::sicken(Index index) {
    const App& app = cluster_.apps()[cluster_.instances()[index].app];
    return begin(index, static_cast<std::uint16_t>(app.check ? app.check->failures_max : 1), true);
}

bool Ailments::begin(Index index, std::uint16_t failures, bool sick) {
    Instance& instance = cluster_.instances()[index];
    const App& app = cluster_.apps()[instance.app];
    if (!app.check || instance.phase != Phase::running || instance.health != Health::healthy) {
        return false;
    }
    instance.failures_to_come = failures;
    instance.sick = sick;
    fail(index);
    return true;
}

void Ailments::probe(Index index) {
    const Instance& instance = cluster_.instances()[index];
    if (instance.phase != Phase::running) {
        return;
    }
    if (instance.failures_to_come == 0 && !instance.sick) {
        succeed(index);
    } else {
        fail(index);
    }
}

void Ailments::succeed(Index index) {
    Instance& instance = cluster_.instances()[index];
    instance.last_success = schedule_.stamp();
    if (instance.first_success == 0) {
        instance.first_success = instance.last_success;
    }
    instance.failures = 0;
    instance.ready = true;
    turn(instance, Health::healthy);
    instances_.poke(instance.app);
}

void Ailments::fail(Index index) {
    Instance& instance = cluster_.instances()[index];
    const Check& check = *cluster_.apps()[instance.app].check;
    const bool kills = instance.sick && instance.failures >= check.failures_max;
    ++instance.failures;
    if (instance.failures_to_come > 0) {
        --instance.failures_to_come;
    }
    instance.last_failure = schedule_.stamp();
    if (!check.native()) {
        speech_.failed_health_check(instance);
    }
    if (instance.health != Health::unhealthy) {
        turn(instance, Health::unhealthy);
    }
    if (kills) {
        if (!check.native()) {
            speech_.unhealthy_kill(
                instance,
                "ConnectionAttemptFailed(" + cluster_.agents()[instance.agent].host + ":" +
                    std::to_string(instance.port) + ")"
            );
        }
        instances_.kill(index, Instances::Why::unhealthy);
        return;
    }
    again(index);
}

void Ailments::turn(Instance& instance, Health health) {
    const Check& check = *cluster_.apps()[instance.app].check;
    instance.health = health;
    if (check.native()) {  // Mesos checks it: the news comes with a repeated status
        speech_.status_update(instance, 0, TaskState::running, "");
    } else {
        speech_.health_status_changed(instance, health == Health::healthy);
    }
    speech_.instance_health_changed(instance, health);
}

void Ailments::again(Index index) {
    const Instance& instance = cluster_.instances()[index];
    const TimeMs interval = TimeMs{cluster_.apps()[instance.app].check->interval_s} * 1000;
    schedule_.after(
        interval + random_.between(0, 300),
        {.what = Wake::What::probe, .subject = index, .generation = instance.generation}
    );
}

}  // namespace tally::simulate
