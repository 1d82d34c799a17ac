#pragma once

#include <string>
#include <string_view>

#include "simulate/cluster.hpp"
#include "simulate/json_text.hpp"
#include "simulate/said.hpp"
#include "simulate/schedule.hpp"

namespace tally::simulate {

/// Marathon's mouth: one function per event type, each writes the body as the serializer of this
/// dialect does (key order, absent and null fields) and hands it with the same content as Said to
/// the outlet. It changes nothing but counts what it said. Cluster, schedule and outlet must
/// outlive it. One thread.
class Speech {
  public:
    Speech(const Shape& shape, const Cluster& cluster, const Schedule& schedule, Outlet& outlet);

    void status_update(
        const Instance& instance, std::uint32_t container, TaskState state, std::string_view message
    );
    /// Nothing before 1.4, as for every instance_* event.
    void instance_changed(const Instance& instance, Condition condition);
    void instance_health_changed(const Instance& instance, Health health);
    void failed_health_check(const Instance& instance);
    void health_status_changed(const Instance& instance, bool alive);
    /// unhealthy_task_kill_event or unhealthy_instance_kill_event, stamped with the last failed
    /// probe.
    void unhealthy_kill(const Instance& instance, std::string_view reason);
    /// A task of this app that Marathon does not know has ended.
    void unknown_terminated(Index app, const Uuid& uuid);
    void framework_message(const Instance& instance, std::string_view bytes);

    void app_terminated(Index app);
    void add_health_check(Index app);
    void remove_health_check(Index app);
    /// api_post_event, or the pod_*_event that this is for a pod.
    void api_call(Index app, TimeMs version, std::uint32_t instances, EventType pod_type);

    /// Any of the deployment_*; `reason` empty: none on the wire.
    void deployment(
        EventType type,
        const std::shared_ptr<const Plan>& plan,
        std::size_t step,
        std::string_view reason = {}
    );
    void group_change_success(std::string_view group, TimeMs version);
    void group_change_failed(std::string_view group, TimeMs version);
    void scheduler(EventType type);
    void stream(EventType type, std::string_view remote_address);
    void subscriber(EventType type, std::string_view client_ip, std::string_view callback_url);

    [[nodiscard]] std::uint64_t said_count() const { return said_count_; }

  private:
    Said begin(EventType type);
    void type_then_time(const Said& said);
    void time_then_type(const Said& said);
    void say(const Said& said);
    void append_entity(const Instance& instance, std::string_view key);
    void append_deployment(const Said& said, bool heavy, std::string_view reason);
    void append_addresses(const Instance& instance, TaskState state);

    const Dialect dialect_;
    const bool heavy_;
    const bool mixed_;
    const bool both_plans_;
    const Cluster& cluster_;
    const Schedule& schedule_;
    Outlet& outlet_;
    std::string body_;
    std::string light_;
    Json json_{body_};
    std::uint64_t said_count_ = 0;
};

}  // namespace tally::simulate
