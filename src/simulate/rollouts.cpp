#include "simulate/rollouts.hpp"

#include <algorithm>

namespace tally::simulate {

Rollouts::Rollouts(
    Cluster& cluster, Schedule& schedule, Speech& speech, Random& random, Instances& instances
)
    : cluster_(cluster),
      schedule_(schedule),
      speech_(speech),
      random_(random),
      instances_(instances) {}

void Rollouts::start(std::vector<Step> steps, std::string group, TimeMs requested, Begin begin) {
    auto plan = std::make_shared<Plan>();
    plan->serial = ++serials_;
    plan->id = Cluster::random_uuid(random_);
    plan->version = requested;
    plan->steps = std::move(steps);
    if (plan->steps.empty()) {
        speech_.group_change_success(group, requested);
        speech_.deployment(EventType::deployment_success, plan, 0);
        return;
    }
    const auto free =
        std::find_if(rollouts_.begin(), rollouts_.end(), [](const Rollout& r) { return !r.used; });
    const auto index = static_cast<Index>(free - rollouts_.begin());
    if (free == rollouts_.end()) {
        rollouts_.emplace_back();
    }
    Rollout& rollout = rollouts_[index];
    rollout = {
        .plan = plan,
        .group = std::move(group),
        .used = true,
        .generation = rollout.generation + 1};
    for (Step& step : plan->steps) {
        for (Action& action : step) {
            App& app = cluster_.apps()[action.app];
            action.pod = app.pod;
            TALLY_ASSERT(app.rollout == nobody || app.rollout == index);
            if (app.rollout == nobody) {
                rollout.before.push_back(
                    {.app = action.app, .target = app.target, .existed = app.exists}
                );
            }
            app.rollout = index;
        }
    }
    if (begin == Begin::at_once) {
        begin_step(index);
        return;
    }
    const TimeMs wait = random_.between(2, 40);
    schedule_.after(
        wait, {.what = Wake::What::begin_step, .subject = index, .generation = rollout.generation}
    );
}

Rollout Rollouts::detach(Index index) {
    Rollout& rollout = rollouts_[index];
    TALLY_ASSERT(rollout.used);
    for (const Rollout::Before& before : rollout.before) {
        App& app = cluster_.apps()[before.app];
        if (app.rollout == index) {
            app.rollout = nobody;
            app.rolling = false;
            app.stopping = false;
        }
    }
    Rollout detached = rollout;
    ++rollout.generation;
    rollout.used = false;
    rollout.plan.reset();
    return detached;
}

void Rollouts::say_canceled(const Rollout& rollout, Cancel how) {
    const bool contradicts = cluster_.dialect() == Dialect::v1_5;
    const bool success_first = contradicts && random_.chance(0.5);
    const std::string_view reason = how == Cancel::with_reason && relaunches(cluster_.dialect())
                                        ? "The upgrade has been cancelled"
                                        : "";
    if (rollout.open) {
        speech_.deployment(EventType::deployment_step_failure, rollout.plan, rollout.step);
    }
    if (success_first) {
        speech_.deployment(EventType::deployment_success, rollout.plan, 0);
    }
    speech_.deployment(EventType::deployment_failed, rollout.plan, 0, reason);
    if (contradicts && !success_first) {
        speech_.deployment(EventType::deployment_success, rollout.plan, 0);
    }
}

void Rollouts::rerun_all() {
    for (Index i = 0; i < rollouts_.size(); ++i) {
        if (rollouts_[i].used && rollouts_[i].announced) {
            rollouts_[i].step = 0;
            ++rollouts_[i].generation;
            begin_step(i);
        }
    }
}

void Rollouts::begin_step(Index index) {
    Rollout& rollout = rollouts_[index];
    rollout.open = true;
    const bool acknowledged_first = !rollout.announced && random_.chance(0.1);
    if (acknowledged_first) {
        announce(rollout);
    }
    speech_.deployment(EventType::deployment_info, rollout.plan, rollout.step);
    const Step& step = rollout.plan->steps[rollout.step];
    for (const Action& action : step) {
        apply(action, *rollout.plan);
        const App& app = cluster_.apps()[action.app];
        if ((action.verb == Verb::start || action.verb == Verb::restart) && app.check &&
            !app.check->native()) {
            speech_.add_health_check(action.app);
        }
    }
    if (!rollout.announced) {
        announce(rollout);
    }
    for (const Action& action : step) {
        instances_.poke(action.app);
    }
}

void Rollouts::announce(Rollout& rollout) {
    rollout.announced = true;
    speech_.group_change_success(rollout.group, rollout.plan->version);
    const Action& action = rollout.plan->steps.front().front();
    if (rollout.before.size() > 1 || action.verb == Verb::stop) {
        if (action.verb == Verb::stop && cluster_.apps()[action.app].pod) {
            speech_.api_call(action.app, rollout.plan->version, 0, EventType::pod_deleted);
        }
        return;  // a group change and a DELETE make no api_post_event
    }
    speech_.api_call(
        action.app,
        rollout.plan->version,
        rollout.plan->steps.back().back().instances,
        action.verb == Verb::start ? EventType::pod_created : EventType::pod_updated
    );
}

void Rollouts::apply(const Action& action, const Plan& plan) {
    App& app = cluster_.apps()[action.app];
    switch (action.verb) {
        case Verb::start:
            if (!app.exists) {
                app.exists = true;
                app.target = 0;
                app.version = plan.version;
                app.last_failure.reset();
            }
            return;
        case Verb::scale:
            app.target = action.instances;
            app.last_scaling = plan.version;
            return;
        case Verb::restart:
            app.target = action.instances;
            app.version = plan.version;
            app.rolling = true;
            return;
        case Verb::stop:
            app.target = 0;
            app.stopping = true;
            if (cluster_.dialect() <= Dialect::v1_4) {
                speech_.app_terminated(action.app);  // these versions do not wait for the tasks
            }
            return;
    }
}

bool Rollouts::is_old(const App& app, const Instance& instance) const {
    return app.rolling && instance.version != app.version;
}

Rollouts::Census Rollouts::count(const App& app) const {
    Census census;
    for (const Index index : app.instances) {
        const Instance& instance = cluster_.instances()[index];
        if (instance.phase == Phase::killing) {
            ++census.ending;
        } else if (instance.phase == Phase::unreachable) {
            continue;
        } else if (is_old(app, instance)) {
            ++census.old;
        } else {
            ++(instance.ready ? census.ready : census.coming);
        }
    }
    return census;
}

bool Rollouts::done(const Action& action) const {
    const App& app = cluster_.apps()[action.app];
    if (action.verb == Verb::start) {
        return true;
    }
    if (action.verb == Verb::stop) {
        return app.instances.empty();
    }
    const Census census = count(app);
    return census.ready == app.target && census.coming == 0 && census.old == 0 &&
           census.ending == 0;
}

void Rollouts::check(Index index) {
    Rollout& rollout = rollouts_[index];
    if (!rollout.used || !rollout.open) {
        return;
    }
    const Step& step = rollout.plan->steps[rollout.step];
    if (!std::all_of(step.begin(), step.end(), [this](const Action& action) {
            return done(action);
        })) {
        return;
    }
    for (const Action& action : step) {
        App& app = cluster_.apps()[action.app];
        app.rolling = false;
        if (action.verb == Verb::stop) {
            end_app(action.app);
        }
    }
    rollout.open = false;
    speech_.deployment(EventType::deployment_step_success, rollout.plan, rollout.step);
    if (++rollout.step < rollout.plan->steps.size()) {
        const TimeMs wait = random_.between(1, 30);
        schedule_.after(
            wait,
            {.what = Wake::What::begin_step, .subject = index, .generation = rollout.generation}
        );
        return;
    }
    speech_.deployment(EventType::deployment_success, detach(index).plan, 0);
}

void Rollouts::end_app(Index index) {
    App& app = cluster_.apps()[index];
    app.exists = false;
    app.stopping = false;
    app.crashes_until = 0;
    app.backoff = 0;
    if (cluster_.dialect() > Dialect::v1_4) {
        speech_.app_terminated(index);
    }
    if (app.check && !app.check->native()) {
        speech_.remove_health_check(index);
    }
}

void Rollouts::steer(Index index) {
    const App& app = cluster_.apps()[index];
    if (!app.exists) {
        return;
    }
    const Census census = count(app);
    const std::uint32_t present = census.ready + census.coming;
    if (present < app.target) {
        const std::uint32_t parallel = app.rolling ? std::max(1U, app.target / 4) : app.target;
        const std::uint32_t room = parallel > census.coming ? parallel - census.coming : 0;
        for (std::uint32_t i = 0; i < std::min(room, app.target - present); ++i) {
            instances_.launch(index);
        }
    } else if (present > app.target) {
        kill_some(app, present - app.target, false);
    }
    if (census.old > 0 && census.ready + census.old > app.target) {
        kill_some(app, census.ready + census.old - app.target, true);
    }
    if (app.stopping) {
        for (const Index instance : std::vector<Index>(app.instances)) {
            instances_.kill(instance, Instances::Why::decommissioned);
        }
    }
    if (app.rollout != nobody) {
        check(app.rollout);
    }
}

void Rollouts::kill_some(const App& app, std::uint32_t how_many, bool old) {
    const std::vector<Index> candidates(
        app.instances.rbegin(), app.instances.rend()
    );  // youngest first
    for (const Index index : candidates) {
        const Instance& instance = cluster_.instances()[index];
        if (how_many == 0) {
            return;
        }
        if (instance.phase == Phase::killing || instance.phase == Phase::unreachable ||
            is_old(app, instance) != old) {
            continue;
        }
        instances_.kill(index, Instances::Why::decommissioned);
        --how_many;
    }
}

}  // namespace tally::simulate
