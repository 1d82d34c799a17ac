#include "model/support/said.hpp"

#include <deque>

#include "tally/base/ids.hpp"
#include "tally/base/time.hpp"

namespace tally::model::said {

namespace {

using decode::Event;
using decode::EventType;

Event event_of(EventType type, When when) {
    Event event;
    event.type = type;
    event.type_name = decode::to_string(type);
    event.timestamp = when;
    return event;
}

Event entity_event(EventType type, std::string_view id, When when, const With& with) {
    Event event = event_of(type, when);
    event.entity = keep(std::string(id));
    event.app = with.app.empty() ? keep(ids::app_of(id)) : keep(std::string(with.app));
    event.host = with.host;
    event.version = with.version;
    event.message = with.message;
    event.reason = with.reason;
    return event;
}

/// Which key holds the id: by its shape, as Marathon 1.4 does.
void put_id(Event& event) {
    const bool is_instance = ids::parse(event.entity).form == ids::Parsed::Form::instance;
    (is_instance ? event.instance : event.task) = event.entity;
}

decode::HealthCheck said_check(const Check& check) {
    return {
        .protocol = check.protocol,
        .path = check.path,
        .command = check.command,
        .port = check.port,
        .port_index = check.port_index,
        .interval_s = check.interval_s};
}

decode::Step step_of(const StepText& texts) {
    static std::deque<std::vector<decode::Action>> steps;
    auto& actions = steps.emplace_back();
    for (const std::string_view text : texts) {
        const std::string_view kept = keep(std::string(text));
        const std::size_t blank = kept.find(' ');
        actions.push_back(
            {.name = kept.substr(0, blank),
             .app = blank == std::string_view::npos ? std::string_view{} : kept.substr(blank + 1)}
        );
    }
    return actions;
}

Event deployment_event(EventType type, std::string_view id, const Plan& plan, When when) {
    static std::deque<std::vector<decode::Step>> plans;
    Event event = event_of(type, when);
    event.deployment_id = keep(std::string(id));
    event.plan_version = plan.version;
    if (plan.steps) {
        event.plan_known = true;
        auto& steps = plans.emplace_back();
        for (const StepText& step : *plan.steps) {
            steps.push_back(step_of(step));
        }
        event.steps = steps;
    }
    return event;
}

Event step_event(
    EventType type,
    std::string_view id,
    const Plan& plan,
    const std::optional<StepText>& current,
    When when
) {
    Event event = deployment_event(type, id, plan, when);
    if (current) {
        event.current_step = step_of(*current);
    }
    return event;
}

}  // namespace

std::string_view keep(std::string text) {
    static std::deque<std::string> texts;
    return texts.emplace_back(std::move(text));
}

std::string_view version_at(std::chrono::milliseconds after) {
    return keep(format_timestamp(at(after)));
}

Event status(std::string_view task, std::string_view state, When when, With with) {
    Event event = entity_event(EventType::status_update_event, task, when, with);
    event.task = event.entity;
    event.state = keep(std::string(state));
    return event;
}

Event instance(std::string_view id, std::string_view condition, When when, With with) {
    Event event = entity_event(EventType::instance_changed_event, id, when, with);
    event.instance = event.entity;
    event.state = keep(std::string(condition));
    return event;
}

Event alive(std::string_view id, bool alive, When when, With with) {
    Event event = entity_event(EventType::health_status_changed_event, id, when, with);
    put_id(event);
    event.health = alive ? decode::Truth::yes : decode::Truth::no;
    return event;
}

Event healthy(std::string_view id, std::optional<bool> healthy, When when, With with) {
    Event event = entity_event(EventType::instance_health_changed_event, id, when, with);
    put_id(event);
    event.health = !healthy   ? decode::Truth::absent
                   : *healthy ? decode::Truth::yes
                              : decode::Truth::no;
    return event;
}

Event failure(std::string_view id, const Check& check, When when, With with) {
    Event event = entity_event(EventType::failed_health_check_event, id, when, with);
    put_id(event);
    event.check = said_check(check);
    return event;
}

Event add_check(std::string_view app, const Check& check, When when) {
    Event event = event_of(EventType::add_health_check_event, when);
    event.app = app;
    event.check = said_check(check);
    return event;
}

Event remove_check(std::string_view app, When when) {
    Event event = event_of(EventType::remove_health_check_event, when);
    event.app = app;
    return event;
}

Event kill(std::string_view task, std::string_view instance, When when, With with) {
    const bool is_task = instance.empty();
    Event event = entity_event(
        is_task ? EventType::unhealthy_task_kill_event : EventType::unhealthy_instance_kill_event,
        is_task ? task : instance,
        when,
        with
    );
    event.task = task;
    event.instance = instance;
    return event;
}

Event app_terminated(std::string_view app, When when) {
    Event event = event_of(EventType::app_terminated_event, when);
    event.app = app;
    return event;
}

Event api_post(std::string_view app, When when) {
    Event event = event_of(EventType::api_post_event, when);
    event.app = app;
    event.uri = keep("/v2/apps/" + std::string(app));
    event.address = "10.0.0.1";
    return event;
}

Event unknown_terminated(std::string_view id, std::string_view condition, When when) {
    Event event = entity_event(EventType::unknown_instance_terminated_event, id, when, {});
    event.instance = event.entity;
    event.state = condition;
    return event;
}

Event framework_message(std::int64_t bytes, When when) {
    Event event = event_of(EventType::framework_message_event, when);
    event.executor = "executor-1";
    event.agent = "agent-S1";
    event.message_bytes = bytes;
    return event;
}

Event group_change(bool success, std::string_view version, When when, With with) {
    Event event =
        event_of(success ? EventType::group_change_success : EventType::group_change_failed, when);
    event.group = "/";
    event.version = version;
    event.reason = with.reason;
    return event;
}

Event plain(std::string_view type, When when, std::string_view app) {
    Event event = event_of(EventType::unknown, when);
    event.type_name = keep(std::string(type));
    for (std::size_t i = 0; i + 1 < decode::event_type_count; ++i) {
        if (decode::to_string(static_cast<EventType>(i)) == type) {
            event.type = static_cast<EventType>(i);
        }
    }
    event.app = app;
    return event;
}

Plan start_plan(std::string_view app, std::chrono::milliseconds requested) {
    const std::string name(app);
    return {
        .version = version_at(requested),
        .steps = {{{keep("StartApplication " + name)}, {keep("ScaleApplication " + name)}}}};
}

Plan scale_plan(std::string_view app, std::chrono::milliseconds requested) {
    return {
        .version = version_at(requested),
        .steps = {{{keep("ScaleApplication " + std::string(app))}}}};
}

Event info(std::string_view id, const Plan& plan, std::optional<StepText> current, When when) {
    return step_event(EventType::deployment_info, id, plan, current, when);
}

Event step_success(
    std::string_view id, const Plan& plan, std::optional<StepText> current, When when
) {
    return step_event(EventType::deployment_step_success, id, plan, current, when);
}

Event step_failure(
    std::string_view id, const Plan& plan, std::optional<StepText> current, When when
) {
    return step_event(EventType::deployment_step_failure, id, plan, current, when);
}

Event success(std::string_view id, const Plan& plan, When when) {
    return deployment_event(EventType::deployment_success, id, plan, when);
}

Event failed(std::string_view id, const Plan& plan, When when, std::string_view reason) {
    Event event = deployment_event(EventType::deployment_failed, id, plan, when);
    event.reason = keep(std::string(reason));
    return event;
}

}  // namespace tally::model::said
