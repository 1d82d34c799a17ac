// A scrape of N series (argument): by ours, what it costs the ingest thread and the renderer, and
// by prometheus-cpp, Collect() of its Registry and TextSerializer, of the same series. `bytes` is
// the size of the answer.

#include <array>
#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <string>
#include <vector>
#include <zlib.h>

#include <benchmark/benchmark.h>

#include "tally/model/world.hpp"
#include "tally/report/exposition.hpp"

namespace tally::report {

namespace {

constexpr std::array<std::string_view, 8> states{
    "none",
    "TASK_STAGING",
    "TASK_STARTING",
    "TASK_RUNNING",
    "TASK_FINISHED",
    "TASK_FAILED",
    "TASK_KILLING",
    "TASK_KILLED"};
constexpr std::array<std::string_view, 3> healths{"unknown", "healthy", "unhealthy"};

std::string_view from_state(std::size_t edge) {
    return states[edge % states.size()];
}

std::string_view to_state(std::size_t edge) {
    return states[(edge / states.size() + edge + 1) % states.size()];
}

/// Which series an app has.
enum class Mix {
    transitions,  ///< twenty edges of its tasks, nothing else
    everything,   ///< forty series of all families with the label app
};

std::size_t series_per_app(Mix mix) {
    return mix == Mix::transitions ? 20 : 40;
}

std::string name_of(std::size_t app, std::size_t apps) {
    // A stride without common factor: the apps are not in alphabetic order.
    return "/shop/backend/service-" + std::to_string(app * 7919 % apps);
}

/// A source of as many apps as it takes, restored as the daemon does it.
class Cluster {
  public:
    explicit Cluster(std::size_t series, Mix mix = Mix::transitions)
        : world_(1, "default", {.max_apps = series}, next_app_) {
        const std::size_t apps = series / series_per_app(mix);
        for (std::size_t app = 0; app < apps; ++app) {
            const bool health_seen = mix == Mix::everything;
            world_.restore(
                {.app = static_cast<model::AppId>(app + 1),
                 .source = 1,
                 .name = name_of(app, apps),
                 .born = true,
                 .last_received = 1'566'295'200'000,
                 .health_seen = health_seen,
                 .unhealthy_ms = static_cast<TimeMs>(app * 1234),
                 .observed_ms = static_cast<TimeMs>(app * 654'321)}
            );
        }
        // As they come in life: not app by app.
        const std::size_t transitions = mix == Mix::transitions ? 20 : 8;
        for (std::size_t edge = 0; edge < transitions; ++edge) {
            all("task_transitions", apps, from_state(edge), to_state(edge));
        }
        if (mix == Mix::everything) {
            rest(apps);
        }
    }

    [[nodiscard]] const model::World& world() const { return world_; }

    [[nodiscard]] std::vector<model::Snapshot> snapshots(std::size_t known) const {
        std::vector<model::Snapshot> snapshots;
        snapshots.push_back(world_.snapshot(known));
        return snapshots;
    }

    [[nodiscard]] std::size_t cells() const { return cells_; }

  private:
    void rest(std::size_t apps) {
        for (std::size_t edge = 0; edge < 8; ++edge) {
            all("instance_transitions", apps, from_state(edge), to_state(edge));
        }
        for (std::size_t state = 1; state < 5; ++state) {
            all("tasks", apps, states[state], {});
            all("instances", apps, states[state], {});
        }
        for (const std::string_view health : healths) {
            all("health_transitions", apps, health, {});
        }
        all("app_deployments", apps, "success", {});  // the others are shown as zeros
        all("health_check_failures", apps, "MESOS_HTTP", {});
        all("app_task_starts", apps, {}, {});
        all("app_task_start_ms", apps, {}, {});
    }

    /// A series of every app.
    void all(std::string_view family, std::size_t apps, std::string_view a, std::string_view b) {
        for (std::size_t app = 0; app < apps; ++app) {
            world_.restore(
                {.source = 1,
                 .cell = static_cast<std::uint32_t>(cells_),
                 .born = true,
                 .family = family,
                 .app = static_cast<model::AppId>(app + 1),
                 .a = a,
                 .b = b,
                 .value = static_cast<std::int64_t>(app * (cells_ / apps))}
            );
            ++cells_;
        }
    }

    model::AppId next_app_ = 1;
    model::World world_;
    std::size_t cells_ = 0;
};

void count(benchmark::State& state, std::size_t bytes) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
    state.counters["bytes"] = static_cast<double>(bytes);
}

/// What a scrape holds up the fold.
void ingest_part(benchmark::State& state) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        const model::Snapshot snapshot = cluster.world().snapshot(cluster.cells());
        benchmark::DoNotOptimize(snapshot.values.data());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void ingest_part_first(benchmark::State& state) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        const model::Snapshot snapshot = cluster.world().snapshot();
        benchmark::DoNotOptimize(snapshot.samples.data());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Snapshot and text, all labels known.
void scrape(benchmark::State& state, Mix mix, Format format, Packing packing) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)), mix);
    Exposition exposition;
    std::size_t bytes =
        exposition.render(cluster.snapshots(0), {}, {}, format, {.packing = packing}).size();
    for (auto _ : state) {
        const auto known = exposition.known().at("default");
        const std::string text =
            exposition.render(cluster.snapshots(known), {}, {}, format, {.packing = packing});
        benchmark::DoNotOptimize(text.data());
        bytes = text.size();
    }
    count(state, bytes);
    state.counters["kept_per_series"] =
        static_cast<double>(exposition.memory()) / static_cast<double>(cluster.cells());
}

