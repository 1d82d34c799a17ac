#pragma once

#include <string>

#include "record/checkpoint_taker.hpp"
#include "record/pruner.hpp"
#include "record/row_sweeper.hpp"
#include "tally/record/history.hpp"

namespace tally::record {

/// Keeps a history as long and as large as it is to be: takes checkpoints, a quarter of that apart, and prunes up to the newest one
/// that is old enough; so an input goes a quarter later at the latest. Of what is too large at least half the limit stays: a
/// history that was large before it had a limit has a checkpoint only of now, and shrinks when that much has come.
class Retainer {
  public:
    Retainer(Database& db, const std::string& path);

    /// The next slice, inside a transaction of the caller. False: there is nothing to do now. Throws SqliteError.
    bool go_on(const History::Retention& limits);
    /// After a rollback.
    void forget() {
        begins_ = true;
        sweeper_.forget();
    }

  private:
    [[nodiscard]] std::int64_t used_bytes();
    [[nodiscard]] std::int64_t written_bytes();
    bool prune(const History::Retention& limits);
    bool choose_target(const History::Retention& limits);
    bool begin_checkpoint(const History::Retention& limits);
    bool give_pages_back();

    Database& db_;
    CheckpointTaker taker_;
    Pruner pruner_;
    RowSweeper sweeper_;
    Statement add_pruned_, pruned_;
    bool begins_ = true;  ///< one that is not whole is of another life
};

}  // namespace tally::record
