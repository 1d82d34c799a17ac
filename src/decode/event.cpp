#include "tally/decode/event.hpp"

#include <array>

#include "decode/event_type.hpp"

namespace tally::decode {

namespace {

constexpr std::array<std::string_view, event_type_count> type_names{
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
    "unknown",
};
static_assert(!type_names.back().empty(), "every EventType has its name");

constexpr std::array<std::string_view, reject_reason_count> reason_names{
    "not_json", "not_object", "no_event_type", "missing_field", "too_large"};

/// The known types by the length of their name: at most five share one, the frequent ones come
/// first.
struct SameLength {
    std::array<EventType, 5> types{};
    std::size_t count = 0;
};

constexpr std::size_t name_bytes_max = 33;

constexpr auto types_by_length = [] {
    std::array<SameLength, name_bytes_max + 1> table{};
    for (std::size_t i = 0; i + 1 < event_type_count; ++i) {  // not `unknown`: it is no wire name
        SameLength& same = table[type_names[i].size()];
        same.types[same.count++] = static_cast<EventType>(i);
    }
    return table;
}();

}  // namespace

std::string_view to_string(EventType type) {
    return type_names[static_cast<std::size_t>(type)];
}

std::string_view to_string(RejectReason reason) {
    return reason_names[static_cast<std::size_t>(reason)];
}

std::optional<RejectReason> reject_reason_of(std::string_view name) {
    for (std::size_t i = 0; i < reason_names.size(); ++i) {
        if (reason_names[i] == name) {
            return static_cast<RejectReason>(i);
        }
    }
    return std::nullopt;
}

EventType find_event_type(std::string_view name) {
    if (name.size() > name_bytes_max) {
        return EventType::unknown;
    }
    const SameLength& same = types_by_length[name.size()];
    for (std::size_t i = 0; i < same.count; ++i) {
        if (name == to_string(same.types[i])) {
            return same.types[i];
        }
    }
    return EventType::unknown;
}

}  // namespace tally::decode
