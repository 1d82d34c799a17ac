#include "simulate/incidents.hpp"

#include <algorithm>

namespace tally::simulate {

namespace {

// Until we know how many events an incident causes, a guess, worth as much as so many real
// incidents.
constexpr double guess_events = 10;
constexpr double guess_weight = 50;

}  // namespace

Incidents::Incidents(const Hands& hands, const Shape& shape)
    : to_(hands),
      rate_(shape.rate > 0 ? shape.rate : 20),
      wait_min_us_(2e6 / static_cast<double>(std::max(1U, shape.tasks))) {}

void Incidents::happen() {
    one();
    ++happened_;
    const double events_each =
        (static_cast<double>(to_.speech.said_count()) + guess_events * guess_weight) /
        (static_cast<double>(happened_) + guess_weight);
    const double mean_us = std::max(wait_min_us_, events_each * 1e6 / rate_);
    debt_us_ += mean_us * 2 * static_cast<double>(to_.random.below(1 << 20)) / (1 << 20);
    const auto wait = static_cast<TimeMs>(debt_us_ / 1000);
    debt_us_ -= static_cast<double>(wait) * 1000;
    to_.schedule.after(wait, {.what = Wake::What::incident});
}

Index Incidents::some_instance() {
    const std::vector<Instance>& all = to_.cluster.instances();
    for (int attempt = 0; attempt < 8 && !all.empty(); ++attempt) {
        const Index index = to_.random.below(static_cast<std::uint32_t>(all.size()));
        if (all[index].used && all[index].phase == Phase::running) {
            return index;
        }
    }
    return nobody;
}

void Incidents::one() {
    const std::uint32_t kind = to_.random.below(10'000);
    if (kind < 500) {
        request();
        return;
    }
    if (kind < 1100) {
        noise();
        return;
    }
    if (kind < 1110) {
        crash_loop();
        return;
    }
    if (kind < 1118) {
        to_.agents.lose();
        return;
    }
    if (kind < 1126) {
        change_leader();
        return;
    }
    const Index instance = some_instance();
    if (instance == nobody) {
        return;
    }
    if (kind < 6300) {
        to_.ailments.flap(instance);
    } else if (kind < 7500) {
        to_.ailments.sicken(instance);
    } else if (kind < 9000) {
        to_.instances.crash(instance);
    } else {
        to_.instances.finish(instance);
    }
}

void Incidents::request() {
    Requests& ask = to_.requests;
    const std::uint32_t kind = to_.random.below(100);
    if (kind < 30) {
        ask.update();
    } else if (kind < 50) {
        ask.scale();
    } else if (kind < 57) {
        ask.create();
    } else if (kind < 63) {
        ask.remove();
    } else if (kind < 73) {
        ask.change_group();
    } else if (kind < 79) {
        ask.nothing();
    } else if (kind < 89) {
        ask.locked();
    } else if (kind < 94) {
        ask.force();
    } else if (kind < 97) {
        ask.roll_back();
    } else {
        ask.abandon();
    }
}

void Incidents::noise() {
    const Index index = some_instance();
    if (index == nobody) {
        return;
    }
    const Instance& instance = to_.cluster.instances()[index];
    const std::uint32_t kind = to_.random.below(100);
    const std::string address = "10.0.0." + std::to_string(2 + kind);
    if (kind < 30) {
        to_.speech.framework_message(instance, kind < 15 ? "hello" : "progress: 42 %\xff\x80");
    } else if (kind < 60) {
        to_.speech.unknown_terminated(instance.app, to_.cluster.time_uuid(to_.schedule.stamp()));
    } else if (kind < 90) {
        to_.speech.stream(EventType::event_stream_attached, address);
        to_.schedule.after(to_.random.between(1000, 60'000), {.what = Wake::What::stream_detached});
    } else if (has_callbacks(to_.cluster.dialect())) {
        to_.speech.subscriber(
            kind < 95 ? EventType::subscribe : EventType::unsubscribe,
            address,
            "http://consumer.example.com:8080/events"
        );
    }
}

void Incidents::detach_stream() {
    const std::string address = "10.0.0." + std::to_string(2 + to_.random.below(100));
    to_.speech.stream(EventType::event_stream_detached, address);
}

void Incidents::change_leader() {
    const bool fresh = to_.random.chance(0.5);
    to_.speech.scheduler(EventType::scheduler_disconnected);
    to_.speech.scheduler(
        fresh ? EventType::scheduler_registered : EventType::scheduler_reregistered
    );
    to_.rollouts.rerun_all();
}

void Incidents::crash_loop() {
    const Index index = some_instance();
    if (index == nobody) {
        return;
    }
    App& app = to_.cluster.apps()[to_.cluster.instances()[index].app];
    app.crashes_until = to_.schedule.now() + to_.random.between(20'000, 240'000);
    to_.instances.crash(index);
}

}  // namespace tally::simulate
