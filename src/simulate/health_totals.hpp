#pragma once

#include "simulate/task_totals.hpp"

namespace tally::simulate {

/// The health of semantics section 5. `clock` is the source's last event time, the event at hand
/// included.
class HealthTotals {
  public:
    void health_event(const Said& said, TimeMs clock);
    void failed_check(const Said& said);
    /// A task or an instance has changed its state: its entity may end or come to life again.
    void entity_ended(std::uint64_t entity, TimeMs clock);
    void entity_lives(std::uint64_t entity);

    /// Adds the intervals that are open at `clock` to copies of the seconds below.
    [[nodiscard]] Counts unhealthy_until(TimeMs clock) const;
    [[nodiscard]] Counts observed_until(TimeMs clock) const;

    Counts failures;      ///< app, protocol
    Counts transitions;   ///< app, to
    Counts flaps;         ///< app
    Counts unhealthy_ms;  ///< app; closed intervals only
    Counts observed_ms;   ///< app; closed intervals only

  private:
    struct Entity {
        Health health = Health::unknown;
        TimeMs since = 0;
        std::uint32_t app = 0;
        bool ended = false;
        bool heard_of_instance_health = false;
    };

    void set(Entity& entity, Health health, TimeMs clock);

    boost::unordered_flat_map<std::uint64_t, Entity> entities_;
    std::deque<std::uint64_t> ended_;
};

}  // namespace tally::simulate
