#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tally/base/time.hpp"

namespace tally::simulate {

enum class Verb : std::uint8_t { start, scale, restart, stop };

/// One thing a deployment does to one app (or pod: the app knows which it is).
struct Action {
    Verb verb = Verb::scale;
    std::uint32_t app = 0;
    std::uint32_t instances = 0;  ///< how many there shall be afterwards; not on the wire
    bool pod = false;             ///< the app is one

    friend bool operator==(const Action&, const Action&) = default;
};

using Step = std::vector<Action>;

/// A deployment plan; never changed once it has been spoken of.
struct Plan {
    std::uint64_t serial = 0;  ///< never used twice
    std::string id;            ///< UUID v4
    TimeMs version = 0;        ///< when the request was processed
    std::vector<Step> steps;
};

}  // namespace tally::simulate
