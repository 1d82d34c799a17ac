// A scrape of N series (argument), by our writer and by prometheus-cpp's TextSerializer of the same
// samples.

#include <array>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

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

/// Task transitions of as many apps as it takes, twenty edges each.
class Cluster {
  public:
    explicit Cluster(std::size_t series) {
        constexpr std::size_t edges_per_app = 20;
        const std::size_t apps = series / edges_per_app;
        labels_.reserve(apps);
        snapshot_.source = "default";
        snapshot_.apps.emplace_back().label = "other";
        for (std::size_t app = 0; app < apps; ++app) {
            // A stride without common factor: the apps are not in alphabetic order.
            labels_.push_back("/shop/backend/service-" + std::to_string(app * 7919 % apps));
            snapshot_.apps.emplace_back().label = labels_.back();
            for (std::size_t edge = 0; edge < edges_per_app; ++edge) {
                snapshot_.samples.push_back(
                    {.family = model::Family::task_transitions,
                     .app = static_cast<std::uint32_t>(app + 1),
                     .a = states[edge % states.size()],
                     .b = states[(edge / states.size() + edge + 1) % states.size()],
                     .value = static_cast<std::int64_t>(app * edge)}
                );
            }
        }
    }

    [[nodiscard]] const model::Snapshot& snapshot() const { return snapshot_; }

  private:
    std::vector<std::string> labels_;
    model::Snapshot snapshot_;
};

void count(benchmark::State& state, std::size_t bytes) {
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void ours(benchmark::State& state, Format format) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)));
    std::size_t bytes = 0;
    for (auto _ : state) {
        const std::string text = render(std::span(&cluster.snapshot(), 1), {}, {}, format, {});
        benchmark::DoNotOptimize(text.data());
        bytes = text.size();
    }
    count(state, bytes);
}

void prometheus_cpp(benchmark::State& state) {
    const Cluster cluster(static_cast<std::size_t>(state.range(0)));
    const auto collectable = make_collectable({cluster.snapshot()}, {}, {});
    const auto families = collectable->Collect();
    const prometheus::TextSerializer serializer;
    std::size_t bytes = 0;
    for (auto _ : state) {
        const std::string text = serializer.Serialize(families);  // without Collect()
        benchmark::DoNotOptimize(text.data());
        bytes = text.size();
    }
    count(state, bytes);
}

BENCHMARK_CAPTURE(ours, text, Format::text)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ours, openmetrics, Format::openmetrics)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(prometheus_cpp)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace tally::report
