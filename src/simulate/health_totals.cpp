#include "simulate/health_totals.hpp"

namespace tally::simulate {

void HealthTotals::health_event(const Said& said, TimeMs clock) {
    Entity& entity = entities_[said.instance];
    entity.app = said.app;
    if (said.type == EventType::instance_health_changed) {
        entity.heard_of_instance_health = true;
    } else if (entity.heard_of_instance_health) {
        return;
    }
    if (entity.ended || entity.health == said.health) {
        return;
    }
    ++transitions[pack(said.app, static_cast<std::uint64_t>(said.health))];
    if (entity.health == Health::healthy && said.health == Health::unhealthy) {
        ++flaps[pack(said.app)];
    }
    set(entity, said.health, clock);
}

void HealthTotals::failed_check(const Said& said) {
    ++failures[pack(said.app, static_cast<std::uint64_t>(said.protocol))];
}

void HealthTotals::set(Entity& entity, Health health, TimeMs clock) {
    const auto past = static_cast<std::uint64_t>(clock - entity.since);
    if (entity.health != Health::unknown) {
        observed_ms[pack(entity.app)] += past;
    }
    if (entity.health == Health::unhealthy) {
        unhealthy_ms[pack(entity.app)] += past;
    }
    entity.health = health;
    entity.since = clock;
}

void HealthTotals::entity_ended(std::uint64_t serial, TimeMs clock) {
    Entity& entity = entities_[serial];
    if (entity.ended) {
        return;
    }
    set(entity, Health::unknown, clock);
    entity.ended = true;
    ended_.push_back(serial);
    if (ended_.size() > ended_max) {
        const auto oldest = entities_.find(ended_.front());
        if (oldest != entities_.end() && oldest->second.ended) {
            entities_.erase(oldest);
        }
        ended_.pop_front();
    }
}

void HealthTotals::entity_lives(std::uint64_t serial) {
    const auto found = entities_.find(serial);
    if (found != entities_.end()) {
        found->second.ended = false;
    }
}

Counts HealthTotals::unhealthy_until(TimeMs clock) const {
    Counts counts = unhealthy_ms;
    for (const auto& [serial, entity] : entities_) {
        if (entity.health == Health::unhealthy) {
            counts[pack(entity.app)] += static_cast<std::uint64_t>(clock - entity.since);
        }
    }
    return counts;
}

Counts HealthTotals::observed_until(TimeMs clock) const {
    Counts counts = observed_ms;
    for (const auto& [serial, entity] : entities_) {
        if (entity.health != Health::unknown) {
            counts[pack(entity.app)] += static_cast<std::uint64_t>(clock - entity.since);
        }
    }
    return counts;
}

}  // namespace tally::simulate
