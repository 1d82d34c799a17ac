#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tally/base/arena.hpp"
#include "tally/base/result.hpp"
#include "tally/decode/event.hpp"

namespace tally::decode {

/// What Marathon's REST API says is so (protocol.md section f), typed. Views live as long as the Snapshot.
/// An empty view is an absent, null, empty or wrongly typed field, as in Event.
struct Snapshot {
    struct App {
        std::string_view id;
        std::string_view version;  ///< of a pod that of its spec
        bool pod = false;
    };

    struct Task {
        std::string_view id;
        std::string_view app;  ///< its appId, else the app it is embedded in, else derived from its id
        std::string_view host, version;  ///< 1.4-1.7: version, staged and started only of active tasks
        /// TASK_... as sent. Before 0.15 none was: TASK_RUNNING once it has started, TASK_STAGING once staged, else empty.
        std::string_view state;
        std::optional<TimeMs> staged, started;
        /// Of all its healthCheckResults: no when one is not alive, yes when each is; nothing: there are none, or one is
        /// not known yet (as Marathon writes it: not alive, 0 consecutiveFailures, no times). Null ones, and those
        /// whose `alive` is no boolean, are no results.
        std::optional<bool> alive;
    };

    /// A container of a pod's instance, which has no entry among the tasks.
    struct Container {
        std::string_view name;
        std::string_view task;    ///< containerId: the task's id; may be empty
        std::string_view status;  ///< TASK_...
        std::optional<TimeMs> since;
    };

    struct PodInstance {
        std::string_view id, pod, host;
        std::string_view status;  ///< PENDING STAGING STABLE DEGRADED TERMINAL
        std::optional<TimeMs> since;
        std::span<const Container> containers;
        /// By its own condition `healthy`, else by those of its running containers: no when one is unhealthy, yes when
        /// one is healthy and each that has a health check has been reported on (Marathon writes "false" with the
        /// reason health-unreported-by-mesos before); nothing: they do not tell.
        std::optional<bool> healthy;
    };

    struct Deployment {
        std::string_view id, version;
        std::int64_t current_step = 0;  ///< from 1; 0: not told
        std::int64_t total_steps = 0;
        std::span<const Step> steps;
        std::span<const std::string_view> affected;  ///< apps and pods
    };

    std::string_view framework_id;  ///< empty: /v2/info told none
    std::string_view version;       ///< of Marathon
    bool has_pods = false;          ///< /v2/pods/::status was read
    std::vector<App> apps;
    std::vector<Task> tasks;
    std::vector<PodInstance> pod_instances;
    std::vector<Deployment> deployments;
};

}  // namespace tally::decode
