#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tally/base/time.hpp"

/// What Marathon SAID, typed. Every string_view and span points into the Decoder or the body it was
/// given and dies with the next decode().
namespace tally::decode {

/// Every event type Marathon ever had (protocol.md a); `unknown` is kept, counted and makes no fact.
enum class EventType : std::uint8_t {
    status_update_event,
    instance_changed_event,
    instance_health_changed_event,
    unknown_instance_terminated_event,
    unknown_task_terminated_event,
    app_terminated_event,
    framework_message_event,
    add_health_check_event,
    remove_health_check_event,
    failed_health_check_event,
    health_status_changed_event,
    unhealthy_task_kill_event,
    unhealthy_instance_kill_event,
    deployment_info,
    deployment_step_success,
    deployment_step_failure,
    deployment_success,
    deployment_failed,
    group_change_success,
    group_change_failed,
    api_post_event,
    pod_created_event,
    pod_updated_event,
    pod_deleted_event,
    scheduler_registered_event,
    scheduler_reregistered_event,
    scheduler_disconnected_event,
    subscribe_event,
    unsubscribe_event,
    event_stream_attached,
    event_stream_detached,
    unknown,
};
inline constexpr std::size_t event_type_count = static_cast<std::size_t>(EventType::unknown) + 1;

/// As on the wire; "unknown" for EventType::unknown.
[[nodiscard]] std::string_view to_string(EventType type);

enum class RejectReason : std::uint8_t { not_json, not_object, no_event_type, missing_field, too_large };
inline constexpr std::size_t reject_reason_count = 5;
[[nodiscard]] std::string_view to_string(RejectReason reason);
[[nodiscard]] std::optional<RejectReason> reject_reason_of(std::string_view name);

/// One action of a deployment step: `type` or `action`, `app` or `pod`, whichever the version wrote.
struct Action {
    std::string_view name;
    std::string_view app;
};

/// A step is a run of actions; wrapped ({"actions":[...]}) and bare ({"action":..}) forms look the same here.
using Step = std::span<const Action>;

/// A health check as far as it is counted. Absent numbers are empty, an interval that is not positive too.
struct HealthCheck {
    std::string_view protocol;
    std::string_view path;
    std::string_view command;
    std::optional<std::int64_t> port;
    std::optional<std::int64_t> port_index;
    std::optional<double> interval_s;
};

enum class Truth : std::uint8_t { absent, no, yes };  ///< null and absent are the same

/// One event, flat: which fields have a meaning depends on the type, as protocol.md a says. An empty
/// view is an absent, null, empty or wrongly typed field: to us these are one.
struct Event {
    EventType type = EventType::unknown;
    std::string_view type_name;        ///< the JSON eventType as sent, never empty
    std::optional<TimeMs> timestamp;   ///< the body's own, if it has the one legal form
    std::string_view missing;          ///< name of the needed field that is absent: the event makes no fact

    std::string_view app;              ///< appId or runSpecId, else derived from an id, uri or definition
    std::string_view task;             ///< taskId as sent (since 1.5 it may hold an instance id)
    std::string_view instance;         ///< instanceId as sent
    std::string_view entity;           ///< the id the event is about, as sent: for v_events.entity
    std::string_view state;            ///< taskStatus; condition, trimmed; status of unknown_task_terminated
    std::string_view host;
    std::string_view version;          ///< version or runSpecVersion
    std::string_view message;
    std::string_view reason;
    Truth health = Truth::absent;      ///< alive, healthy

    HealthCheck check;                 ///< failed_ and add_health_check_event

    std::string_view deployment_id;    ///< plan.id for info and steps; id, else plan.id, for finals
    std::string_view plan_version;
    bool plan_known = false;           ///< the plan came with a list of steps, be it empty
    std::span<const Step> steps;       ///< of the plan
    std::optional<Step> current_step;  ///< absent when the event has none

    std::string_view group;            ///< groupId
    std::string_view uri;
    std::string_view address;          ///< clientIp or remoteAddress
    std::string_view master;
    std::string_view executor;
    std::string_view agent;            ///< slaveId or agentId
    std::int64_t message_bytes = 0;    ///< framework_message_event: bytes of a string, elements of an array
};

}  // namespace tally::decode