/// The same while new series come: one of a hundred between two scrapes.
void scrape_with_births(benchmark::State& state) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)));
    const std::size_t before = cluster.cells() - cluster.cells() / 100;
    const model::Snapshot whole = cluster.world().snapshot();
    model::Snapshot first = whole;
    first.samples.resize(before);
    for (auto _ : state) {
        state.PauseTiming();
        Exposition exposition;
        (void)exposition.render({first}, {}, {}, Format::text, {});
        state.ResumeTiming();
        const std::string text =
            exposition.render(cluster.snapshots(before), {}, {}, Format::text, {});
        benchmark::DoNotOptimize(text.data());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Nothing known.
void first_scrape(benchmark::State& state) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)));
    std::size_t bytes = 0;
    for (auto _ : state) {
        Exposition exposition;
        const std::string text = exposition.render(cluster.snapshots(0), {}, {}, Format::text, {});
        benchmark::DoNotOptimize(text.data());
        bytes = text.size();
    }
    count(state, bytes);
}

void prometheus_cpp(benchmark::State& state) {
    const auto series = static_cast<std::size_t>(state.range(0));
    const std::size_t apps = series / series_per_app(Mix::transitions);
    prometheus::Registry registry;
    auto& family =
        prometheus::BuildCounter()
            .Name("marathon_task_transitions_total")
            .Help("Task state transitions; a task seen for the first time comes from none.")
            .Register(registry);
    for (std::size_t edge = 0; edge < series_per_app(Mix::transitions); ++edge) {
        for (std::size_t app = 0; app < apps; ++app) {
            family
                .Add(
                    {{"source", "default"},
                     {"app", name_of(app, apps)},
                     {"from", std::string(from_state(edge))},
                     {"to", std::string(to_state(edge))}}
                )
                .Increment(static_cast<double>(app * edge));
        }
    }
    const prometheus::TextSerializer serializer;
    std::size_t bytes = 0;
    for (auto _ : state) {
        const std::string text = serializer.Serialize(registry.Collect());
        benchmark::DoNotOptimize(text.data());
        bytes = text.size();
    }
    count(state, bytes);
}

/// What packing costs for who does not know the text.
void zlib_level_1(benchmark::State& state) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)));
    const std::string text = Exposition().render(cluster.snapshots(0), {}, {}, Format::text, {});
    std::string packed(compressBound(text.size()), '\0');
    uLongf size = 0;
    for (auto _ : state) {
        size = packed.size();
        compress2(
            reinterpret_cast<Bytef*>(packed.data()),
            &size,
            reinterpret_cast<const Bytef*>(text.data()),
            text.size(),
            1
        );
    }
    count(state, size);
}

constexpr auto ms = benchmark::kMillisecond;

BENCHMARK(prometheus_cpp)->Arg(10'000)->Arg(100'000)->Unit(ms);
BENCHMARK_CAPTURE(scrape, text, Mix::transitions, Format::text, Packing::plain)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(ms);
BENCHMARK_CAPTURE(scrape, openmetrics, Mix::transitions, Format::openmetrics, Packing::plain)
    ->Arg(100'000)
    ->Unit(ms);
BENCHMARK_CAPTURE(scrape, text_of_all_families, Mix::everything, Format::text, Packing::plain)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(ms);
BENCHMARK_CAPTURE(scrape, gzip, Mix::transitions, Format::text, Packing::gzip)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(ms);
BENCHMARK_CAPTURE(scrape, gzip_of_all_families, Mix::everything, Format::text, Packing::gzip)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(ms);
BENCHMARK(zlib_level_1)->Arg(100'000)->Unit(ms);
BENCHMARK(scrape_with_births)->Arg(100'000)->Arg(1'000'000)->Unit(ms);
BENCHMARK(first_scrape)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(ms);
BENCHMARK(ingest_part)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(ms);
BENCHMARK(ingest_part_first)->Arg(100'000)->Arg(1'000'000)->Unit(ms);

}  // namespace

}  // namespace tally::report
