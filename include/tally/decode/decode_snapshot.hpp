#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"
#include "tally/decode/snapshot.hpp"

namespace tally::decode {

/// Puts a Snapshot together from the bodies of Marathon's REST API, of every version from 0.9 to 1.11. A body that is
/// not what it should be (not JSON anywhere in it, cut short, without its list) is an error, one readable line, and
/// then nothing of it is taken; so is one with more than 1,048,576 entries of a kind. Several bodies of a kind add up;
/// of /v2/info the last counts. Entries without an id are left out.
///
/// Bodies are taken by value and freed as soon as they are read; memory beside that: what the Snapshot holds. Reads
/// about 800 MB/s (snapshot_bench). Thread: one at a time.
class SnapshotDecoder {
  public:
    SnapshotDecoder();
    ~SnapshotDecoder();
    SnapshotDecoder(const SnapshotDecoder&) = delete;
    SnapshotDecoder& operator=(const SnapshotDecoder&) = delete;

    [[nodiscard]] Result<void> info(std::string body);        ///< /v2/info
    /// /v2/apps?embed=apps.tasks...; `tasks_embedded` tells whether each app had its list `tasks`
    /// (also when there is no app at all); false: ask /v2/tasks.
    struct Apps {
        bool tasks_embedded = false;
    };
    [[nodiscard]] Result<Apps> apps(std::string body);
    [[nodiscard]] Result<void> tasks(std::string body);        ///< /v2/tasks
    [[nodiscard]] Result<void> deployments(std::string body);  ///< /v2/deployments
    [[nodiscard]] Result<void> pods(std::string body);         ///< /v2/pods/::status

    /// What was read so far. Its views live as long as this decoder, or until the next take().
    [[nodiscard]] Snapshot take();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::decode
