#include "simulate/totals.hpp"

#include <algorithm>

namespace tally::simulate {

void Totals::put(const Said& said) {
    if (said.fault != Fault::nothing) {
        ++rejected_[static_cast<std::size_t>(said.fault)];
        if (said.fault != Fault::missing_field) {
            return;  // no event at all
        }
    }
    clock_ = std::max(clock_, said.time);
    ++events_[static_cast<std::size_t>(said.type)];
    if (said.fault == Fault::nothing) {
        ++whole_[static_cast<std::size_t>(said.type)];
        apply(said);
    }
}

void Totals::apply(const Said& said) {
    switch (said.type) {
        case EventType::status_update:
            status_update(said);
            return;
        case EventType::instance_changed:
            instance_changed(said);
            return;
        case EventType::instance_health_changed:
        case EventType::health_status_changed:
            health_.health_event(said, clock_);
            return;
        case EventType::failed_health_check:
            health_.failed_check(said);
            return;
        case EventType::unhealthy_task_kill:
        case EventType::unhealthy_instance_kill:
            ++kills_[pack(said.app)];
            return;
        case EventType::unknown_instance_terminated:
        case EventType::unknown_task_terminated:
            ++unknown_terminations_[pack(said.app)];
            return;
        case EventType::framework_message:
            framework_bytes_ += said.bytes;
            return;
        case EventType::deployment_info:
            deployments_.info(said);
            return;
        case EventType::deployment_step_success:
        case EventType::deployment_step_failure:
            deployments_.step_ended(said);
            return;
        case EventType::deployment_success:
        case EventType::deployment_failed:
            deployments_.final_event(said);
            return;
        case EventType::group_change_failed:
            deployments_.group_change_failed(said.version);
            return;
        default:
            return;  // nothing but its number
    }
}

void Totals::status_update(const Said& said) {
    if (tasks_.count(said) != Verdict::transition || !said.legacy_task) {
        return;
    }
    if (is_final(said.state)) {
        health_.entity_ended(said.instance, clock_);
    } else {
        health_.entity_lives(said.instance);
    }
}

void Totals::instance_changed(const Said& said) {
    if (instances_.count(said) != Verdict::transition) {
        return;
    }
    if (is_final(said.condition)) {
        health_.entity_ended(said.instance, clock_);
    } else {
        health_.entity_lives(said.instance);
    }
}

}  // namespace tally::simulate
