#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <time.h>
#include <unistd.h>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "simulate/generate.hpp"
#include "tally/decode/decoder.hpp"

// What decoding costs beside bare simdjson looking for five fields: of the mixed events of a busy
// cluster (`mixed_in_turn`, whose ratios are the goal), and of one body of each kind, with the
// sizes and the order of keys that Marathon 1.8 writes.
//
//     build/release/bench/decode_bench --benchmark_filter=mixed --benchmark_format=json
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

/// The events of a busy cluster as marathon-sim generates them, one a line in one buffer.
/// TALLY_BENCH_CORPUS names another file of such lines, recorded ones for example.
class MixedCorpus {
  public:
    static const MixedCorpus& get() {
        static const MixedCorpus corpus;
        return corpus;
    }

    [[nodiscard]] const std::vector<std::string_view>& bodies() const { return bodies_; }

  private:
    MixedCorpus() {
        const char* named = std::getenv("TALLY_BENCH_CORPUS");
        if (named != nullptr) {
            read(named);
            return;
        }
        const auto path = std::filesystem::temp_directory_path() /
                          ("decode_bench." + std::to_string(::getpid()) + ".ndjson");
        tally::simulate::Generation generation;
        generation.out = path;
        generation.events = 20'000;
        if (!tally::simulate::generate(generation)) {
            throw std::runtime_error("cannot write " + path.string());
        }
        read(path);
        std::filesystem::remove(path);
    }

    void read(const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
        const std::size_t size = bytes_.size();
        bytes_.append(tally::decode::body_padding, '\0');
        std::string_view rest = std::string_view(bytes_).substr(0, size);
        while (!rest.empty()) {
            const std::size_t line = std::min(rest.find('\n'), rest.size() - 1) + 1;
            const std::string_view body = tally::decode::trim_body(rest.substr(0, line));
            if (!body.empty()) {
                bodies_.push_back(body);
            }
            rest.remove_prefix(line);
        }
        if (bodies_.empty()) {
            throw std::runtime_error("no bodies in " + path.string());
        }
    }

    std::string bytes_;
    std::vector<std::string_view> bodies_;
};

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

/// The other way to write it: ask for each key, in any order.
std::size_t five_keys(simdjson::ondemand::parser& parser, std::string_view body) {
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (parser.iterate(body.data(), body.size(), body.size() + tally::decode::body_padding)
            .get(document) ||
        document.get_object().get(object)) {
        return 0;
    }
    std::size_t sum = 0;
    const auto find = [&object, &sum](std::string_view key) {
        std::string_view value;
        const bool found = !object[key].get_string().get(value);
        sum += value.size();
        return found;
    };
    find("eventType");
    find("timestamp");
    (void)(find("appId") || find("runSpecId"));
    (void)(find("taskId") || find("instanceId"));
    (void)(find("taskStatus") || find("condition"));
    return sum;
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

void reference_one_pass_one(benchmark::State& state) {
    simdjson::ondemand::parser parser;
    const Padded padded(status_update);
    for (auto _ : state) {
        benchmark::DoNotOptimize(five_fields(parser, padded.view()));
    }
    report(state, padded.size);
}

double thread_cpu_s() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// CPU time of one round over the corpus, in nanoseconds a body.
template <class Read>
double round_ns(Read&& read) {
    const auto& bodies = MixedCorpus::get().bodies();
    const double begin = thread_cpu_s();
    for (const std::string_view body : bodies) {
        read(body);
    }
    return (thread_cpu_s() - begin) * 1e9 / static_cast<double>(bodies.size());
}

double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// The goal: ours, everything validated, against what On-Demand costs that looks for the same five
/// fields and checks only them. Rounds in turn, so that whatever else the machine does meets all;
/// medians. `ratio_*` = our throughput / the reference's: the number to keep.
void mixed_in_turn(benchmark::State& state) {
    Decoder decoder;
    simdjson::ondemand::parser parser;
    std::vector<double> ours;
    std::vector<double> keys;
    std::vector<double> one_pass;
    for (auto _ : state) {
        ours.push_back(round_ns([&](std::string_view body) {
            auto event = decoder.decode(body);
            benchmark::DoNotOptimize(event);
        }));
        keys.push_back(round_ns([&](std::string_view body) {
            benchmark::DoNotOptimize(five_keys(parser, body));
        }));
        one_pass.push_back(round_ns([&](std::string_view body) {
            benchmark::DoNotOptimize(five_fields(parser, body));
        }));
    }
    state.counters["ours_ns"] = median(ours);
    state.counters["reference_five_keys_ns"] = median(keys);
    state.counters["reference_one_pass_ns"] = median(one_pass);
    state.counters["ratio_five_keys"] = median(keys) / median(ours);
    state.counters["ratio_one_pass"] = median(one_pass) / median(ours);
}

BENCHMARK(mixed_in_turn)->Iterations(60)->Unit(benchmark::kMillisecond);
BENCHMARK(reference_dom_parse_only);
BENCHMARK(reference_one_pass_one);
BENCHMARK_CAPTURE(decode_one, status_update, std::string(status_update));
BENCHMARK_CAPTURE(decode_one, instance_changed, std::string(instance_changed));
BENCHMARK_CAPTURE(decode_one, failed_health_check, std::string(failed_health_check));
BENCHMARK_CAPTURE(decode_one, instance_health_changed, std::string(instance_health_changed));
BENCHMARK_CAPTURE(decode_one, health_status_changed, std::string(health_status_changed));
BENCHMARK_CAPTURE(decode_one, unknown_terminated_app_derived, std::string(unknown_terminated));
BENCHMARK_CAPTURE(decode_one, deployment_info_light, std::string(deployment_info));
BENCHMARK_CAPTURE(decode_one, deployment_info_heavy_1_apps, heavy_plan(1));
BENCHMARK_CAPTURE(decode_one, deployment_info_heavy_1000_apps, heavy_plan(1000));

}  // namespace
