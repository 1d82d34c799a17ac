#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "tally/model/world.hpp"

// What one event costs in the fold, per kind and mixed: apply() with its facts, and finish() every
// 10,000 events; `/0` without the time of finish(), `/1` with it. Ids have the lengths of Marathon 1.8; of one kind
// it is 100 apps with 100 instances each. `stream` is a busy cluster: 2,000 apps, 20,000 live tasks, the shares of
// performance.md section 0, every 16th event a task never seen before. `making` is what the events themselves cost, which is in
// all of it.
namespace {

using namespace tally::model;
using tally::TimeMs;
using tally::decode::Action;
using tally::decode::Event;
using tally::decode::EventType;
using tally::decode::Step;
using tally::decode::Truth;

constexpr std::size_t apps_count = 100;
constexpr std::size_t instances_count = 10'000;
constexpr std::size_t batch_events = 10'000;
constexpr TimeMs start = 1'566'295'200'000;

struct Names {
    Names() {
        for (std::size_t i = 0; i < instances_count; ++i) {
            const std::string number = std::to_string(100'000 + i % apps_count);
            apps.push_back("/product-" + number + "/backend");
            instances.push_back(
                "product-" + number + "_backend.instance-a5f2bd75-caaa-11e8-a129-" +
                std::to_string(700'000'000'000 + i)
            );
            tasks.push_back(instances.back() + "._app.1");
            char version[32];
            const unsigned second = static_cast<unsigned>(i) * 8;  // no two are rivals
            std::snprintf(
                version, sizeof version, "2019-08-20T%02u:%02u:%02u.000Z", second / 3600, second / 60 % 60, second % 60
            );
            versions.emplace_back(version);
            deployments.push_back("3c2b1a09-8877-4655-9443-" + std::to_string(100'000'000'000 + i));
            actions.push_back(
                {Action{"StartApplication", apps.back()}, Action{"ScaleApplication", apps.back()}}
            );
        }
        for (const std::vector<Action>& pair : actions) {
            steps.push_back({Step(pair).first(1), Step(pair).last(1)});
        }
    }

    std::vector<std::string> apps, instances, tasks, deployments, versions;
    std::vector<std::vector<Action>> actions;
    std::vector<std::vector<Step>> steps;
};

const Names& names() {
    static const Names made;
    return made;
}

Event event_of(EventType type, std::size_t i) {
    Event event;
    event.type = type;
    event.type_name = to_string(type);
    event.app = names().apps[i % instances_count];
    return event;
}

Event status(std::size_t i, std::string_view state) {
    Event event = event_of(EventType::status_update_event, i);
    event.task = event.entity = names().tasks[i % instances_count];
    event.state = state;
    event.host = "agent-4.example.com";
    event.version = "2019-08-20T10:00:01.000Z";
    return event;
}

Event task_life(std::size_t i) {
    constexpr std::string_view states[]{
        "TASK_STARTING", "TASK_RUNNING", "TASK_UNREACHABLE", "TASK_RUNNING"};
    return status(i / 4, states[i % 4]);
}

Event task_repeat(std::size_t i) {
    return status(i, "TASK_RUNNING");
}

Event instance_life(std::size_t i) {
    constexpr std::string_view conditions[]{"Provisioned", "Starting", "Running", "Failed"};
    Event event = event_of(EventType::instance_changed_event, i / 4);
    event.instance = event.entity = names().instances[i / 4 % instances_count];
    event.state = conditions[i % 4];
    event.host = "agent-4.example.com";
    return event;
}

Event health(std::size_t i) {
    Event event = event_of(EventType::instance_health_changed_event, i / 2);
    event.instance = event.entity = names().instances[i / 2 % instances_count];
    event.health = i % 2 == 0 ? Truth::yes : Truth::no;
    return event;
}

Event health_failure(std::size_t i) {
    Event event = event_of(EventType::failed_health_check_event, i);
    event.task = event.entity = names().instances[i % instances_count];
    event.check.protocol = "HTTP";
    event.check.path = "/health";
    event.check.port_index = 0;
    event.check.interval_s = 10;
    return event;
}

Event deployment(std::size_t i) {
    constexpr EventType types[]{
        EventType::deployment_info,
        EventType::deployment_step_success,
        EventType::deployment_info,
        EventType::deployment_step_success,
        EventType::deployment_success};
    const std::size_t n = i / 5 % instances_count;
    Event event = event_of(types[i % 5], n);
    event.app = {};
    event.deployment_id = names().deployments[n];
    event.plan_version = names().versions[n];
    event.plan_known = true;
    event.steps = names().steps[n];
    if (i % 5 != 4) {
        event.current_step = names().steps[n][i % 5 / 2];
    }
    return event;
}

Event unknown_type(std::size_t i) {
    Event event = event_of(EventType::unknown, i);
    event.type_name = "mystery_event";
    return event;
}

/// The shares of a busy cluster, as in decode_bench.
Event mixed(std::size_t i) {
    const std::size_t share = i * 37 % 100;
    return share < 35   ? instance_life(i)
           : share < 64 ? task_life(i)
           : share < 78 ? health_failure(i)
           : share < 98 ? health(i)
                        : deployment(i);
}

/// Tasks and instances that live, end and are born again, in an order that no cache foresees.
class Stream {
  public:
    static constexpr std::size_t tasks_count = 20'000;
    static constexpr std::size_t stream_apps = 2000;

    Stream() {
        for (std::size_t i = 0; i < tasks_count; ++i) {
            const std::string number = std::to_string(100'000 + i % stream_apps);
            lives_.emplace_back().instance = "product-" + number + "_backend.instance-a5f2bd75-caaa-11e8-a129-" +
                                          std::to_string(700'000'000'000 + i * 7919);
            lives_.back().task = lives_.back().instance + "._app.1";
        }
        for (std::size_t i = 0; i < stream_apps; ++i) {
            apps_.push_back("/product-" + std::to_string(100'000 + i) + "/backend");
            hosts_.push_back("agent-" + std::to_string(i % 500) + ".example.com");
        }
    }

    Event next() {
        random_ = random_ * 6364136223846793005 + 1442695040888963407;
        const std::size_t i = (random_ >> 33) % tasks_count;
        const std::size_t share = (random_ >> 20) % 1000;
        return share < 350 ? change(i) : share < 640 ? update(i) : share < 780 ? fail(i) : share < 985 ? check(i) : plan(i);
    }

  private:
    struct Life {
        std::string instance, task;
        std::uint32_t conditions = 0, states = 0, checks = 0;
    };

    /// An id that was read just now, as the decoder gives it.
    std::string_view hot(const std::string& id) { return id_ = id; }

    Event of(EventType type, std::size_t i) const {
        Event event;
        event.type = type;
        event.type_name = to_string(type);
        event.app = apps_[i % stream_apps];
        return event;
    }

    Event change(std::size_t i) {
        constexpr std::string_view conditions[]{"Provisioned", "Starting", "Running", "Killing", "Failed"};
        Event event = of(EventType::instance_changed_event, i);
        event.instance = event.entity = hot(lives_[i].instance);
        event.state = conditions[lives_[i].conditions++ % 5];
        event.host = hosts_[i % stream_apps];
        return event;
    }

    Event update(std::size_t i) {
        constexpr std::string_view states[]{"TASK_STARTING", "TASK_RUNNING", "TASK_RUNNING", "TASK_FAILED"};
        Life& life = lives_[i];
        if (life.states > 0 && life.states % 4 == 0) {
            life.task.resize(life.instance.size() + 6);
            life.task += std::to_string(life.states / 4 + 1);
        }
        Event event = of(EventType::status_update_event, i);
        event.task = event.entity = hot(life.task);
        event.state = states[life.states++ % 4];
        event.host = hosts_[i % stream_apps];
        event.version = "2019-08-20T10:00:01.000Z";
        return event;
    }

    Event fail(std::size_t i) {
        Event event = of(EventType::failed_health_check_event, i);
        event.instance = event.entity = hot(lives_[i].instance);
        event.check.protocol = "HTTP";
        event.check.path = "/health";
        event.check.port_index = 0;
        event.check.interval_s = 10;
        return event;
    }

    Event check(std::size_t i) {
        Event event = of(EventType::instance_health_changed_event, i);
        event.instance = event.entity = hot(lives_[i].instance);
        event.health = lives_[i].checks++ % 2 == 0 ? Truth::yes : Truth::no;
        return event;
    }

    Event plan(std::size_t) { return deployment(plans_++); }

    std::vector<Life> lives_;
    std::vector<std::string> apps_, hosts_;
    std::string id_;
    std::size_t plans_ = 0;
    std::uint64_t random_ = 1;
};

constexpr std::string_view some_body =
    R"({"slaveId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001._app.2","taskStatus":"TASK_RUNNING","message":"","appId":"/product/web","host":"agent-4.example.com","ipAddresses":[{"ipAddress":"9.0.1.3","protocol":"IPv4"}],"ports":[31000,31001],"version":"2019-08-20T10:00:01.000Z","eventType":"status_update_event","timestamp":"2019-08-20T10:00:01.001Z"})";

/// Folds what `next()` makes. Payloads are not kept: their copy is not the fold's.
template <class Next>
void fold_events(benchmark::State& state, std::size_t warm, Next&& next) {
    const bool with_finish = state.range(0) != 0;
    AppId next_app = 1;
    World world(1, "bench", {}, next_app);
    Batch batch;
    std::size_t i = 0;
    const auto apply = [&] {
        const Event event = next(i);
        const TimeMs time = start + static_cast<TimeMs>(i);
        world.apply(
            event,
            {.seq = static_cast<Seq>(++i),
             .stamp = {.time = time, .received = time},
             .connection = 1,
             .body = some_body,
             .keep_payload = false},
            batch
        );
    };
    const auto finish = [&] {
        world.finish(batch);
        benchmark::DoNotOptimize(batch);
        batch.clear();
    };
    while (i < warm) {
        apply();
        if (i % batch_events == 0) {
            finish();
        }
    }
    for (auto _ : state) {
        apply();
        if (i % batch_events == 0) {
            if (with_finish) {
                finish();
            } else {
                state.PauseTiming();
                finish();
                state.ResumeTiming();
            }
        }
    }
    state.SetItemsProcessed(state.iterations());
}

void fold(benchmark::State& state, Event (*make)(std::size_t)) {
    fold_events(state, 0, make);
}

void stream(benchmark::State& state) {
    Stream events;
    fold_events(state, 400'000, [&events](std::size_t) { return events.next(); });
}

void making(benchmark::State& state) {
    Stream events;
    for (auto _ : state) {
        const Event event = events.next();
        benchmark::DoNotOptimize(event);
    }
}

/// What a scrape costs the ingest thread: the numbers of 100 apps as a value.
void snapshot(benchmark::State& state) {
    AppId next_app = 1;
    World world(1, "bench", {}, next_app);
    Batch batch;
    for (std::size_t i = 0; i < 50'000; ++i) {
        const TimeMs time = start + static_cast<TimeMs>(i);
        world.apply(
            mixed(i),
            {.seq = static_cast<Seq>(i + 1), .stamp = {.time = time, .received = time}},
            batch
        );
        if (i % 1000 == 0) {
            world.finish(batch);
            batch.clear();
        }
    }
    for (auto _ : state) {
        Snapshot taken = world.snapshot();
        benchmark::DoNotOptimize(taken);
    }
}

BENCHMARK_CAPTURE(fold, status_update_transition, task_life)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(fold, status_update_repeat, task_repeat)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(fold, instance_changed, instance_life)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(fold, instance_health_changed, health)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(fold, failed_health_check, health_failure)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(fold, deployment, deployment)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(fold, unknown_type, unknown_type)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(fold, mixed, mixed)->Arg(0)->Arg(1);
BENCHMARK(stream)->Arg(0)->Arg(1);
BENCHMARK(making);
BENCHMARK(snapshot);

}  // namespace
