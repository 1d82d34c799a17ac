#include "simulate/life.hpp"

namespace tally::simulate {

Life::Life(const Shape& shape, Outlet& outlet)
    : random_(shape.seed),
      schedule_(shape.start),
      cluster_(shape, random_),
      speech_(shape, cluster_, schedule_, outlet),
      instances_(cluster_, schedule_, speech_, random_),
      ailments_(cluster_, schedule_, speech_, random_, instances_),
      rollouts_(cluster_, schedule_, speech_, random_, instances_),
      requests_(cluster_, schedule_, speech_, random_, rollouts_, shape),
      agents_(cluster_, schedule_, random_, instances_),
      incidents_(
          {.cluster = cluster_,
           .schedule = schedule_,
           .speech = speech_,
           .random = random_,
           .instances = instances_,
           .ailments = ailments_,
           .rollouts = rollouts_,
           .requests = requests_,
           .agents = agents_},
          shape
      ) {
    schedule_.after(0, {.what = Wake::What::incident});
}

void Life::step() {
    const Wake wake = schedule_.next();
    switch (wake.what) {
        case Wake::What::incident:
            incidents_.happen();
            return;
        case Wake::What::steer:
            rollouts_.steer(wake.subject);
            return;
        case Wake::What::agent_back:
            agents_.back(wake.subject);
            return;
        case Wake::What::agent_gone:
            agents_.gone(wake.subject);
            return;
        case Wake::What::stream_detached:
            incidents_.detach_stream();
            return;
        case Wake::What::begin_step:
            wake_rollout(wake);
            return;
        case Wake::What::advance:
        case Wake::What::probe:
        case Wake::What::crash:
        case Wake::What::killed:
        case Wake::What::relaunch:
        case Wake::What::inactive:
            wake_instance(wake);
            return;
    }
}

void Life::wake_rollout(const Wake& wake) {
    if (rollouts_.all()[wake.subject].generation == wake.generation) {
        rollouts_.begin_step(wake.subject);
    }
}

void Life::wake_instance(const Wake& wake) {
    const Instance& instance = cluster_.instances()[wake.subject];
    if (!instance.used || instance.generation != wake.generation) {
        return;
    }
    switch (wake.what) {
        case Wake::What::advance:
            instances_.advance(wake.subject);
            return;
        case Wake::What::probe:
            ailments_.probe(wake.subject);
            return;
        case Wake::What::crash:
            instances_.crash(wake.subject);
            return;
        case Wake::What::killed:
            instances_.killed(wake.subject);
            return;
        case Wake::What::relaunch:
            instances_.relaunch(wake.subject);
            return;
        case Wake::What::inactive:
            instances_.inactive(wake.subject);
            return;
        default:
            return;
    }
}

}  // namespace tally::simulate
