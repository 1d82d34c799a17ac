#pragma once

#include <string>

namespace tally::record {

/// Says that this process writes the database, as long as it lives. A file of its own, DATABASE.lock: closing any
/// descriptor of the database would drop the locks SQLite holds on it.
class LockFile {
  public:
    /// CannotStart: somebody has it, or it cannot be made.
    explicit LockFile(const std::string& database);
    ~LockFile();
    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;

    /// Takes it again if its file was removed. CannotStart as above; then we still hold the removed one.
    void retake();

  private:
    std::string database_;
    int fd_;
};

}  // namespace tally::record
