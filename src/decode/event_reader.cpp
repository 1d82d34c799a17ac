#include "decode/event_reader.hpp"

#include "decode/event_type.hpp"
#include "decode/health_check.hpp"

namespace tally::decode {

namespace {

namespace dom = simdjson::dom;

/// Notes the first needed field that is absent.
void need(Event& event, bool there, std::string_view name) {
    if (!there && event.missing.empty()) {
        event.missing = name;
    }
}

std::string_view trim_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Truth truth_of(const std::optional<dom::element>& value) {
    bool truth = false;
    if (!value || value->get(truth) != simdjson::SUCCESS) {
        return Truth::absent;
    }
    return truth ? Truth::yes : Truth::no;
}

std::string_view app_of(const Fields& fields) {
    return fields.text(Key::app_id, Key::run_spec_id);
}

/// Under which name Marathon writes the app of these events.
std::string_view app_key(EventType type) {
    switch (type) {
        case EventType::instance_changed_event:
        case EventType::instance_health_changed_event:
        case EventType::unknown_instance_terminated_event:
        case EventType::unknown_task_terminated_event:
            return "runSpecId";
        default:
            return "appId";
    }
}

void read_app_event(const Fields& fields, Event& event) {
    event.app = app_of(fields);
    need(event, !event.app.empty(), "appId");
}

void read_checks(const Fields& fields, Event& event) {
    event.check = health_check_of(fields.find(Key::health_check));
    event.version = fields.text(Key::version);
    read_app_event(fields, event);
}

void read_group_change(const Fields& fields, Event& event) {
    event.group = fields.text(Key::group_id);
    event.version = fields.text(Key::version);
    event.reason = fields.text(Key::reason);
    need(event, !event.group.empty(), "groupId");
}

void read_framework_message(const Fields& fields, Event& event) {
    event.executor = fields.text(Key::executor_id);
    event.agent = fields.text(Key::slave_id, Key::agent_id);
    event.message = fields.text(Key::message);
    event.message_bytes = static_cast<std::int64_t>(event.message.size());
    dom::array bytes;
    const auto value = fields.find(Key::message);
    const bool is_array = value && value->get(bytes) == simdjson::SUCCESS;
    if (is_array) {
        constexpr std::size_t size_max = 0xFFFFFF;  // the parser counts no further
        const std::size_t size = bytes.size();
        event.message_bytes = size < size_max ? static_cast<std::int64_t>(size)
                                              : std::distance(bytes.begin(), bytes.end());
    }
    need(event, is_array || !event.message.empty(), "message");
}

void read_address(const Fields& fields, Event& event) {
    event.address = fields.text(Key::remote_address, Key::client_ip);
}

}  // namespace

void EventReader::read(const Fields& fields, Event& event) {
    event.type = find_event_type(event.type_name);
    if (const std::string_view timestamp = fields.text(Key::timestamp); !timestamp.empty()) {
        event.timestamp = parse_timestamp(timestamp);
    }
    switch (event.type) {
        case EventType::status_update_event:
            return read_status_update(fields, event);
        case EventType::instance_changed_event:
            return read_instance(fields, event);
        case EventType::unknown_instance_terminated_event:
        case EventType::unknown_task_terminated_event:
            return read_unknown_terminated(fields, event);
        case EventType::instance_health_changed_event:
        case EventType::failed_health_check_event:
        case EventType::health_status_changed_event:
            return read_health(fields, event);
        case EventType::unhealthy_task_kill_event:
        case EventType::unhealthy_instance_kill_event:
            return read_kill(fields, event);
        case EventType::add_health_check_event:
        case EventType::remove_health_check_event:
            return read_checks(fields, event);
        case EventType::app_terminated_event:
            return read_app_event(fields, event);
        case EventType::framework_message_event:
            return read_framework_message(fields, event);
        case EventType::deployment_info:
        case EventType::deployment_step_success:
        case EventType::deployment_step_failure:
        case EventType::deployment_success:
        case EventType::deployment_failed:
            return read_deployment(fields, event);
        case EventType::group_change_success:
        case EventType::group_change_failed:
            return read_group_change(fields, event);
        case EventType::api_post_event:
        case EventType::pod_created_event:
        case EventType::pod_updated_event:
        case EventType::pod_deleted_event:
            return read_api_call(fields, event);
        case EventType::scheduler_registered_event:
        case EventType::scheduler_reregistered_event:
        case EventType::scheduler_disconnected_event:
            event.master = fields.text(Key::master);
            return;
        case EventType::subscribe_event:
        case EventType::unsubscribe_event:
        case EventType::event_stream_attached:
        case EventType::event_stream_detached:
            return read_address(fields, event);
        case EventType::unknown:
            return read_unknown(fields, event);
    }
}

void EventReader::shrink() {
    app_name_.shrink();
    plan_reader_.shrink();
}

void EventReader::read_ids(const Fields& fields, Event& event) {
    event.task = fields.text(Key::task_id);
    event.instance = fields.text(Key::instance_id);
}

/// The event's own app, else that of its task, else that of its instance: the task id is tried
/// first as it is the id of the thing that runs; where both are there they name the same app.
void EventReader::read_app_or_derive(const Fields& fields, Event& event) {
    event.app = app_of(fields);
    if (event.app.empty() && !event.task.empty()) {
        event.app = app_name_.from_id(event.task);
    }
    if (event.app.empty() && !event.instance.empty()) {
        event.app = app_name_.from_id(event.instance);
    }
    need(event, !event.app.empty(), app_key(event.type));
}

void EventReader::read_status_update(const Fields& fields, Event& event) {
    read_ids(fields, event);
    event.entity = event.task;
    event.state = fields.text(Key::task_status);
    event.host = fields.text(Key::host);
    event.version = fields.text(Key::version);
    event.message = fields.text(Key::message);
    event.agent = fields.text(Key::slave_id, Key::agent_id);
    need(event, !event.task.empty(), "taskId");
    need(event, !event.state.empty(), "taskStatus");
    read_app_or_derive(fields, event);
}

void EventReader::read_instance(const Fields& fields, Event& event) {
    read_ids(fields, event);
    event.entity = event.instance;
    event.state = trim_blanks(fields.text(Key::condition));
    event.host = fields.text(Key::host);
    event.version = fields.text(Key::run_spec_version, Key::version);
    event.agent = fields.text(Key::agent_id, Key::slave_id);
    need(event, !event.instance.empty(), "instanceId");
    need(event, !event.state.empty(), "condition");
    read_app_or_derive(fields, event);
}

void EventReader::read_unknown_terminated(const Fields& fields, Event& event) {
    read_ids(fields, event);
    const bool is_task = event.type == EventType::unknown_task_terminated_event;
    const std::string_view other = is_task ? event.instance : event.task;
    event.entity = is_task ? event.task : event.instance;
    event.entity = event.entity.empty() ? other : event.entity;
    event.state = trim_blanks(
        is_task ? fields.text(Key::status, Key::condition)
                : fields.text(Key::condition, Key::status)
    );
    read_app_or_derive(fields, event);
}

void EventReader::read_health(const Fields& fields, Event& event) {
    read_ids(fields, event);
    event.entity = event.instance.empty() ? event.task : event.instance;
    event.version = fields.text(Key::version, Key::run_spec_version);
    need(event, !event.entity.empty(), "instanceId or taskId");
    if (event.type == EventType::failed_health_check_event) {
        event.check = health_check_of(fields.find(Key::health_check));
        need(event, !event.check.protocol.empty(), "healthCheck.protocol");
    } else if (event.type == EventType::health_status_changed_event) {
        event.health = truth_of(fields.find(Key::alive));
        need(event, event.health != Truth::absent, "alive");
    } else {
        const auto healthy = fields.find(Key::healthy);
        event.health = truth_of(healthy);
        need(event, event.health != Truth::absent || !healthy || healthy->is_null(), "healthy");
    }
    read_app_or_derive(fields, event);
}

void EventReader::read_kill(const Fields& fields, Event& event) {
    read_ids(fields, event);
    event.entity = event.instance.empty() ? event.task : event.instance;
    event.host = fields.text(Key::host);
    event.version = fields.text(Key::version);
    event.reason = fields.text(Key::reason);
    event.agent = fields.text(Key::slave_id, Key::agent_id);
    need(event, !event.entity.empty(), "instanceId or taskId");
    read_app_or_derive(fields, event);
}

void EventReader::read_deployment(const Fields& fields, Event& event) {
    event.deployment_id = plan_reader_.read(fields, event);
    event.reason = fields.text(Key::reason);
    const bool is_final =
        event.type == EventType::deployment_success || event.type == EventType::deployment_failed;
    if (!is_final) {
        need(event, !event.deployment_id.empty(), "plan.id");
        return;
    }
    if (const std::string_view id = fields.text(Key::id); !id.empty()) {
        event.deployment_id = id;
    }
    need(event, !event.deployment_id.empty(), "id");
}

void EventReader::read_api_call(const Fields& fields, Event& event) {
    read_address(fields, event);
    event.uri = fields.text(Key::uri);
    need(event, !event.uri.empty(), "uri");
    if (event.type != EventType::api_post_event) {
        event.app = app_name_.from_uri(event.uri, "/v2/pods");
        return;
    }
    const auto definition = fields.find(Key::app_definition);
    dom::element id;
    if (definition && (*definition)["id"].get(id) == simdjson::SUCCESS) {
        event.app = text_of(id);
    }
    if (event.app.empty()) {
        event.app = app_name_.from_uri(event.uri, "/v2/apps");
    }
}

/// A type we have never heard of: what is there under the usual names, for v_events and the log.
void EventReader::read_unknown(const Fields& fields, Event& event) {
    read_ids(fields, event);
    event.app = app_of(fields);
    event.entity = event.instance.empty() ? event.task : event.instance;
    const auto plan = fields.find(Key::plan);
    dom::element id;
    if (plan && (*plan)["id"].get(id) == simdjson::SUCCESS) {
        event.deployment_id = text_of(id);
    }
}

}  // namespace tally::decode
