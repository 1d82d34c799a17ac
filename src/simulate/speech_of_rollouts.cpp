// The events about apps, deployments, groups and the bus itself; tasks and health are in
// speech.cpp.
#include "simulate/app_text.hpp"
#include "simulate/plan_text.hpp"
#include "simulate/speech.hpp"

namespace tally::simulate {

namespace {

constexpr std::uint64_t mixed_plans_each = 20;

}  // namespace

void Speech::app_terminated(Index app) {
    Said said = begin(EventType::app_terminated);
    said.app = app;
    json_.raw(R"({"appId":)").plain(cluster_.apps()[app].id);
    type_then_time(said);
}

void Speech::add_health_check(Index app) {
    const App& subject = cluster_.apps()[app];
    TALLY_ASSERT(subject.check.has_value());
    Said said = begin(EventType::add_health_check);
    said.app = app;
    json_.raw(R"({"appId":)").plain(subject.id).raw(R"(,"version":)").time(subject.version);
    json_.raw(R"(,"healthCheck":)").raw(subject.check->json);
    type_then_time(said);
}

void Speech::remove_health_check(Index app) {
    Said said = begin(EventType::remove_health_check);
    said.app = app;
    json_.raw(R"({"appId":)").plain(cluster_.apps()[app].id);
    type_then_time(said);
}

void Speech::api_call(Index app, TimeMs version, std::uint32_t instances, EventType pod_type) {
    const App& subject = cluster_.apps()[app];
    Said said = begin(subject.pod ? pod_type : EventType::api_post);
    said.app = app;
    json_.raw(R"({"clientIp":"10.0.0.)").number(2 + app % 8).raw(R"(","uri":)");
    if (subject.pod) {
        const bool created = pod_type == EventType::pod_created;  // its uri names no pod
        json_.plain(created ? "/v2/pods" : "/v2/pods" + subject.id);
    } else {
        json_.plain("/v2/apps/" + subject.id).raw(R"(,"appDefinition":)");
        append_definition(json_, subject, dialect_, version, instances);
    }
    type_then_time(said);
}

void Speech::append_deployment(const Said& said, bool heavy, std::string_view reason) {
    const bool final =
        said.type == EventType::deployment_success || said.type == EventType::deployment_failed;
    json_.raw(final ? R"({"id":)" : R"({"plan":)");
    if (final) {
        json_.plain(said.plan->id).raw(R"(,"plan":)");
    }
    if (heavy) {
        append_heavy_plan(json_, *said.plan, cluster_);
    } else {
        append_light_plan(json_, *said.plan, cluster_);
    }
    if (!final) {
        json_.raw(R"(,"currentStep":)");
        append_step(json_, said.plan->steps[said.step], cluster_);
    }
    json_.raw(R"(,"eventType":)").plain(name_of(said.type)).raw(R"(,"timestamp":)").time(said.time);
    if (!reason.empty()) {
        json_.raw(R"(,"reason":)").escaped(reason);
    }
    json_.raw("}");
}

void Speech::deployment(
    EventType type,
    const std::shared_ptr<const Plan>& plan,
    std::size_t step,
    std::string_view reason
) {
    Said said = begin(type);
    said.plan = plan;
    said.step = step;
    said.cancels = reason.find("cancel") != std::string_view::npos;
    if (both_plans_) {
        append_deployment(said, false, reason);
        light_.swap(body_);
    }
    const bool heavy = heavy_ || (mixed_ && plan->serial % mixed_plans_each == 0);
    append_deployment(said, heavy, reason);
    say(said);
}

void Speech::group_change_success(std::string_view group, TimeMs version) {
    Said said = begin(EventType::group_change_success);
    said.version = version;
    json_.raw(R"({"groupId":)").plain(group).raw(R"(,"version":)").time(version);
    type_then_time(said);
}

void Speech::group_change_failed(std::string_view group, TimeMs version) {
    Said said = begin(EventType::group_change_failed);
    said.version = version;
    json_.raw(R"({"groupId":)")
        .plain(group)
        .raw(R"(,"version":)")
        .time(version)
        .raw(R"(,"reason":)");
    json_.escaped(
        "App is locked by one or more deployments. Override with the option '?force=true'. View "
        "details at "
        "'/v2/deployments/<DEPLOYMENT_ID>'."
    );
    type_then_time(said);
}

void Speech::scheduler(EventType type) {
    const Said said = begin(type);
    if (type == EventType::scheduler_disconnected) {
        json_.raw(R"({"eventType":)")
            .plain(name_of(type))
            .raw(R"(,"timestamp":)")
            .time(said.time)
            .raw("}");
        say(said);
        return;
    }
    json_.raw("{");
    if (type == EventType::scheduler_registered) {
        json_.raw(R"("frameworkId":)").plain(cluster_.framework_id()).raw(",");
    }
    json_.raw(R"("master":"master1.example.com")");
    type_then_time(said);
}

void Speech::stream(EventType type, std::string_view remote_address) {
    const Said said = begin(type);
    json_.raw(R"({"remoteAddress":)").escaped(remote_address);
    type_then_time(said);
}

void Speech::subscriber(EventType type, std::string_view client_ip, std::string_view callback_url) {
    const Said said = begin(type);
    json_.raw(R"({"clientIp":)").escaped(client_ip).raw(R"(,"callbackUrl":)").escaped(callback_url);
    type_then_time(said);
}

}  // namespace tally::simulate
