#pragma once

#include <future>
#include <string>

namespace tally::record {

/// Copies what is committed from the WAL into the file (SQLite's checkpoint) beside the connection that writes on, so that it
/// need not wait for the disk. What fails is left to the next checkpoint. Thread: one at a time.
class WalCopier {
  public:
    explicit WalCopier(std::string path) : path_(std::move(path)) {}

    /// Begins, unless one is on its way.
    void start();
    /// Waits for the one on its way.
    void wait();

  private:
    std::string path_;
    std::future<void> copying_;  // its destructor waits
};

}  // namespace tally::record
