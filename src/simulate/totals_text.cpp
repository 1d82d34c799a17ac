// The totals as JSON. An empty family is there with an empty value; rows are arrays, sorted by
// name.
//
//   events_total N · events {type: n} · rejected {reason: n} · duplicates 0 (one connection has
//   none) last_event TIME_MS task_transitions [[app, from, to, n]] · unexpected [[from, to, n]] ·
//   late_events [[app, n]] tasks [[app, state, n]] (not final now) · instance_transitions [[app,
//   from, to, n]] instances [[app, condition, n]] deployments [[outcome, kind, n]] and
//   app_deployments [[app, outcome, n]], both as first counted corrections [[from, to, n]] ·
//   deployments_running N · reruns N · contradicted N durations {n, sum_ms} of the deployments that
//   have one, as they stand now steps {success, failed} closed · step_durations [[action, n,
//   sum_ms]] of those with a known start health_failures [[app, protocol, n]] · health_transitions
//   [[app, to, n]] · flaps [[app, n]] · kills [[app, n]] unhealthy_ms and observed_ms [[app, ms]],
//   open intervals up to the last event api_calls {verb: n} · group_changes {result: n} ·
//   scheduler_events {event: n} unknown_terminations [[app, n]] · framework {messages, bytes}
#include <algorithm>
#include <functional>
#include <numeric>

#include "simulate/json_text.hpp"
#include "simulate/plan_text.hpp"
#include "simulate/totals.hpp"

