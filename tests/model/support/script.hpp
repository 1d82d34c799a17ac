#pragma once

#include <cstdint>
#include <vector>

#include "tally/decode/event.hpp"

namespace tally::model {

/// One event of a script and the connection it comes by.
struct Line {
    decode::Event event;
    std::uint32_t connection;
};

/// A plausible but careless cluster: few apps, tasks, instances and deployments, so that everything
/// meets everything; clocks that jump back, events without a time, unknown names, missing fields,
/// repeats, relaunches. The same seed gives the same script.
[[nodiscard]] std::vector<Line> random_script(unsigned seed, int events);

}  // namespace tally::model
