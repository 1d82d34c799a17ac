#pragma once

#include "decode/json_reader.hpp"
#include "decode/snapshot_part.hpp"

/// The lists of Marathon's REST API. Each function reads one value, which should be such a list,
/// into `part`; false: it is none. Entries that are no objects or have no id are stepped over. What
/// was read counts only if the reader's finish() says that all of the body is JSON.
namespace tally::decode {

struct AppList {
    bool found = false;
    bool tasks_embedded = true;  ///< each entry had its list `tasks`
};

/// Apps, and the tasks embedded in them.
[[nodiscard]] AppList read_app_list(JsonReader& json, SnapshotPart& part);
[[nodiscard]] bool read_task_list(JsonReader& json, SnapshotPart& part);
[[nodiscard]] bool read_deployment_list(JsonReader& json, SnapshotPart& part);
/// Pods, as apps too, and their instances.
[[nodiscard]] bool read_pod_list(JsonReader& json, SnapshotPart& part);

}  // namespace tally::decode
