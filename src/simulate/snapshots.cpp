#include "simulate/snapshots.hpp"

#include <algorithm>

#include "simulate/shown_state.hpp"

namespace tally::simulate {

namespace {

bool runs(const Instance& instance) {
    return has_task(instance) && instance.state == TaskState::running;
}

void append_time(Json& json, std::string_view key, TimeMs time) {
    json.raw(key);
    if (time == 0) {
        json.raw("null");
    } else {
        json.time(time);
    }
}

void append_health(Json& json, const Cluster& cluster, const Instance& instance) {
    const App& app = cluster.apps()[instance.app];
    if (!app.check || instance.health == Health::unknown) {
        return;
    }
    json.raw(R"(,"healthCheckResults":[{"alive":)").boolean(instance.health == Health::healthy);
    json.raw(R"(,"consecutiveFailures":)").number(instance.failures);
    append_time(json, R"(,"firstSuccess":)", instance.first_success);
    append_time(json, R"(,"lastFailure":)", instance.last_failure);
    append_time(json, R"(,"lastSuccess":)", instance.last_success);
    json.raw(R"(,"lastFailureCause":null,)");
    json.raw(has_instances(cluster.dialect()) ? R"("instanceId":")" : R"("taskId":")");
    cluster.append_entity_id(json.text(), instance);
    json.raw(R"("}])");
}

void append_task(Json& json, const Cluster& cluster, const Instance& instance) {
    const App& app = cluster.apps()[instance.app];
    const Agent& agent = cluster.agents()[instance.agent];
    json.raw(R"({"appId":)").plain(app.id);
    append_health(json, cluster, instance);
    json.raw(R"(,"host":)").plain(agent.host).raw(R"(,"id":")");
    cluster.append_task_id(json.text(), instance, 0);
    json.raw(R"(","ipAddresses":[{"ipAddress":)")
        .plain(agent.address)
        .raw(R"(,"protocol":"IPv4"}],"ports":[)");
    if (app.ports > 0) {
        json.number(instance.port);
    }
    if (app.ports > 1) {
        json.raw(",").number(instance.port + 1);
    }
    json.raw(R"(],"servicePorts":[],"slaveId":)").plain(agent.id);
    json.raw(R"(,"state":)").plain(name_of(shown_state(instance)));
    append_time(json, R"(,"stagedAt":)", instance.staged_at);
    append_time(json, R"(,"startedAt":)", instance.started_at);
    json.raw(R"(,"version":)").time(instance.version);
    json.raw(relaunches(cluster.dialect()) ? R"(,"role":"*"})" : "}");
}

void append_tasks(Json& json, const Cluster& cluster, const App& app, std::string_view& comma) {
    for (const Index index : app.instances) {
        const Instance& instance = cluster.instances()[index];
        if (has_task(instance)) {
            json.raw(comma);
            append_task(json, cluster, instance);
            comma = ",";
        }
    }
}

void append_last_failure(Json& json, const App& app) {
    const LastFailure& failure = *app.last_failure;
    json.raw(R"(,"lastTaskFailure":{"appId":)")
        .plain(app.id)
        .raw(R"(,"host":)")
        .plain(failure.host);
    json.raw(R"(,"message":)")
        .escaped(failure.message)
        .raw(R"(,"state":)")
        .plain(name_of(failure.state));
    json.raw(R"(,"taskId":)").plain(failure.task).raw(R"(,"timestamp":)").time(failure.time);
    json.raw(R"(,"version":)")
        .time(failure.version)
        .raw(R"(,"slaveId":)")
        .plain(failure.agent)
        .raw("}");
}

void append_counts(Json& json, const Cluster& cluster, const App& app) {
    std::size_t staged = 0;
    std::size_t running = 0;
    std::size_t healthy = 0;
    std::size_t unhealthy = 0;
    for (const Index index : app.instances) {
        const Instance& instance = cluster.instances()[index];
        running += runs(instance);
        staged += has_task(instance) && shown_state(instance) == TaskState::staging;
        healthy += runs(instance) && instance.health == Health::healthy;
        unhealthy += runs(instance) && instance.health == Health::unhealthy;
    }
    json.raw(R"(,"tasksStaged":)").number(staged).raw(R"(,"tasksRunning":)").number(running);
    json.raw(R"(,"tasksHealthy":)").number(healthy).raw(R"(,"tasksUnhealthy":)").number(unhealthy);
}

struct Embed {
    bool counts = true;  // without any embed: counts and deployments
    bool deployments = true;
    bool tasks = false;
    bool last_failure = false;
};

Embed embed_of(const Request& request) {
    const std::vector<std::string_view> wanted = request.parameter("embed");
    if (wanted.empty()) {
        return {};
    }
    const auto has = [&wanted](std::string_view name) {
        return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    return {
        .counts = has("apps.counts"),
        .deployments = has("apps.deployments"),
        .tasks = has("apps.tasks"),
        .last_failure = has("apps.lastTaskFailure"),
    };
}

void append_app(Json& json, const Scene& scene, const App& app, const Embed& embed) {
    const Cluster& cluster = scene.cluster;
    json.raw(R"({"id":)").plain(app.id).raw(R"(,"cmd":null,"instances":)").number(app.target);
    json.raw(R"(,"cpus":0.5,"mem":512,"disk":0,"labels":{"team":)").plain(app.group);
    json.raw(R"(},"healthChecks":[)")
        .raw(app.check ? app.check->json : "")
        .raw(R"(],"version":)")
        .time(app.version);
    json.raw(R"(,"versionInfo":{"lastScalingAt":)").time(app.last_scaling);
    json.raw(R"(,"lastConfigChangeAt":)").time(app.version).raw("}");
    if (embed.counts) {
        append_counts(json, cluster, app);
    }
    if (embed.deployments) {
        json.raw(R"(,"deployments":[)");
        if (app.rollout != nobody && scene.rollouts[app.rollout].announced) {
            json.raw(R"({"id":)").plain(scene.rollouts[app.rollout].plan->id).raw("}");
        }
        json.raw("]");
    }
    if (embed.tasks) {
        json.raw(R"(,"tasks":[)");
        std::string_view comma;
        append_tasks(json, cluster, app, comma);
        json.raw("]");
    }
    if (embed.last_failure && app.last_failure) {
        append_last_failure(json, app);
    }
    json.raw("}");
}

}  // namespace

Rendering apps_snapshot(const Request& request) {
    const auto append = [embed = embed_of(request)](
                            Json& json, const Scene& scene, std::size_t i, std::string_view& comma
                        ) {
        const App& app = scene.cluster.apps()[i];
        if (app.exists && !app.pod) {
            json.raw(comma);
            append_app(json, scene, app, embed);
            comma = ",";
        }
    };
    return Rendering({{R"({"apps":[)", "]}", apps_of, append}});
}

Rendering tasks_snapshot(const Request& request) {
    const std::vector<std::string_view> wanted = request.parameter("status");
    const auto wants = [&wanted](std::string_view status) {
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), status) != wanted.end();
    };
    const auto append = [running = wants("running"), staging = wants("staging")](
                            Json& json, const Scene& scene, std::size_t i, std::string_view& comma
                        ) {
        const App& app = scene.cluster.apps()[i];
        if (app.pod) {
            return;
        }
        for (const Index index : app.instances) {
            const Instance& instance = scene.cluster.instances()[index];
            if (has_task(instance) && (runs(instance) ? running : staging)) {
                json.raw(comma);
                append_task(json, scene.cluster, instance);
                comma = ",";
            }
        }
    };
    return Rendering({{R"({"tasks":[)", "]}", apps_of, append}});
}

