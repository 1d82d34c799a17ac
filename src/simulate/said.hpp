#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "simulate/plan.hpp"
#include "tally/base/time.hpp"

namespace tally::simulate {

enum class EventType : std::uint8_t {
    status_update,
    instance_changed,
    instance_health_changed,
    unknown_instance_terminated,
    unknown_task_terminated,
    app_terminated,
    framework_message,
    add_health_check,
    remove_health_check,
    failed_health_check,
    health_status_changed,
    unhealthy_task_kill,
    unhealthy_instance_kill,
    deployment_info,
    deployment_step_success,
    deployment_step_failure,
    deployment_success,
    deployment_failed,
    group_change_success,
    group_change_failed,
    api_post,
    pod_created,
    pod_updated,
    pod_deleted,
    scheduler_registered,
    scheduler_reregistered,
    scheduler_disconnected,
    subscribe,
    unsubscribe,
    event_stream_attached,
    event_stream_detached,
};
inline constexpr std::size_t event_types = 31;

/// As in `eventType`.
[[nodiscard]] std::string_view name_of(EventType type);

enum class TaskState : std::uint8_t {
    none,
    staging,
    starting,
    running,
    killing,
    finished,
    failed,
    killed,
    error,
    dropped,
    gone,
    lost,
    unreachable,
    unknown,
    gone_by_operator,
};
inline constexpr std::size_t task_states = 15;

/// "TASK_RUNNING"; "none" for none.
[[nodiscard]] std::string_view name_of(TaskState state);

enum class Condition : std::uint8_t {
    none,
    created,
    scheduled,
    provisioned,
    staging,
    starting,
    running,
    killing,
    unreachable,
    unreachable_inactive,
    finished,
    failed,
    killed,
    error,
    gone,
    dropped,
    unknown,
};
inline constexpr std::size_t conditions = 17;

/// "Running"; "none" for none.
[[nodiscard]] std::string_view name_of(Condition condition);

enum class Health : std::uint8_t { unknown, healthy, unhealthy };
[[nodiscard]] std::string_view name_of(Health health);

enum class Protocol : std::uint8_t { http, https, tcp, command, mesos_http };
inline constexpr std::size_t protocols = 5;
[[nodiscard]] std::string_view name_of(Protocol protocol);

/// Why a body is none of Marathon's. `nothing`: it is one.
enum class Fault : std::uint8_t { nothing, not_json, not_object, no_event_type, missing_field };
[[nodiscard]] std::string_view name_of(Fault fault);

inline constexpr std::uint32_t no_app = std::numeric_limits<std::uint32_t>::max();

/// What one event said, for whoever counts: the same as the body beside it, without JSON. Fields
/// that the type does not have keep their default. Apps are indices into Cluster::apps; tasks and
/// instances are serial numbers that are never used twice.
struct Said {
    EventType type = EventType::status_update;
    Fault fault =
        Fault::nothing;  ///< with missing_field the type and the time hold, else nothing else does
    TimeMs time = 0;
    std::uint32_t app = no_app;
    std::uint64_t task = 0;
    std::uint64_t instance = 0;  ///< also the health entity
    bool legacy_task = false;    ///< the task id is `app.UUID`: its end ends the entity
    TaskState state = TaskState::none;
    Condition condition = Condition::none;
    Health health = Health::unknown;
    Protocol protocol = Protocol::http;
    std::shared_ptr<const Plan> plan;  ///< deployment_*
    std::size_t step = 0;              ///< index of currentStep in plan->steps
    bool cancels = false;              ///< the reason of a deployment_failed says "cancel"
    TimeMs version = 0;                ///< group_change_*
    std::uint32_t bytes = 0;           ///< framework_message
};

/// Takes events in the order in which they happen. `body` and `light` die with the call; `light` is
/// the same event with a light plan where the event has a heavy one and somebody may choose, else
/// empty.
class Outlet {
  public:
    Outlet() = default;
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;
    virtual ~Outlet() = default;
    virtual void put(const Said& said, std::string_view body, std::string_view light) = 0;
};

}  // namespace tally::simulate
