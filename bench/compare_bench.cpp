#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "tally/model/world.hpp"

// What a snapshot of a large cluster costs the ingest thread: compared where all is known, where
// nothing is, where all is gone, and its differences applied. 10,000 apps with ten tasks each; ids
// have the lengths of Marathon 1.8.
namespace {

using namespace tally::model;
using tally::TimeMs;
using tally::decode::Event;
using tally::decode::EventType;

constexpr std::size_t apps_count = 10'000;
constexpr std::size_t tasks_count = 100'000;
constexpr TimeMs start = 1'566'295'200'000;

struct Names {
    Names() {
        for (std::size_t i = 0; i < apps_count; ++i) {
            apps.push_back("/product-" + std::to_string(100'000 + i) + "/backend");
        }
        for (std::size_t i = 0; i < tasks_count; ++i) {
            instances.push_back(
                "product-" + std::to_string(100'000 + i % apps_count) +
                "_backend.instance-a5f2bd75-caaa-11e8-a129-" + std::to_string(700'000'000'000 + i)
            );
            tasks.push_back(instances.back() + "._app.1");
        }
    }

    std::vector<std::string> apps, instances, tasks;
};

const Names& names() {
    static const Names made;
    return made;
}

tally::decode::Snapshot full() {
    tally::decode::Snapshot snapshot;
    snapshot.version = "1.8.222";
    snapshot.has_pods = true;
    for (const std::string& app : names().apps) {
        snapshot.apps.push_back({.id = app, .version = {}});
    }
    for (std::size_t i = 0; i < tasks_count; ++i) {
        snapshot.tasks.push_back(
            {.id = names().tasks[i],
             .app = names().apps[i % apps_count],
             .host = "agent-4.example.com",
             .version = "2019-08-20T10:00:01.000Z",
             .state = "TASK_RUNNING",
             .staged = start,
             .started = start + 1000,
             .alive = true}
        );
    }
    return snapshot;
}

/// A World that has heard of all.
struct Heard {
    explicit Heard(bool all) {
        Seq seq = 0;
        const auto hear = [&](const Event& event) {
            world.apply(event, {.seq = ++seq, .stamp = {.time = start, .received = start}}, batch);
            if (seq % 1000 == 0) {
                world.finish(batch);
                batch.clear();
            }
        };
        for (std::size_t i = 0; all && i < tasks_count; ++i) {
            Event event;
            event.timestamp = start;
            event.app = names().apps[i % apps_count];
            event.type = EventType::status_update_event;
            event.task = event.entity = names().tasks[i];
            event.state = "TASK_RUNNING";
            hear(event);
            event.type = EventType::instance_changed_event;
            event.instance = event.entity = names().instances[i];
            event.state = "Running";
            hear(event);
            event.type = EventType::instance_health_changed_event;
            event.health = tally::decode::Truth::yes;
            hear(event);
        }
        world.finish(batch);
        batch.clear();
    }

    AppId next_app = 1;
    World world{1, "bench", {}, next_app};
    Batch batch;
};

constexpr World::Comparison how{.sent = start + 100'000, .gap_start = start + 50'000};

void compare(benchmark::State& state, bool knows_all, bool shows_all) {
    const Heard heard(knows_all);
    tally::decode::Snapshot snapshot;
    snapshot.has_pods = true;
    if (shows_all) {
        snapshot = full();
    }
    std::size_t count = 0;
    for (auto _ : state) {
        const auto found = heard.world.compare(snapshot, how);
        count = found.size();
        benchmark::DoNotOptimize(found);
    }
    state.counters["differences"] = static_cast<double>(count);
}

/// Applying and finishing what the first snapshot shows, as one batch.
void apply_first(benchmark::State& state) {
    const tally::decode::Snapshot snapshot = full();
    for (auto _ : state) {
        state.PauseTiming();
        Heard heard(false);
        const Mark mark{
            .kind = Mark::Kind::reconciled,
            .time = how.sent,
            .cause = "ok",
            .differences = heard.world.compare(snapshot, how)};
        state.ResumeTiming();
        heard.world.apply(mark, 1, heard.batch);
        heard.world.finish(heard.batch);
        benchmark::DoNotOptimize(heard.batch);
    }
}

BENCHMARK_CAPTURE(compare, all_is_known, true, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare, nothing_is_known, false, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare, all_is_gone, true, false)->Unit(benchmark::kMillisecond);
BENCHMARK(apply_first)->Unit(benchmark::kMillisecond);

}  // namespace