std::string tasks_table(const Scene& scene) {
    std::string out;
    for (const App& app : scene.cluster.apps()) {
        if (!app.exists || app.pod) {
            continue;
        }
        (out += app.safe) += "\t10000";
        for (const Index index : app.instances) {
            const Instance& instance = scene.cluster.instances()[index];
            if (runs(instance)) {
                out += "\t" + scene.cluster.agents()[instance.agent].host + ":" +
                       std::to_string(instance.port);
            }
        }
        out += '\n';
    }
    return out;
}

std::string info_snapshot(
    const Scene& scene, std::string_view leader, std::string_view framework_id
) {
    const Dialect dialect = scene.cluster.dialect();
    std::string out;
    Json json(out);
    json.raw(R"({"name":"marathon","version":)")
        .plain(version_of(dialect))
        .raw(R"(,"buildref":"unknown","elected":true,)");
    json.raw(R"("leader":)")
        .plain(leader)
        .raw(R"(,"frameworkId":)")
        .plain(framework_id.empty() ? scene.cluster.framework_id() : framework_id);
    json.raw(
        R"(,"marathon_config":{"framework_name":"marathon","ha":true,"reconciliation_interval":600000,"features":[]},)"
    );
    json.raw(R"("zookeeper_config":{"zk":"zk://localhost:2181/marathon"},"event_subscriber":)");
    json.raw(has_callbacks(dialect) ? R"({"type":"http_callback","http_endpoints":null})" : "null");
    json.raw(R"(,"http_config":{"http_port":8080,"https_port":8443}})");
    return out;
}

}  // namespace tally::simulate
