#pragma once

#include <cmath>
#include <string_view>

#include "record/payload_short.hpp"

/// How v_events shows what is packed, on a connection of ours (payloads.cpp) and of others (extension.cpp): by a function and a
/// view of the connection. The file is not changed. Knows nothing of SQLite.
namespace tally::record {

inline constexpr const char* packed_function = "packed_payload";
inline constexpr int packed_function_arguments = 4;

inline constexpr const char* packed_view_sql =
    "CREATE TEMP VIEW IF NOT EXISTS v_events AS SELECT seq, time, ts, source, event_type, app, entity, deployment_id, clock,"
    " coalesce(payload, packed_payload(seq, entity, app, time)) AS payload FROM main.v_events";

/// The block that an event may lie in: it does if last_seq is not before it.
inline constexpr const char* packed_block_sql =
    "SELECT first_seq, last_seq, events, packed, layout FROM main.payload_block WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1";

/// What the columns of v_events say that the function is given.
[[nodiscard]] inline PayloadNames packed_names(std::string_view entity, std::string_view app, double time_s) {
    constexpr double ms_per_s = 1000;
    return {.entity = entity, .app = app, .time = std::llround(time_s * ms_per_s)};
}

}  // namespace tally::record
