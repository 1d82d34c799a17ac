#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <malloc.h>

#include "tally/model/world.hpp"

// What a World takes of memory per task: per live one with its instance, health and names, and per one that has
// ended and is remembered. Bytes that malloc has given out, before and after, so what grows by doubling counts as it is;
// ids of Marathon 1.8, one task an instance, 2,000 apps. The batches are not counted: they are kept empty.
//
//     memory_bench [tasks]     1,000,000 if not given
namespace {

using namespace tally::model;
using tally::TimeMs;
using tally::decode::Event;
using tally::decode::EventType;
using tally::decode::Truth;

constexpr TimeMs start = 1'566'295'200'000;
constexpr std::size_t apps_count = 2000;

std::size_t used_bytes() {
    malloc_trim(0);
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

struct Ids {
    explicit Ids(std::size_t i) {
        const std::string number = std::to_string(100'000 + i % apps_count);
        app = "/product-" + number + "/backend";
        char uuid[40];
        const std::uint64_t mixed = (i + 1) * 0x9E3779B97F4A7C15;
        std::snprintf(
            uuid,
            sizeof uuid,
            "%08x-caaa-11e8-a129-%012llx",
            static_cast<unsigned>(mixed >> 32),
            static_cast<unsigned long long>(mixed & 0xFFFFFFFFFFFF)
        );
        instance = "product-" + number + "_backend.instance-" + uuid;
        task = instance + "._app.1";
    }

    std::string app, instance, task;
};

class Cluster {
  public:
    Cluster() { world_ = std::make_unique<World>(1, "bench", World::Options{}, next_app_); }

    void begin(const Ids& ids) {
        change(ids, "Provisioned");
        status(ids, "TASK_STAGING");
        status(ids, "TASK_RUNNING");
        change(ids, "Running");
        Event event = event_of(EventType::instance_health_changed_event, ids);
        event.instance = event.entity = ids.instance;
        event.health = Truth::yes;
        fold(event);
    }

    void end(const Ids& ids) {
        status(ids, "TASK_FINISHED");
        change(ids, "Finished");
    }

    /// Everything of the batch is let go.
    void finish() {
        world_->finish(*batch_);
        batch_ = std::make_unique<Batch>();
    }

    void status(const Ids& ids, std::string_view state) {
        Event event = event_of(EventType::status_update_event, ids);
        event.task = event.entity = ids.task;
        event.state = state;
        event.host = "agent-4.example.com";
        event.version = "2019-08-20T10:00:01.000Z";
        fold(event);
    }

  private:
    static Event event_of(EventType type, const Ids& ids) {
        Event event;
        event.type = type;
        event.type_name = to_string(type);
        event.app = ids.app;
        return event;
    }

    void change(const Ids& ids, std::string_view condition) {
        Event event = event_of(EventType::instance_changed_event, ids);
        event.instance = event.entity = ids.instance;
        event.state = condition;
        event.host = "agent-4.example.com";
        fold(event);
    }

    void fold(const Event& event) {
        const TimeMs time = start + seq_;
        world_->apply(
            event, {.seq = ++seq_, .stamp = {.time = time, .received = time}, .connection = 1}, *batch_
        );
        if (seq_ % 10'000 == 0) {
            world_->finish(*batch_);
            batch_->clear();
        }
    }

    AppId next_app_ = 1;
    std::unique_ptr<World> world_;
    std::unique_ptr<Batch> batch_ = std::make_unique<Batch>();
    Seq seq_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    const std::size_t tasks =
        argc > 1 ? static_cast<std::size_t>(std::strtoull(argv[1], nullptr, 10)) : 1'000'000;
    Cluster cluster;
    for (std::size_t i = 0; i < apps_count; ++i) {  // apps and series are there
        cluster.begin(Ids(i));
        cluster.end(Ids(i));
    }
    cluster.finish();
    const std::size_t empty = used_bytes();
    for (std::size_t i = 0; i < tasks; ++i) {
        cluster.begin(Ids(apps_count + i));
    }
    cluster.finish();
    const std::size_t live = used_bytes();
    for (std::size_t i = 0; i < tasks; ++i) {
        cluster.end(Ids(apps_count + i));
    }
    cluster.finish();
    const std::size_t ended = used_bytes();

    // One after the other, as many live as in a day of a small cluster.
    Cluster churn;
    churn.finish();
    const std::size_t before = used_bytes();
    for (std::size_t i = 0; i < tasks; ++i) {
        const Ids ids(i);
        churn.begin(ids);
        churn.end(ids);
    }
    churn.finish();
    const std::size_t churned = used_bytes();

    // Tasks of one instance: what an ended one costs alone.
    Cluster relaunched;
    Ids ids(0);
    const std::string task = ids.instance + "._app.";
    relaunched.begin(ids);
    relaunched.finish();
    const std::size_t alone_before = used_bytes();
    for (std::size_t i = 0; i < tasks; ++i) {
        ids.task = task + std::to_string(i + 2);
        relaunched.status(ids, "TASK_RUNNING");
        relaunched.status(ids, "TASK_FINISHED");
    }
    relaunched.finish();
    const std::size_t alone = used_bytes();

    const auto per_task = [tasks](std::size_t from, std::size_t to) {
        return (static_cast<double>(to) - static_cast<double>(from)) / static_cast<double>(tasks);
    };
    std::printf(
        "{\"tasks\":%zu,\"live_task_bytes\":%.1f,\"ended_task_bytes\":%.1f,"
        "\"ended_task_and_instance_bytes\":%.1f,\"ended_after_all_lived_at_once_bytes\":%.1f}\n",
        tasks,
        per_task(empty, live),
        per_task(alone_before, alone),
        per_task(before, churned),
        per_task(empty, ended)
    );
}
