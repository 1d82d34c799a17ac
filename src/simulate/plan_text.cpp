#include "simulate/plan_text.hpp"

#include <algorithm>

#include "simulate/app_text.hpp"

namespace tally::simulate {

namespace {

constexpr Index neighbours_max = 10;

std::vector<Index> apps_in_sight(const Plan& plan, const Cluster& cluster) {
    std::vector<Index> apps;
    for (const Step& step : plan.steps) {
        for (const Action& action : step) {
            apps.push_back(action.app);
        }
    }
    const auto count = static_cast<Index>(cluster.apps().size());
    const Index first = apps.empty() ? 0 : apps.front();
    for (Index i = 1; i <= neighbours_max && i < count; ++i) {
        const Index neighbour = (first + i) % count;
        if (cluster.apps()[neighbour].exists) {
            apps.push_back(neighbour);
        }
    }
    std::sort(apps.begin(), apps.end());
    apps.erase(std::unique(apps.begin(), apps.end()), apps.end());
    return apps;
}

void append_group(
    Json& json,
    std::string_view id,
    const std::vector<Index>& apps,
    const Cluster& cluster,
    TimeMs version
) {
    json.raw(R"({"id":)").plain(id).raw(R"(,"apps":[)");
    std::string_view comma;
    for (const Index index : apps) {
        const App& app = cluster.apps()[index];
        if (app.group != id || app.pod) {
            continue;
        }
        json.raw(comma);
        append_definition(json, app, cluster.dialect(), version, app.target);
        comma = ",";
    }
    json.raw(R"(],"groups":[],"dependencies":[],"version":)").time(version);
    json.raw(has_instances(cluster.dialect()) ? R"(,"pods":[]})" : "}");
}

void append_root(
    Json& json, const std::vector<Index>& apps, const Cluster& cluster, TimeMs version
) {
    json.raw(R"({"id":"/","apps":[],"groups":[)");
    std::vector<std::string_view> groups;
    for (const Index index : apps) {
        groups.emplace_back(cluster.apps()[index].group);
    }
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    std::string_view comma;
    for (const std::string_view group : groups) {
        json.raw(comma);
        append_group(json, group, apps, cluster, version);
        comma = ",";
    }
    json.raw(R"(],"dependencies":[],"version":)").time(version);
    json.raw(has_instances(cluster.dialect()) ? R"(,"pods":[]})" : "}");
}

void append_steps(Json& json, const Plan& plan, const Cluster& cluster) {
    json.raw(R"("steps":[)");
    std::string_view comma;
    for (const Step& step : plan.steps) {
        json.raw(comma);
        append_step(json, step, cluster);
        comma = ",";
    }
    json.raw(R"(],"version":)").time(plan.version).raw("}");
}

}  // namespace

std::string_view action_name(Verb verb, bool pod) {
    switch (verb) {
        case Verb::start:
            return pod ? "StartPod" : "StartApplication";
        case Verb::scale:
            return pod ? "ScalePod" : "ScaleApplication";
        case Verb::restart:
            return pod ? "RestartPod" : "RestartApplication";
        case Verb::stop:
            return pod ? "StopPod" : "StopApplication";
    }
    return {};
}

void append_step(Json& json, const Step& step, const Cluster& cluster) {
    json.raw(R"({"actions":[)");
    std::string_view comma;
    for (const Action& action : step) {
        const App& app = cluster.apps()[action.app];
        json.raw(comma).raw(R"({"action":)").plain(action_name(action.verb, app.pod));
        json.raw(app.pod ? R"(,"pod":)" : R"(,"app":)").plain(app.id).raw("}");
        comma = ",";
    }
    json.raw("]}");
}

void append_light_plan(Json& json, const Plan& plan, const Cluster& cluster) {
    json.raw(R"({"id":)").plain(plan.id).raw(",");
    append_steps(json, plan, cluster);
}

void append_heavy_plan(Json& json, const Plan& plan, const Cluster& cluster) {
    const std::vector<Index> apps = apps_in_sight(plan, cluster);
    json.raw(R"({"id":)").plain(plan.id).raw(R"(,"original":)");
    append_root(json, apps, cluster, plan.version - 60'000);
    json.raw(R"(,"target":)");
    append_root(json, apps, cluster, plan.version);
    json.raw(",");
    append_steps(json, plan, cluster);
}

}  // namespace tally::simulate
