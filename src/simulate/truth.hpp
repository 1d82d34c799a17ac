#pragma once

#include <string>

#include "simulate/rendering.hpp"

namespace tally::simulate {

/// What is the case now, said on the bus or not, for comparison with what a listener believes:
///
///     {HEAD,"apps":[{"id","pod","instances","version"}],
///      "tasks":[{"id","app","state","shown","health"}],       one per container of a pod
///      "instances":[{"id","app","condition","health"}],       from 1.4 on
///      "deployments":[{"id","version","step","steps"}]TAIL}
///
/// Apps in the cluster's order, tasks and instances by app and then by id, deployments by id within
/// their slots: the same state gives the same bytes. `state` and `condition` are what the bus said
/// last, "none" when it said nothing yet; `shown` is what GET /v2/tasks says; `health` is absent
/// without a check. What has ended is not there.
[[nodiscard]] Rendering truth_of(std::string head, std::string tail);

}  // namespace tally::simulate
