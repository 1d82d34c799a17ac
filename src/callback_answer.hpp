#pragma once

#include <cstdint>

namespace tally {

/// What became of an event that a Marathon posted.
enum class CallbackAnswer : std::uint8_t {
    accepted,       ///< it survives kill -9 (also a duplicate, and one that lacks a field): 202
    not_json,       ///< counted and kept, as the next two: 400
    not_object,
    no_event_type,
    unwritable,     ///< not taken: 503
};

}  // namespace tally
