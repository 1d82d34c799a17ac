#pragma once

#include "simulate/cluster.hpp"

namespace tally::simulate {

/// Marathon knows of a task: it was launched and has not ended.
inline bool has_task(const Instance& instance) {
    return instance.phase != Phase::scheduled && instance.phase != Phase::waiting;
}

/// Before the first status Marathon itself says TASK_STAGING.
inline TaskState shown_state(const Instance& instance) {
    return instance.phase == Phase::launched ? TaskState::staging : instance.state;
}

}  // namespace tally::simulate
