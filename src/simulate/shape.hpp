#pragma once

#include <cstdint>

#include "simulate/dialect.hpp"
#include "tally/base/time.hpp"

namespace tally::simulate {

/// `automatic`: heavy where the dialect has it by default, else light. `heavy` in 1.8 is light all
/// the same, and so is `mixed`: one plan in twenty is heavy, as in an archive of readers of both.
enum class PlanFormat { automatic, light, heavy, mixed };

/// What kind of cluster lives, how fast, and how its events are disturbed on the way. The same
/// shape gives the same bytes.
struct Shape {
    std::uint64_t seed = 1;
    double rate = 100;  ///< events per second of simulated time, on average
    std::uint32_t apps = 2000;
    std::uint32_t tasks = 20'000;
    std::uint32_t agents = 500;
    Dialect dialect = Dialect::v1_8;
    TimeMs start = 1'504'780'000'000;
    PlanFormat plan = PlanFormat::automatic;
    bool both_plans =
        false;              ///< also render the light form of heavy plans (for `plan-format=light`)
    double duplicates = 0;  ///< share of events that come twice
    double reorder = 0;     ///< share of events that come up to 20 events late
    double bad = 0;         ///< malformed bodies per event
};

inline constexpr std::uint32_t apps_max = 100'000;
inline constexpr std::uint32_t tasks_max = 2'000'000;
inline constexpr std::uint32_t agents_max = 100'000;

}  // namespace tally::simulate
