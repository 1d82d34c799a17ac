#pragma once

#include <string>
#include <vector>

#include "simulate/disorder.hpp"
#include "simulate/life.hpp"
#include "simulate/totals.hpp"

namespace tally::simulate {

/// Keeps every body a life says, and counts them.
class Collector : public Outlet {
  public:
    void put(const Said& said, std::string_view body, std::string_view light) override {
        bodies.emplace_back(body);
        lights.emplace_back(light);
        saids.push_back(said);
        totals.put(said);
    }

    std::vector<std::string> bodies;
    std::vector<std::string> lights;
    std::vector<Said> saids;
    Totals totals;
};

/// A small, busy cluster: everything happens within some thousand events.
inline Shape small_cluster(Dialect dialect) {
    return {
        .seed = 7,
        .rate = 40,
        .apps = 24,
        .tasks = 160,
        .agents = 12,
        .dialect = dialect,
        .plan = PlanFormat::light};
}

/// Lets it live until it has said at least so many bodies. Returns the totals as JSON.
inline std::string live(const Shape& shape, std::size_t bodies, Collector& into) {
    Disorder disorder(shape, into);
    Life life(shape, disorder);
    while (into.bodies.size() < bodies) {
        life.step();
    }
    disorder.flush();
    return into.totals.text(life.cluster().apps());
}

inline constexpr Dialect all_dialects[] = {
    Dialect::v1_3, Dialect::v1_4, Dialect::v1_5, Dialect::v1_8};

}  // namespace tally::simulate
