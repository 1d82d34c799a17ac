#include "simulate/said.hpp"

#include <array>

namespace tally::simulate {

namespace {

template <class Enum, std::size_t count>
std::string_view at(const std::array<std::string_view, count>& names, Enum value) {
    return names[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view name_of(EventType type) {
    static constexpr std::array<std::string_view, event_types> names{
        "status_update_event",
        "instance_changed_event",
        "instance_health_changed_event",
        "unknown_instance_terminated_event",
        "unknown_task_terminated_event",
        "app_terminated_event",
        "framework_message_event",
        "add_health_check_event",
        "remove_health_check_event",
        "failed_health_check_event",
        "health_status_changed_event",
        "unhealthy_task_kill_event",
        "unhealthy_instance_kill_event",
        "deployment_info",
        "deployment_step_success",
        "deployment_step_failure",
        "deployment_success",
        "deployment_failed",
        "group_change_success",
        "group_change_failed",
        "api_post_event",
        "pod_created_event",
        "pod_updated_event",
        "pod_deleted_event",
        "scheduler_registered_event",
        "scheduler_reregistered_event",
        "scheduler_disconnected_event",
        "subscribe_event",
        "unsubscribe_event",
        "event_stream_attached",
        "event_stream_detached",
    };
    return at(names, type);
}

std::string_view name_of(TaskState state) {
    static constexpr std::array<std::string_view, task_states> names{
        "none",
        "TASK_STAGING",
        "TASK_STARTING",
        "TASK_RUNNING",
        "TASK_KILLING",
        "TASK_FINISHED",
        "TASK_FAILED",
        "TASK_KILLED",
        "TASK_ERROR",
        "TASK_DROPPED",
        "TASK_GONE",
        "TASK_LOST",
        "TASK_UNREACHABLE",
        "TASK_UNKNOWN",
        "TASK_GONE_BY_OPERATOR",
    };
    return at(names, state);
}

std::string_view name_of(Condition condition) {
    static constexpr std::array<std::string_view, conditions> names{
        "none",
        "Created",
        "Scheduled",
        "Provisioned",
        "Staging",
        "Starting",
        "Running",
        "Killing",
        "Unreachable",
        "UnreachableInactive",
        "Finished",
        "Failed",
        "Killed",
        "Error",
        "Gone",
        "Dropped",
        "Unknown",
    };
    return at(names, condition);
}

std::string_view name_of(Health health) {
    static constexpr std::array<std::string_view, 3> names{"unknown", "healthy", "unhealthy"};
    return at(names, health);
}

std::string_view name_of(Protocol protocol) {
    static constexpr std::array<std::string_view, protocols> names{
        "HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_HTTP"};
    return at(names, protocol);
}

std::string_view name_of(Fault fault) {
    static constexpr std::array<std::string_view, 5> names{
        "nothing", "not_json", "not_object", "no_event_type", "missing_field"};
    return at(names, fault);
}

}  // namespace tally::simulate