namespace tally::simulate {

namespace {

struct Key {
    std::uint64_t app;
    std::uint64_t a;
    std::uint64_t b;
};

using Names = std::vector<std::string_view>;
using NamesOf = std::function<Names(const Key&)>;

template <class Enum>
std::string_view name(std::uint64_t value) {
    return name_of(static_cast<Enum>(value));
}

void rows(
    Json& json,
    std::string_view family,
    const Counts& counts,
    const NamesOf& names_of,
    const Counts* second = nullptr
) {
    std::vector<std::pair<Names, std::vector<std::uint64_t>>> sorted;
    for (const auto& [key, count] : counts) {
        sorted.emplace_back(
            names_of({key >> 16, (key >> 8) & 0xff, key & 0xff}), std::vector{count}
        );
        if (second != nullptr) {
            sorted.back().second.push_back(second->at(key));
        }
    }
    std::sort(sorted.begin(), sorted.end());
    json.raw(",\n").plain(family).raw(":[");
    std::string_view comma;
    for (const auto& [names, numbers] : sorted) {
        json.raw(comma).raw("[");
        comma = ",\n ";
        std::string_view inner;
        for (const std::string_view text : names) {
            json.raw(inner).plain(text);
            inner = ",";
        }
        for (const std::uint64_t number : numbers) {
            json.raw(inner).number(number);
            inner = ",";
        }
        json.raw("]");
    }
    json.raw("]");
}

void object(
    Json& json,
    std::string_view family,
    std::vector<std::pair<std::string_view, std::uint64_t>> members
) {
    std::sort(members.begin(), members.end());
    json.raw(",\n").plain(family).raw(":{");
    std::string_view comma;
    for (const auto& [key, count] : members) {
        json.raw(comma).plain(key).raw(":").number(count);
        comma = ",";
    }
    json.raw("}");
}

}  // namespace

std::string Totals::text(const std::vector<App>& apps) const {
    const auto app = [&apps](const Key& key) { return std::string_view(apps[key.app].id); };
    const auto of = [this](EventType type) { return whole_[static_cast<std::size_t>(type)]; };
    const NamesOf app_only = [&app](const Key& k) -> Names { return {app(k)}; };
    std::string out;
    Json json(out);
    json.raw(R"({"events_total":)")
        .number(std::accumulate(events_.begin(), events_.end(), std::uint64_t{0}));
    std::vector<std::pair<std::string_view, std::uint64_t>> events;
    for (std::size_t i = 0; i < event_types; ++i) {
        if (events_[i] > 0) {
            events.emplace_back(name<EventType>(i), events_[i]);
        }
    }
    object(json, "events", std::move(events));
    object(
        json,
        "rejected",
        {{"not_json", rejected_[1]},
         {"not_object", rejected_[2]},
         {"no_event_type", rejected_[3]},
         {"missing_field", rejected_[4]},
         {"too_large", 0}}
    );
    json.raw(",\n\"duplicates\":0,\n\"last_event\":").number(clock_);
    const NamesOf task_edge = [&app](const Key& k) -> Names {
        return {app(k), name<TaskState>(k.a), name<TaskState>(k.b)};
    };
    rows(json, "task_transitions", tasks_.transitions, task_edge);
    rows(json, "unexpected", tasks_.unexpected, [](const Key& k) -> Names {
        return {name<TaskState>(k.a), name<TaskState>(k.b)};
    });
    rows(json, "late_events", tasks_.late, app_only);
    rows(json, "tasks", tasks_.current(), [&app](const Key& k) -> Names {
        return {app(k), name<TaskState>(k.a)};
    });
    const NamesOf instance_edge = [&app](const Key& k) -> Names {
        return {app(k), name<Condition>(k.a), name<Condition>(k.b)};
    };
    rows(json, "instance_transitions", instances_.transitions, instance_edge);
    rows(json, "instances", instances_.current(), [&app](const Key& k) -> Names {
        return {app(k), name<Condition>(k.a)};
    });
    rows(json, "deployments", deployments_.deployments, [](const Key& k) -> Names {
        return {name<Outcome>(k.a), name<Kind>(k.b)};
    });
    rows(json, "app_deployments", deployments_.apps, [&app](const Key& k) -> Names {
        return {app(k), name<Outcome>(k.a)};
    });
    rows(json, "corrections", deployments_.corrections, [](const Key& k) -> Names {
        return {name<Outcome>(k.a), name<Outcome>(k.b)};
    });
    json.raw(",\n\"deployments_running\":").number(deployments_.running());
    json.raw(",\n\"reruns\":").number(deployments_.reruns);
    json.raw(",\n\"contradicted\":").number(deployments_.contradicted);
    object(
        json,
        "durations",
        {{"n", deployments_.durations()},
         {"sum_ms", static_cast<std::uint64_t>(deployments_.durations_ms())}}
    );
    object(
        json,
        "steps",
        {{"success", deployments_.step_successes}, {"failed", deployments_.step_failures}}
    );
    const NamesOf action = [](const Key& k) -> Names {
        return {action_name(static_cast<Verb>(k.a), k.b == 1)};
    };
    rows(json, "step_durations", deployments_.steps, action, &deployments_.steps_ms);
    rows(json, "health_failures", health_.failures, [&app](const Key& k) -> Names {
        return {app(k), name<Protocol>(k.a)};
    });
    rows(json, "health_transitions", health_.transitions, [&app](const Key& k) -> Names {
        return {app(k), name<Health>(k.a)};
    });
    rows(json, "flaps", health_.flaps, app_only);
    rows(json, "kills", kills_, app_only);
    rows(json, "unhealthy_ms", health_.unhealthy_until(clock_), app_only);
    rows(json, "observed_ms", health_.observed_until(clock_), app_only);
    object(
        json,
        "api_calls",
        {{"api_post", of(EventType::api_post)},
         {"pod_created", of(EventType::pod_created)},
         {"pod_updated", of(EventType::pod_updated)},
         {"pod_deleted", of(EventType::pod_deleted)}}
    );
    object(
        json,
        "group_changes",
        {{"success", of(EventType::group_change_success)},
         {"failed", of(EventType::group_change_failed)}}
    );
    object(
        json,
        "scheduler_events",
        {{"registered", of(EventType::scheduler_registered)},
         {"reregistered", of(EventType::scheduler_reregistered)},
         {"disconnected", of(EventType::scheduler_disconnected)}}
    );
    rows(json, "unknown_terminations", unknown_terminations_, app_only);
    object(
        json,
        "framework",
        {{"messages", of(EventType::framework_message)}, {"bytes", framework_bytes_}}
    );
    json.raw("}\n");
    return out;
}

}  // namespace tally::simulate
