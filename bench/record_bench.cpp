// What one commit of events costs on the history thread, payload kept or not: rows, identity, state, counters.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "tally/model/world.hpp"
#include "tally/record/history.hpp"

namespace {

using namespace tally;

void commit_status_updates(benchmark::State& state) {
    constexpr int events = 10'000;
    std::string folder = (std::filesystem::temp_directory_path() / "tally-bench-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        state.SkipWithError("no temporary folder");
        return;
    }
    {
        record::History history(folder + "/t.db");
        model::AppId next_app = 1;
        model::World world(history.source("s"), "s", {}, next_app);
        const std::string body(400, 'x');
        model::Seq seq = 0;
        int task = 0;
        model::Batch batch;
        for (auto _ : state) {
            state.PauseTiming();
            batch.clear();
            batch.source = world.id();
            for (int i = 0; i < events; ++i) {
                const std::string name = "shop_cart.marathon-" + std::to_string(++task / 3);
                decode::Event event;
                event.type = decode::EventType::status_update_event;
                event.type_name = "status_update_event";
                event.app = "/shop/cart";
                event.task = name;
                event.entity = name;
                event.state = task % 3 == 0 ? "TASK_STAGING" : task % 3 == 1 ? "TASK_RUNNING" : "TASK_KILLED";
                event.host = "agent-1";
                world.apply(event,
                            {.seq = ++seq,
                             .stamp = {.time = seq, .received = seq},
                             .body = body,
                             .keep_payload = state.range(0) != 0},
                            batch);
            }
            world.finish(batch);
            state.ResumeTiming();
            if (const auto written = history.write({&batch}); !written) {
                state.SkipWithError(written.error().what.c_str());
                break;
            }
        }
        state.SetItemsProcessed(state.iterations() * events);
    }
    std::filesystem::remove_all(folder);
}

}  // namespace

BENCHMARK(commit_status_updates)->ArgName("payload")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);
