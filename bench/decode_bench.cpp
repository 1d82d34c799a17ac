#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "tally/decode/decoder.hpp"

// What one body costs, per event type, beside bare simdjson looking for five fields. The bodies
// have the sizes and the order of keys that Marathon 1.8 writes.
namespace {

using tally::decode::Decoder;

constexpr std::string_view status_update =
    R"({"slaveId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001._app.2","taskStatus":"TASK_RUNNING","message":"","appId":"/product/web","host":"agent-4.example.com","ipAddresses":[{"ipAddress":"9.0.1.3","protocol":"IPv4"}],"ports":[31000,31001],"version":"2019-08-20T10:00:01.000Z","eventType":"status_update_event","timestamp":"2019-08-20T10:00:01.001Z"})";
constexpr std::string_view instance_changed =
    R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","condition":"Running","runSpecId":"/product/web","agentId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","host":"agent-4.example.com","runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.002Z","eventType":"instance_changed_event"})";
constexpr std::string_view failed_health_check =
    R"({"appId":"/product/web","eventType":"failed_health_check_event","healthCheck":{"gracePeriodSeconds":300,"ignoreHttp1xx":false,"intervalSeconds":60,"maxConsecutiveFailures":3,"path":"/health","portIndex":0,"protocol":"MESOS_HTTP","ipProtocol":"IPv4","timeoutSeconds":20,"delaySeconds":15},"taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","timestamp":"2019-08-20T10:00:01.004Z"})";
constexpr std::string_view instance_health_changed =
    R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","runSpecId":"/product/web","healthy":true,"runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.003Z","eventType":"instance_health_changed_event"})";
constexpr std::string_view health_status_changed =
    R"({"appId":"/product/web","instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","version":"2019-08-20T10:00:01.000Z","alive":true,"eventType":"health_status_changed_event","timestamp":"2019-08-20T10:00:01.003Z"})";
constexpr std::string_view unknown_terminated =
    R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","condition":"Killed","timestamp":"2019-08-20T10:00:03.000Z","eventType":"unknown_instance_terminated_event"})";
constexpr std::string_view deployment_info =
    R"({"plan":{"id":"11111111-2222-3333-4444-555555555555","steps":[{"actions":[{"action":"StartApplication","app":"/product/web"},{"action":"StartPod","pod":"/product/pod"}]},{"actions":[{"action":"ScaleApplication","app":"/product/web"},{"action":"ScalePod","pod":"/product/pod"}]}],"version":"2019-08-20T10:00:02.000Z"},"currentStep":{"actions":[{"action":"StartApplication","app":"/product/web"},{"action":"StartPod","pod":"/product/pod"}]},"eventType":"deployment_info","timestamp":"2019-08-20T10:00:02.001Z"})";

/// `body` with the readable bytes behind it that the Decoder asks for.
struct Padded {
    explicit Padded(std::string_view body) : bytes(body), size(body.size()) {
        bytes.append(tally::decode::body_padding, '\0');
    }

    [[nodiscard]] std::string_view view() const { return std::string_view(bytes).substr(0, size); }

    std::string bytes;
    std::size_t size;
};

/// A plan of the versions up to 1.7: the whole root group, twice.
std::string heavy_plan(int apps) {
    std::string group = R"({"id":"/","apps":[)";
    for (int i = 0; i < apps; ++i) {
        group += i == 0 ? "" : ",";
        group +=
            R"({"id":"/product/web)" + std::to_string(i) +
            R"(","cmd":"exec ./server --port $PORT0","env":{"JAVA_OPTS":"-Xmx512m","STAGE":"production"},)"
            R"("instances":3,"cpus":0.5,"mem":768,"disk":0,"constraints":[["hostname","UNIQUE"]],)"
            R"("labels":{"HAPROXY_GROUP":"external","owner":"team-a"},"healthChecks":[{"protocol":"HTTP",)"
            R"("path":"/health","portIndex":0,"intervalSeconds":10}],"version":"2019-08-20T10:00:01.000Z"})";
    }
    group += R"(],"groups":[],"dependencies":[],"version":"2019-08-20T10:00:02.000Z"})";
    std::string body(deployment_info);
    body.insert(body.find(R"("steps")"), R"("original":)" + group + R"(,"target":)" + group + ",");
    return body;
}

