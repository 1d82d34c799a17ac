#include "simulate/speech.hpp"

#include <algorithm>

namespace tally::simulate {

Speech::Speech(const Shape& shape, const Cluster& cluster, const Schedule& schedule, Outlet& outlet)
    : dialect_(shape.dialect),
      heavy_(
          shape.plan == PlanFormat::heavy
              ? !relaunches(shape.dialect)
              : shape.plan == PlanFormat::automatic && heavy_by_default(shape.dialect)
      ),
      mixed_(shape.plan == PlanFormat::mixed && !relaunches(shape.dialect)),
      both_plans_(shape.both_plans && heavy_ && selects_plan(shape.dialect)),
      cluster_(cluster),
      schedule_(schedule),
      outlet_(outlet) {}

Said Speech::begin(EventType type) {
    body_.clear();
    light_.clear();
    Said said;
    said.type = type;
    said.time = schedule_.stamp();
    return said;
}

void Speech::type_then_time(const Said& said) {
    json_.raw(R"(,"eventType":)")
        .plain(name_of(said.type))
        .raw(R"(,"timestamp":)")
        .time(said.time)
        .raw("}");
    say(said);
}

void Speech::time_then_type(const Said& said) {
    json_.raw(R"(,"timestamp":)")
        .time(said.time)
        .raw(R"(,"eventType":)")
        .plain(name_of(said.type))
        .raw("}");
    say(said);
}

void Speech::say(const Said& said) {
    ++said_count_;
    outlet_.put(said, body_, light_);
}

void Speech::append_entity(const Instance& instance, std::string_view key) {
    json_.raw(key);
    body_ += '"';
    cluster_.append_entity_id(body_, instance);
    body_ += '"';
}

void Speech::append_addresses(const Instance& instance, TaskState state) {
    const bool known = state != TaskState::staging && state != TaskState::starting;
    if (!known && dialect_ == Dialect::v1_3) {
        return;  // omitted, not empty
    }
    json_.raw(R"("ipAddresses":[)");
    if (known && instance.agent != nobody) {
        json_.raw(R"({"ipAddress":)")
            .plain(cluster_.agents()[instance.agent].address)
            .raw(R"(,"protocol":"IPv4"})");
    }
    json_.raw("],");
}

void Speech::status_update(
    const Instance& instance, std::uint32_t container, TaskState state, std::string_view message
) {
    Said said = begin(EventType::status_update);
    const App& app = cluster_.apps()[instance.app];
    said.app = instance.app;
    said.task = Cluster::task_serial(instance, container);
    said.instance = instance.serial;
    said.legacy_task = !app.pod && !relaunches(dialect_);
    said.state = state;
    const bool placed = instance.agent != nobody;
    json_.raw(R"({"slaveId":)")
        .plain(placed ? cluster_.agents()[instance.agent].id : "")
        .raw(R"(,"taskId":")");
    cluster_.append_task_id(body_, instance, container);
    json_.raw(R"(","taskStatus":)").plain(name_of(state)).raw(R"(,"message":)").escaped(message);
    json_.raw(R"(,"appId":)").plain(app.id);
    json_.raw(R"(,"host":)")
        .plain(placed ? cluster_.agents()[instance.agent].host : "unknown")
        .raw(",");
    append_addresses(instance, state);
    json_.raw(R"("ports":[)");
    if (!app.pod && app.ports > 0) {
        json_.number(instance.port);
        if (app.ports > 1) {
            json_.raw(",").number(instance.port + 1);
        }
    }
    json_.raw(R"(],"version":)").time(instance.version);
    type_then_time(said);
}

void Speech::instance_changed(const Instance& instance, Condition condition) {
    if (!has_instances(dialect_)) {
        return;
    }
    Said said = begin(EventType::instance_changed);
    said.app = instance.app;
    said.instance = instance.serial;
    said.condition = condition;
    append_entity(instance, R"({"instanceId":)");
    json_.raw(R"(,"condition":)").plain(name_of(condition));
    json_.raw(R"(,"runSpecId":)").plain(cluster_.apps()[instance.app].id);
    if (instance.agent == nobody) {
        json_.raw(R"(,"agentId":null,"host":null)");
    } else {
        const Agent& agent = cluster_.agents()[instance.agent];
        json_.raw(R"(,"agentId":)").plain(agent.id).raw(R"(,"host":)").plain(agent.host);
    }
    json_.raw(R"(,"runSpecVersion":)").time(instance.version);
    time_then_type(said);
}

void Speech::instance_health_changed(const Instance& instance, Health health) {
    if (!has_instances(dialect_)) {
        return;
    }
    Said said = begin(EventType::instance_health_changed);
    said.app = instance.app;
    said.instance = instance.serial;
    said.health = health;
    append_entity(instance, R"({"instanceId":)");
    json_.raw(R"(,"runSpecId":)").plain(cluster_.apps()[instance.app].id).raw(R"(,"healthy":)");
    json_.raw(health == Health::unknown ? "null" : health == Health::healthy ? "true" : "false");
    json_.raw(R"(,"runSpecVersion":)").time(instance.version);
    time_then_type(said);
}

void Speech::failed_health_check(const Instance& instance) {
    const App& app = cluster_.apps()[instance.app];
    TALLY_ASSERT(app.check.has_value());
    Said said = begin(EventType::failed_health_check);
    said.app = instance.app;
    said.instance = instance.serial;
    said.protocol = app.check->protocol;
    json_.raw(R"({"appId":)").plain(app.id);
    if (dialect_ <= Dialect::v1_4) {
        append_entity(instance, dialect_ == Dialect::v1_4 ? R"(,"instanceId":)" : R"(,"taskId":)");
        json_.raw(R"(,"healthCheck":)").raw(app.check->json);
        type_then_time(said);
        return;
    }
    // Since 1.5 the key is taskId again, the value still an instance id.
    json_.raw(R"(,"eventType":)")
        .plain(name_of(said.type))
        .raw(R"(,"healthCheck":)")
        .raw(app.check->json);
    append_entity(instance, R"(,"taskId":)");
    json_.raw(R"(,"timestamp":)").time(said.time).raw("}");
    say(said);
}

void Speech::health_status_changed(const Instance& instance, bool alive) {
    Said said = begin(EventType::health_status_changed);
    said.app = instance.app;
    said.instance = instance.serial;
    said.health = alive ? Health::healthy : Health::unhealthy;
    json_.raw(R"({"appId":)").plain(cluster_.apps()[instance.app].id);
    append_entity(instance, has_instances(dialect_) ? R"(,"instanceId":)" : R"(,"taskId":)");
    json_.raw(R"(,"version":)").time(instance.version).raw(R"(,"alive":)").boolean(alive);
    type_then_time(said);
}

void Speech::unhealthy_kill(const Instance& instance, std::string_view reason) {
    const bool instances = has_instances(dialect_);
    Said said =
        begin(instances ? EventType::unhealthy_instance_kill : EventType::unhealthy_task_kill);
    said.app = instance.app;
    said.instance = instance.serial;
    said.time = std::min(said.time, instance.last_failure);
    json_.raw(R"({"appId":)").plain(cluster_.apps()[instance.app].id).raw(R"(,"taskId":")");
    cluster_.append_task_id(body_, instance, 0);
    body_ += '"';
    if (instances) {
        append_entity(instance, R"(,"instanceId":)");
    }
    json_.raw(R"(,"version":)").time(instance.version).raw(R"(,"reason":)").escaped(reason);
    const Agent& agent = cluster_.agents()[instance.agent];
    json_.raw(R"(,"host":)").plain(agent.host).raw(R"(,"slaveId":)").plain(agent.id);
    type_then_time(said);
}

void Speech::unknown_terminated(Index app, const Uuid& uuid) {
    const bool instances = has_instances(dialect_);
    Said said = begin(
        instances ? EventType::unknown_instance_terminated : EventType::unknown_task_terminated
    );
    said.app = app;
    Instance unknown;
    unknown.app = app;
    unknown.uuid = uuid;
    append_entity(unknown, instances ? R"({"instanceId":)" : R"({"taskId":)");
    json_.raw(R"(,"runSpecId":)").plain(cluster_.apps()[app].id);
    json_.raw(instances ? R"(,"condition":"Killed")" : R"(,"status":"Killed")");
    time_then_type(said);
}

void Speech::framework_message(const Instance& instance, std::string_view bytes) {
    Said said = begin(EventType::framework_message);
    said.bytes = static_cast<std::uint32_t>(bytes.size());
    json_.raw(R"({"executorId":")");
    if (relaunches(dialect_) || cluster_.apps()[instance.app].pod) {
        json_.raw("instance-").raw(cluster_.apps()[instance.app].safe).raw(".");
        instance.uuid.append_to(body_);
    } else {
        json_.raw("marathon-");
        cluster_.append_task_id(body_, instance, 0);
    }
    json_.raw(R"(","slaveId":)").plain(cluster_.agents()[instance.agent].id).raw(R"(,"message":[)");
    std::string_view comma;
    for (const char byte : bytes) {
        json_.raw(comma).number(static_cast<int>(static_cast<signed char>(byte)));
        comma = ",";
    }
    json_.raw("]");
    type_then_time(said);
}

}  // namespace tally::simulate
