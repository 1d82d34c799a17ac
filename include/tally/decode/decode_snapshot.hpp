#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"
#include "tally/decode/snapshot.hpp"

namespace tally::decode {

/// Puts a Snapshot together from the bodies of Marathon's REST API, of every version from 0.9 to 1.11. A body that is
/// not what it should be (not JSON, cut short, without its list) is an error, and then nothing of it is taken.
///
/// Bodies are taken by value, have 64 readable bytes of capacity behind them or are given them, and are freed as soon
/// as they are read; memory beside that: what the Snapshot holds, and the parser's index (4 bytes for each structural
/// character). Thread: one at a time.
class SnapshotDecoder {
  public:
    SnapshotDecoder();
    ~SnapshotDecoder();
    SnapshotDecoder(const SnapshotDecoder&) = delete;
    SnapshotDecoder& operator=(const SnapshotDecoder&) = delete;

    [[nodiscard]] Result<void> info(std::string body);        ///< /v2/info
    /// /v2/apps?embed=apps.tasks...; `tasks_embedded` tells whether each app had its list `tasks`.
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
