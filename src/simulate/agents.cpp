#include "simulate/agents.hpp"

namespace tally::simulate {

Agents::Agents(Cluster& cluster, Schedule& schedule, Random& random, Instances& instances)
    : cluster_(cluster), schedule_(schedule), random_(random), instances_(instances) {}

std::vector<Index> Agents::tasks_of(Index agent) const {
    std::vector<Index> found;
    for (Index i = 0; i < cluster_.instances().size(); ++i) {
        const Instance& instance = cluster_.instances()[i];
        if (instance.used && instance.agent == agent && instance.phase != Phase::waiting) {
            found.push_back(i);
        }
    }
    return found;
}

bool Agents::lose() {
    std::vector<Agent>& agents = cluster_.agents();
    if (down_ * 4 >= agents.size()) {
        return false;
    }
    const Index index = cluster_.some_agent(random_);
    agents[index].up = false;
    ++down_;
    for (const Index instance : tasks_of(index)) {
        instances_.lose(instance);
    }
    const bool returns = random_.chance(0.75);
    const TimeMs wait = returns ? random_.between(5000, 120'000) : random_.between(60'000, 300'000);
    schedule_.after(
        wait, {.what = returns ? Wake::What::agent_back : Wake::What::agent_gone, .subject = index}
    );
    return true;
}

void Agents::back(Index agent) {
    cluster_.agents()[agent].up = true;
    --down_;
    for (const Index instance : tasks_of(agent)) {
        instances_.restore(instance);
    }
}

void Agents::gone(Index agent) {
    for (const Index instance : tasks_of(agent)) {
        instances_.expunge(instance);
    }
    cluster_.agents()[agent].up = true;  // a fresh machine under the same name
    --down_;
}

}  // namespace tally::simulate
