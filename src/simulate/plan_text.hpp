#pragma once

#include "simulate/cluster.hpp"
#include "simulate/json_text.hpp"
#include "simulate/plan.hpp"

namespace tally::simulate {

/// `RestartPod` and the like.
[[nodiscard]] std::string_view action_name(Verb verb, bool pod);

/// `{"actions":[{"action":"ScaleApplication","app":"/a"}]}`
void append_step(Json& json, const Step& step, const Cluster& cluster);

/// `{"id":...,"steps":[...],"version":...}`
void append_light_plan(Json& json, const Plan& plan, const Cluster& cluster);

/// The same with `original` and `target`: root groups. A real plan holds every app of the cluster,
/// twice; this one those of the plan and at most 10 neighbours, which keeps an event under 64 KiB.
void append_heavy_plan(Json& json, const Plan& plan, const Cluster& cluster);

}  // namespace tally::simulate
