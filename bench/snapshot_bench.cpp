#include <cstdlib>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "tally/decode/decode_snapshot.hpp"

// /v2/apps with its tasks embedded, 10,000 apps with 10 tasks each as Marathon 1.8 writes them,
// about 100 MB: reading it beside bare simdjson, which builds its tree (14 times the body) or,
// On-Demand, looks for the ids of tasks and accepts faults in the rest.
namespace {

using tally::decode::SnapshotDecoder;

constexpr int apps = 10'000;
constexpr int tasks_of_an_app = 10;

void append_task(std::string& body, const std::string& app, int task) {
    const std::string number = std::to_string(100'000 + task);
    body +=
        R"({"appId":"/product/)" + app +
        R"(","healthCheckResults":[{"alive":true,"consecutiveFailures":0,"firstSuccess":"2019-08-20T10:00:02.000Z","lastFailure":null,"lastSuccess":"2019-08-20T11:00:02.000Z","lastFailureCause":null,"instanceId":"product_)" +
        app + ".instance-a5f2bd75-caaa-11e8-a129-70b3d5" + number + R"("}],"host":"agent-)" +
        std::to_string(task * 7919 % 1000) + ".example.com\",\"id\":\"product_" + app +
        ".instance-a5f2bd75-caaa-11e8-a129-70b3d5" + number +
        R"(._app.1","ipAddresses":[{"ipAddress":"10.0.0.1","protocol":"IPv4"}],"ports":[31000,31001],"servicePorts":[],"slaveId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","state":"TASK_RUNNING","stagedAt":"2019-08-20T10:00:00.500Z","startedAt":"2019-08-20T10:00:01.000Z","version":"2019-08-20T10:00:00.000Z","role":"*"})";
}

std::string apps_body() {
    std::string body = R"({"apps":[)";
    for (int i = 0; i < apps; ++i) {
        const std::string app = "web" + std::to_string(i);
        body += i == 0 ? "" : ",";
        body +=
            R"({"id":"/product/)" + app +
            R"(","cmd":"exec ./server --port $PORT0 \"quoted\"","env":{"JAVA_OPTS":"-Xmx512m -XX:+HeapDumpOnOutOfMemoryError","STAGE":"production"},"instances":10,"cpus":0.5,"mem":768,"disk":0,"constraints":[["hostname","UNIQUE"]],"container":{"type":"DOCKER","docker":{"image":"registry.example.com/product/server:1.2.3","network":"BRIDGE","portMappings":[{"containerPort":8080,"hostPort":0,"servicePort":10000,"protocol":"tcp"}]}},"labels":{"HAPROXY_GROUP":"external","owner":"team-a"},"healthChecks":[{"protocol":"HTTP","path":"/health","portIndex":0,"intervalSeconds":10}],"version":"2019-08-20T10:00:00.000Z","tasksRunning":10,"tasksHealthy":10,"deployments":[],"tasks":[)";
        for (int task = 0; task < tasks_of_an_app; ++task) {
            body += task == 0 ? "" : ",";
            append_task(body, app, i * tasks_of_an_app + task);
        }
        body += "]}";
    }
    return body += "]}";
}

const std::string& body() {
    static const std::string text = apps_body();
    return text;
}

void report(benchmark::State& state) {
    state.SetBytesProcessed(static_cast<std::int64_t>(body().size()) * state.iterations());
    state.counters["body_bytes"] = static_cast<double>(body().size());
}

void snapshot_apps(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        std::string copy = body();
        state.ResumeTiming();
        SnapshotDecoder decoder;
        if (!decoder.apps(std::move(copy))) {
            std::abort();
        }
        auto snapshot = decoder.take();
        if (snapshot.tasks.size() != std::size_t{apps} * tasks_of_an_app) {
            std::abort();
        }
        benchmark::DoNotOptimize(snapshot);
    }
    report(state);
}

void reference_dom_parse_only(benchmark::State& state) {
    for (auto _ : state) {
        simdjson::dom::parser parser;
        auto root = parser.parse(body());
        benchmark::DoNotOptimize(root);
    }
    report(state);
}

void reference_ondemand_task_ids(benchmark::State& state) {
    const simdjson::padded_string padded(body());
    for (auto _ : state) {
        simdjson::ondemand::parser parser;
        simdjson::ondemand::document document;
        std::size_t sum = 0;
        if (parser.iterate(padded).get(document)) {
            std::abort();
        }
        for (auto app : document["apps"].get_array()) {
            for (auto task : app["tasks"].get_array()) {
                sum += task["id"].get_string().value_unsafe().size();
            }
        }
        benchmark::DoNotOptimize(sum);
    }
    report(state);
}

BENCHMARK(reference_dom_parse_only)->Unit(benchmark::kMillisecond);
BENCHMARK(reference_ondemand_task_ids)->Unit(benchmark::kMillisecond);
BENCHMARK(snapshot_apps)->Unit(benchmark::kMillisecond);

}  // namespace
