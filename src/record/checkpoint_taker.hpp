#pragma once

#include <memory>
#include <optional>
#include <string>

#include "record/database.hpp"

namespace tally::record {

/// Writes down the state of the fold as it is after an input (tables checkpoint, checkpoint_part), some thousand rows at a time: a
/// connection of its own holds on to that moment meanwhile. From there verify folds on when what was before is pruned.
class CheckpointTaker {
  public:
    /// Of the file at `path`, by its writing connection.
    CheckpointTaker(Database& db, std::string path);

    [[nodiscard]] bool is_taking() const { return reader_ != nullptr; }
    /// As of the last commit, taken at that time. False: nothing came since the checkpoint before. All of this in
    /// transactions of the caller; throws SqliteError.
    bool begin(TimeMs now, std::int64_t written_bytes);
    /// Some 20 ms more of it.
    void go_on();
    /// Lets go of one that is not whole, and removes what was written of it: also after a rollback or a crash. False: there
    /// was nothing.
    bool give_up();

  private:
    void write_part(std::string_view rows);

    Database& db_;
    std::string path_;
    Statement insert_, insert_part_, finish_;
    std::unique_ptr<Database> reader_;
    model::Seq seq_ = 0;
    std::size_t table_ = 0;
    std::int64_t at_ = 0;  ///< a row id, or a number of rows
    std::int64_t parts_ = 0;
};

}  // namespace tally::record
