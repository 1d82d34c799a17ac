// GET /v2/deployments and /v2/pods/::status; apps and tasks are in snapshots.cpp.
#include <algorithm>

#include "simulate/json_text.hpp"
#include "simulate/plan_text.hpp"
#include "simulate/shown_state.hpp"
#include "simulate/snapshots.hpp"

namespace tally::simulate {

namespace {

void append_affected(Json& json, const Rollout& rollout, const Cluster& cluster, bool pods) {
    json.raw("[");
    std::string_view comma;
    for (const Rollout::Before& before : rollout.before) {
        const App& app = cluster.apps()[before.app];
        if (app.pod == pods) {
            json.raw(comma).plain(app.id);
            comma = ",";
        }
    }
    json.raw("]");
}

void append_deployment(Json& json, const Rollout& rollout, const Cluster& cluster) {
    const Plan& plan = *rollout.plan;
    json.raw(R"({"id":)")
        .plain(plan.id)
        .raw(R"(,"version":)")
        .time(plan.version)
        .raw(R"(,"affectedApps":)");
    append_affected(json, rollout, cluster, false);
    if (has_instances(cluster.dialect())) {
        json.raw(R"(,"affectedPods":)");
        append_affected(json, rollout, cluster, true);
    }
    json.raw(R"(,"steps":[)");
    std::string_view comma;
    for (const Step& step : plan.steps) {
        json.raw(comma);
        append_step(json, step, cluster);
        comma = ",";
    }
    json.raw(R"(],"currentActions":[)");
    comma = {};
    for (const Action& action : plan.steps[rollout.step]) {
        json.raw(comma).raw(R"({"action":)").plain(action_name(action.verb, action.pod));
        json.raw(action.pod ? R"(,"pod":)" : R"(,"app":)").plain(cluster.apps()[action.app].id);
        json.raw(R"(,"readinessCheckResults":[]})");
        comma = ",";
    }
    json.raw(R"(],"currentStep":)").number(rollout.step + 1);
    json.raw(R"(,"totalSteps":)").number(plan.steps.size()).raw("}");
}

std::string_view pod_instance_status(const Instance& instance) {
    switch (instance.phase) {
        case Phase::scheduled:
        case Phase::waiting:
        case Phase::launched:
            return "PENDING";
        case Phase::staging:
        case Phase::starting:
            return "STAGING";
        case Phase::running:
            return instance.health == Health::unhealthy ? "DEGRADED" : "STABLE";
        case Phase::killing:
            return "TERMINAL";
        case Phase::unreachable:
            return "DEGRADED";
    }
    return {};
}

void append_pod_instance(Json& json, const Cluster& cluster, const Instance& instance) {
    const App& pod = cluster.apps()[instance.app];
    const TimeMs since = std::max(instance.staged_at, instance.started_at);
    json.raw(R"({"id":")");
    cluster.append_instance_id(json.text(), instance);
    json.raw(R"(","status":)")
        .plain(pod_instance_status(instance))
        .raw(R"(,"statusSince":)")
        .time(since);
    json.raw(R"(,"conditions":[])");
    if (instance.agent != nobody) {
        json.raw(R"(,"agentHostname":)").plain(cluster.agents()[instance.agent].host);
        json.raw(R"(,"agentId":)").plain(cluster.agents()[instance.agent].id);
    }
    json.raw(R"(,"networks":[],"containers":[)");
    std::string_view comma;
    for (std::uint32_t i = 0; has_task(instance) && i < pod.containers; ++i) {
        json.raw(comma).raw(R"({"name":)").plain(container_names[i]);
        json.raw(R"(,"status":)")
            .plain(name_of(shown_state(instance)))
            .raw(R"(,"statusSince":)")
            .time(since);
        json.raw(R"(,"conditions":[],"containerId":")");
        cluster.append_task_id(json.text(), instance, i);
        json.raw(R"("})");
        comma = ",";
    }
    json.raw(R"(],"specReference":"/v2/pods)").raw(pod.id).raw(R"(::versions/)");
    json.text() += format_timestamp(instance.version);
    json.raw(R"("})");
}

void append_pod(Json& json, const Cluster& cluster, const App& pod) {
    const bool stable =
        std::all_of(pod.instances.begin(), pod.instances.end(), [&cluster](Index index) {
            return pod_instance_status(cluster.instances()[index]) == "STABLE";
        });
    json.raw(R"({"id":)")
        .plain(pod.id)
        .raw(R"(,"spec":{"id":)")
        .plain(pod.id)
        .raw(R"(,"version":)")
        .time(pod.version);
    json.raw(R"(,"scaling":{"kind":"fixed","instances":)")
        .number(pod.target)
        .raw(R"(}},"status":)");
    json.plain(stable ? "STABLE" : "DEGRADED")
        .raw(R"(,"statusSince":)")
        .time(pod.version)
        .raw(R"(,"instances":[)");
    std::string_view comma;
    for (const Index index : pod.instances) {
        json.raw(comma);
        append_pod_instance(json, cluster, cluster.instances()[index]);
        comma = ",";
    }
    json.raw(R"(],"terminationHistory":[],"lastUpdated":)").time(pod.version);
    json.raw(R"(,"lastChanged":)").time(pod.version).raw("}");
}

}  // namespace

Rendering deployments_snapshot() {
    const auto append = [](Json& json, const Scene& scene, std::size_t i, std::string_view& comma) {
        const Rollout& rollout = scene.rollouts[i];
        if (rollout.used && rollout.announced) {
            json.raw(comma);
            append_deployment(json, rollout, scene.cluster);
            comma = ",";
        }
    };
    return Rendering({{"[", "]", rollouts_of, append}});
}

Rendering pods_snapshot() {
    const auto append = [](Json& json, const Scene& scene, std::size_t i, std::string_view& comma) {
        const App& pod = scene.cluster.apps()[i];
        if (pod.exists && pod.pod) {
            json.raw(comma);
            append_pod(json, scene.cluster, pod);
            comma = ",";
        }
    };
    return Rendering({{"[", "]", apps_of, append}});
}

}  // namespace tally::simulate
