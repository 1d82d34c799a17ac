#include "simulate/app_text.hpp"

namespace tally::simulate {

namespace {

void append_check_until_1_4(Json& json, const Check& check) {
    json.raw("{");
    if (check.protocol == Protocol::http || check.protocol == Protocol::https) {
        json.raw(R"("path":"/health",)");
    }
    json.raw(R"("protocol":)").plain(name_of(check.protocol));
    if (check.protocol == Protocol::command) {
        json.raw(R"(,"command":{"value":"curl -f -X GET \"http://$HOST:$PORT0/health\""})");
    } else {
        json.raw(R"(,"portIndex":0)");
    }
    json.raw(R"(,"gracePeriodSeconds":300,"intervalSeconds":)").number(check.interval_s);
    json.raw(R"(,"timeoutSeconds":5,"maxConsecutiveFailures":)").number(check.failures_max);
    if (check.protocol == Protocol::http || check.protocol == Protocol::https) {
        json.raw(R"(,"ignoreHttp1xx":false)");
    }
    json.raw("}");
}

void append_check_since_1_5(Json& json, const Check& check) {
    const bool http = check.protocol != Protocol::tcp && check.protocol != Protocol::command;
    json.raw(R"({"gracePeriodSeconds":300)");
    if (http) {
        json.raw(R"(,"ignoreHttp1xx":false)");
    }
    json.raw(R"(,"intervalSeconds":)").number(check.interval_s);
    json.raw(R"(,"maxConsecutiveFailures":)").number(check.failures_max);
    if (http) {
        json.raw(R"(,"path":"/health")");
    }
    if (check.protocol == Protocol::command) {
        json.raw(R"(,"command":{"value":"curl -f -X GET \"http://$HOST:$PORT0/health\""})");
    } else {
        json.raw(R"(,"portIndex":0)");
    }
    json.raw(R"(,"protocol":)").plain(name_of(check.protocol));
    if (check.protocol != Protocol::command) {
        json.raw(R"(,"ipProtocol":"IPv4")");
    }
    json.raw(R"(,"timeoutSeconds":5,"delaySeconds":15})");
}

void append_checks(Json& json, const App& app) {
    json.raw(R"("healthChecks":[)").raw(app.check ? app.check->json : "").raw("]");
}

void append_environment(Json& json, const App& app) {
    json.raw(
        R"("env":{"JAVA_OPTS":"-Xmx384m -XX:+UseG1GC -Djava.net.preferIPv4Stack=true","LOG_LEVEL":"info",)"
    );
    json.raw(R"("SERVICE_NAME":)").plain(app.safe);
    json.raw(R"(,"DATABASE_URL":"jdbc:postgresql://db.example.com:5432/)")
        .raw(app.safe)
        .raw(R"("})");
}

void append_until_1_4(Json& json, const App& app, TimeMs version, std::uint32_t instances) {
    json.raw(R"({"id":)").plain(app.id).raw(R"(,"cmd":null,"args":null,"user":null,)");
    append_environment(json, app);
    json.raw(R"(,"instances":)").number(instances);
    json.raw(
        R"(,"cpus":0.5,"mem":512,"disk":0,"gpus":0,"executor":"","constraints":[["hostname","UNIQUE"]],)"
    );
    json.raw(R"("uris":[],"fetch":[],"storeUrls":[],"backoffSeconds":1,"backoffFactor":1.15,)");
    json.raw(
        R"("maxLaunchDelaySeconds":3600,"container":{"type":"DOCKER","volumes":[],"docker":{"image":"registry.example.com)"
    );
    json.raw(app.id).raw(
        R"(:1.4.0","network":"HOST","portMappings":null,"privileged":false,"parameters":[],)"
    );
    json.raw(R"("forcePullImage":false}},)");
    append_checks(json, app);
    json.raw(
        R"(,"readinessChecks":[],"dependencies":[],"upgradeStrategy":{"minimumHealthCapacity":1,)"
    );
    json.raw(R"("maximumOverCapacity":1},"labels":{"team":)").plain(app.group);
    json.raw(
            R"(,"HAPROXY_GROUP":"external"},"acceptedResourceRoles":null,"ipAddress":null,"version":)"
    )
        .time(version);
    json.raw(R"(,"residency":null,"secrets":{},"taskKillGracePeriodSeconds":null,"ports":[10000],)"
    );
    json.raw(
        R"("portDefinitions":[{"port":10000,"protocol":"tcp","labels":{}}],"requirePorts":false,)"
    );
    json.raw(R"("versionInfo":{"lastScalingAt":)").time(version);
    json.raw(R"(,"lastConfigChangeAt":)").time(version).raw("}}");
}

void append_since_1_5(Json& json, const App& app, TimeMs version, std::uint32_t instances) {
    json.raw(R"({"id":)")
        .plain(app.id)
        .raw(R"(,"backoffFactor":1.15,"backoffSeconds":1,"container":{"type":"DOCKER",)");
    json.raw(R"("docker":{"forcePullImage":false,"image":"registry.example.com)").raw(app.id);
    json.raw(R"(:1.4.0","parameters":[],"privileged":false},"volumes":[]},"cpus":0.5,"disk":0,)");
    append_environment(json, app);
    json.raw(R"(,"executor":"","fetch":[],)");
    append_checks(json, app);
    json.raw(R"(,"instances":)").number(instances);
    json.raw(R"(,"labels":{"team":)").plain(app.group);
    json.raw(
        R"(,"HAPROXY_GROUP":"external","owner":"Équipe n° 3"},"maxLaunchDelaySeconds":300,"mem":512,"gpus":0,)"
    );
    json.raw(
        R"("networks":[{"mode":"host"}],"portDefinitions":[{"labels":{},"name":"http","port":10000,)"
    );
    json.raw(
        R"("protocol":"tcp"}],"requirePorts":false,"upgradeStrategy":{"maximumOverCapacity":1,)"
    );
    json.raw(R"("minimumHealthCapacity":1},"version":)").time(version);
    json.raw(R"(,"versionInfo":{"lastScalingAt":)").time(version);
    json.raw(R"(,"lastConfigChangeAt":)").time(version);
    json.raw(
        R"(},"killSelection":"YOUNGEST_FIRST","unreachableStrategy":{"inactiveAfterSeconds":0,)"
    );
    json.raw(
        R"("expungeAfterSeconds":0},"constraints":[["hostname","UNIQUE"]],"tasksStaged":0,"tasksRunning":0})"
    );
}

}  // namespace

std::string check_text(const Check& check, Dialect dialect) {
    std::string text;
    Json json(text);
    if (dialect <= Dialect::v1_4) {
        append_check_until_1_4(json, check);
    } else {
        append_check_since_1_5(json, check);
    }
    return text;
}

void append_definition(
    Json& json, const App& app, Dialect dialect, TimeMs version, std::uint32_t instances
) {
    if (dialect <= Dialect::v1_4) {
        append_until_1_4(json, app, version, instances);
    } else {
        append_since_1_5(json, app, version, instances);
    }
}

}  // namespace tally::simulate
