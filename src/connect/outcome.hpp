#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "tally/connect/cause.hpp"

namespace tally::connect {

// How one step of an HTTP exchange went: what Connection and HttpStream say, what their callers' machines are told.

struct Connected {};

struct HeaderArrived {
    unsigned status = 0;
    std::string content_type;
    std::string location;
    std::optional<std::uint64_t> length = {};  ///< of the body, as announced; not to be trusted
};

struct BytesArrived {};

struct Ended {
    bool whole = false;  ///< where the message said it would; else the connection was cut, in an orderly way
};

struct Failed {
    Cause cause = Cause::reset;
    std::string detail;  ///< one line for people, no secrets
};

struct TimedOut {};

using Outcome = std::variant<Connected, HeaderArrived, BytesArrived, Ended, Failed, TimedOut>;

}  // namespace tally::connect