void report(benchmark::State& state, std::size_t bytes) {
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

void decode_one(benchmark::State& state, std::string body) {
    Decoder decoder;
    const Padded padded(body);
    for (auto _ : state) {
        auto event = decoder.decode(padded.view());
        benchmark::DoNotOptimize(event);
    }
    report(state, padded.size);
}

/// The mix of a busy cluster, about 400 bytes an event, in one buffer and in no order a predictor
/// could learn.
struct Mix {
    Mix() {
        constexpr std::array<std::pair<std::string_view, int>, 6> shares{
            {{instance_changed, 35},
             {status_update, 29},
             {failed_health_check, 14},
             {instance_health_changed, 10},
             {health_status_changed, 10},
             {deployment_info, 2}}};
        std::vector<std::string_view> bodies;
        for (const auto& [body, share] : shares) {
            bodies.insert(bodies.end(), static_cast<std::size_t>(share), body);
        }
        std::uint32_t random = 1;
        for (std::size_t i = 0; i < 2000; ++i) {
            random = random * 1664525 + 1013904223;
            const std::string_view body = bodies[(random >> 8) % bodies.size()];
            spans.push_back({bytes.size(), body.size()});
            bytes += body;
            bytes += '\n';
        }
        bytes.append(tally::decode::body_padding, '\0');
    }

    std::string bytes;
    std::vector<std::pair<std::size_t, std::size_t>> spans;
};

void decode_mix(benchmark::State& state) {
    Decoder decoder;
    const Mix mix;
    std::size_t i = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto [offset, size] = mix.spans[i];
        i = i + 1 == mix.spans.size() ? 0 : i + 1;
        bytes += size;
        auto event = decoder.decode(std::string_view(mix.bytes).substr(offset, size));
        benchmark::DoNotOptimize(event);
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

/// The reference: On-Demand finds five fields in one pass over the members. It validates only what
/// it reads.
std::size_t five_fields(simdjson::ondemand::parser& parser, std::string_view body) {
    simdjson::ondemand::document document;
    std::size_t sum = 0;
    if (parser.iterate(body.data(), body.size(), body.size() + tally::decode::body_padding)
            .get(document)) {
        return sum;
    }
    for (auto field : document.get_object()) {
        const std::string_view key = field.unescaped_key().value_unsafe();
        if (key == "eventType" || key == "timestamp" || key == "appId" || key == "runSpecId" ||
            key == "taskId" || key == "instanceId" || key == "taskStatus" || key == "condition") {
            std::string_view value;
            if (!field.value().get_string().get(value)) {
                sum += value.size();
            }
        }
    }
    return sum;
}

void reference_ondemand_one(benchmark::State& state) {
    simdjson::ondemand::parser parser;
    const Padded padded(status_update);
    for (auto _ : state) {
        benchmark::DoNotOptimize(five_fields(parser, padded.view()));
    }
    report(state, padded.size);
}

void reference_dom_parse_only(benchmark::State& state) {
    simdjson::dom::parser parser;
    const Padded padded(status_update);
    for (auto _ : state) {
        auto root = parser.parse(padded.bytes.data(), padded.size, false);
        benchmark::DoNotOptimize(root);
    }
    report(state, padded.size);
}

void reference_ondemand_mix(benchmark::State& state) {
    simdjson::ondemand::parser parser;
    const Mix mix;
    std::size_t i = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto [offset, size] = mix.spans[i];
        i = i + 1 == mix.spans.size() ? 0 : i + 1;
        bytes += size;
        benchmark::DoNotOptimize(
            five_fields(parser, std::string_view(mix.bytes).substr(offset, size))
        );
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

BENCHMARK(reference_dom_parse_only);
BENCHMARK(reference_ondemand_one);
BENCHMARK_CAPTURE(decode_one, status_update, std::string(status_update));
BENCHMARK_CAPTURE(decode_one, instance_changed, std::string(instance_changed));
BENCHMARK_CAPTURE(decode_one, failed_health_check, std::string(failed_health_check));
BENCHMARK_CAPTURE(decode_one, instance_health_changed, std::string(instance_health_changed));
BENCHMARK_CAPTURE(decode_one, health_status_changed, std::string(health_status_changed));
BENCHMARK_CAPTURE(decode_one, unknown_terminated_app_derived, std::string(unknown_terminated));
BENCHMARK_CAPTURE(decode_one, deployment_info_light, std::string(deployment_info));
BENCHMARK_CAPTURE(decode_one, deployment_info_heavy_1_apps, heavy_plan(1));
BENCHMARK_CAPTURE(decode_one, deployment_info_heavy_1000_apps, heavy_plan(1000));
BENCHMARK(reference_ondemand_mix);
BENCHMARK(decode_mix);

}  // namespace
