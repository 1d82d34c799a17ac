#pragma once

#include <string>

#include "simulate/rendering.hpp"
#include "simulate/request.hpp"

namespace tally::simulate {

// The REST bodies. Compact JSON.
[[nodiscard]] Rendering apps_snapshot(const Request& request);
[[nodiscard]] Rendering tasks_snapshot(const Request& request);
[[nodiscard]] Rendering deployments_snapshot();
[[nodiscard]] Rendering pods_snapshot();

/// The TAB table that a client gets which does not ask for JSON.
[[nodiscard]] std::string tasks_table(const Scene& scene);
/// `leader`: "host:port"; `framework_id`: empty for the cluster's own.
[[nodiscard]] std::string info_snapshot(
    const Scene& scene, std::string_view leader, std::string_view framework_id
);

}  // namespace tally::simulate
