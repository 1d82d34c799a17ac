#include "simulate/requests.hpp"

#include <algorithm>

namespace tally::simulate {

namespace {

constexpr std::size_t tries = 24;
constexpr std::size_t group_apps_max = 8;

}  // namespace

Requests::Requests(
    Cluster& cluster,
    Schedule& schedule,
    Speech& speech,
    Random& random,
    Rollouts& rollouts,
    const Shape& shape
)
    : cluster_(cluster),
      schedule_(schedule),
      speech_(speech),
      random_(random),
      rollouts_(rollouts),
      target_max_(std::max(2U, shape.tasks / std::max(1U, shape.apps) * 3)) {}

Index Requests::some_app(bool under_deployment) {
    const std::vector<App>& apps = cluster_.apps();
    if (under_deployment) {
        for (const Rollout& rollout : rollouts_.all()) {
            if (rollout.used && rollout.open && random_.chance(0.3)) {
                return rollout
                    .before[random_.below(static_cast<std::uint32_t>(rollout.before.size()))]
                    .app;
            }
        }
        return nobody;
    }
    for (std::size_t i = 0; i < tries; ++i) {
        const Index index = random_.below(static_cast<std::uint32_t>(apps.size()));
        if (apps[index].exists && apps[index].rollout == nobody && !apps[index].stopping) {
            return index;
        }
    }
    return nobody;
}

Index Requests::some_spare() {
    const std::vector<App>& apps = cluster_.apps();
    const auto count = static_cast<Index>(apps.size());
    const Index first = random_.below(count);
    for (Index i = 0; i < count; ++i) {
        const Index index = (first + i) % count;
        if (!apps[index].exists && apps[index].rollout == nobody && apps[index].instances.empty()) {
            return index;
        }
    }
    return nobody;
}

std::uint32_t Requests::other_target(const App& app) {
    if (app.target == 0) {
        return 1 + random_.below(std::max(1U, target_max_ / 3));
    }
    const bool up = app.target < target_max_ && random_.chance(0.5);
    const std::uint32_t by = 1 + random_.below(std::max(1U, app.target / 2));
    return up ? app.target + by : app.target - std::min(by, app.target - 1);
}

bool Requests::update() {
    const Index app = some_app(false);
    if (app == nobody) {
        return false;
    }
    const App& subject = cluster_.apps()[app];
    rollouts_.start(
        {{{.verb = Verb::restart, .app = app, .instances = subject.target}}},
        subject.group,
        schedule_.stamp()
    );
    return true;
}

bool Requests::scale() {
    const Index app = some_app(false);
    if (app == nobody) {
        return false;
    }
    const App& subject = cluster_.apps()[app];
    const std::uint32_t target = other_target(subject);
    rollouts_.start(
        {{{.verb = Verb::scale, .app = app, .instances = target}}}, subject.group, schedule_.stamp()
    );
    return true;
}

bool Requests::create() {
    const Index app = some_spare();
    if (app == nobody) {
        return false;
    }
    const std::uint32_t target = 1 + random_.below(std::max(1U, target_max_ / 2));
    rollouts_.start(
        {{{.verb = Verb::start, .app = app}},
         {{.verb = Verb::scale, .app = app, .instances = target}}},
        cluster_.apps()[app].group,
        schedule_.stamp()
    );
    return true;
}

bool Requests::remove() {
    const Index app = some_app(false);
    if (app == nobody || some_spare() == nobody) {
        return false;
    }
    rollouts_.start(
        {{{.verb = Verb::stop, .app = app}}}, cluster_.apps()[app].group, schedule_.stamp()
    );
    return true;
}

bool Requests::change_group() {
    const Index first = some_app(false);
    if (first == nobody) {
        return false;
    }
    std::vector<Step> steps;
    std::size_t apps = 0;
    for (Index index = 0; index < cluster_.apps().size() && apps < group_apps_max; ++index) {
        const App& app = cluster_.apps()[index];
        if (app.group != cluster_.apps()[first].group || app.rollout != nobody || app.stopping) {
            continue;
        }
        ++apps;
        if (!app.exists) {
            if (!app.instances.empty()) {
                continue;
            }
            steps.push_back({{.verb = Verb::start, .app = index}});
            steps.push_back({{.verb = Verb::scale, .app = index, .instances = 1 + random_.below(4)}}
            );
        } else if (random_.chance(0.1)) {
            steps.push_back({{.verb = Verb::stop, .app = index}});
        } else if (random_.chance(0.5) || steps.empty()) {
            steps.push_back({{.verb = Verb::restart, .app = index, .instances = app.target}});
        } else {  // in parallel with the app before it
            steps.back().push_back(
                {.verb = Verb::scale, .app = index, .instances = other_target(app)}
            );
        }
    }
    rollouts_.start(std::move(steps), cluster_.apps()[first].group, schedule_.stamp());
    return true;
}

bool Requests::nothing() {
    const Index app = some_app(false);
    if (app == nobody) {
        return false;
    }
    rollouts_.start({}, cluster_.apps()[app].group, schedule_.stamp());
    return true;
}

bool Requests::locked() {
    const Index index = some_app(true);
    if (index == nobody) {
        return false;
    }
    const App& app = cluster_.apps()[index];
    const TimeMs version = schedule_.stamp();
    const bool speaks_first = random_.chance(0.5);
    const auto refuse = [&] {
        if (cluster_.dialect() < Dialect::v1_5) {
            return;
        }
        auto plan = std::make_shared<Plan>();
        plan->serial = (1ULL << 63) | ++refused_;
        plan->id = Cluster::random_uuid(random_);
        plan->version = version;
        plan->steps = {
            {{.verb = Verb::restart, .app = index, .instances = app.target, .pod = app.pod}}};
        speech_.deployment(EventType::deployment_failed, plan, 0);
    };
    if (speaks_first) {
        refuse();
    }
    speech_.group_change_failed(app.group, version);
    if (!speaks_first) {
        refuse();
    }
    return true;
}

bool Requests::force() {
    const Index index = some_app(true);
    if (index == nobody) {
        return false;
    }
    const TimeMs version = schedule_.stamp();
    const Rollout old = rollouts_.detach(cluster_.apps()[index].rollout);
    const App& app = cluster_.apps()[index];
    const Step step{
        {.verb = app.exists ? Verb::restart : Verb::start,
         .app = index,
         .instances = std::max(1U, app.target)}};
    if (random_.chance(0.3)) {  // the bus promises no order between the two
        rollouts_.start({step}, app.group, version, Rollouts::Begin::at_once);
        rollouts_.say_canceled(old, Rollouts::Cancel::with_reason);
    } else {
        rollouts_.say_canceled(old, Rollouts::Cancel::with_reason);
        rollouts_.start({step}, app.group, version);
    }
    return true;
}

std::vector<Step> Requests::reverse(const Rollout& rollout) {
    std::vector<Step> steps;
    for (const Rollout::Before& before : rollout.before) {
        const App& app = cluster_.apps()[before.app];
        if (!before.existed) {
            if (app.exists) {
                steps.push_back({{.verb = Verb::stop, .app = before.app}});
            }
        } else if (!app.exists) {
            steps.push_back({{.verb = Verb::start, .app = before.app}});
            steps.push_back({{.verb = Verb::scale, .app = before.app, .instances = before.target}});
        } else {
            steps.push_back({{.verb = Verb::restart, .app = before.app, .instances = before.target}}
            );
        }
    }
    return steps;
}

bool Requests::roll_back() {
    const Index index = some_app(true);
    if (index == nobody) {
        return false;
    }
    const TimeMs version = schedule_.stamp();
    const Rollout old = rollouts_.detach(cluster_.apps()[index].rollout);
    rollouts_.say_canceled(old, Rollouts::Cancel::with_reason);
    rollouts_.start(reverse(old), old.group, version);
    return true;
}

bool Requests::abandon() {
    const Index index = some_app(true);
    if (index == nobody) {
        return false;
    }
    const Rollout old = rollouts_.detach(cluster_.apps()[index].rollout);
    rollouts_.say_canceled(
        old, random_.chance(0.5) ? Rollouts::Cancel::with_reason : Rollouts::Cancel::silent
    );
    for (const Rollout::Before& before : old.before) {
        schedule_.after(1, {.what = Wake::What::steer, .subject = before.app});
    }
    return true;
}

}  // namespace tally::simulate
