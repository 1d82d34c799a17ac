#pragma once

#include <cstdint>

#include <boost/unordered/unordered_flat_set.hpp>

#include "record/database.hpp"

namespace tally::record {

/// Removes rows of tasks and instances that had ended and that the fold had forgotten at the oldest checkpoint, once no row names
/// them any more. That takes a look at all inputs and tasks, some thousand at a time, for each hundred thousand of them.
///
/// Who is heard of again meanwhile goes on in its row, which is then not removed, or gets a new one, as at first sight.
class RowSweeper {
  public:
    explicit RowSweeper(Database& db);

    /// Some 20 ms of it, inside a transaction of the caller. False: there is nothing more to remove for that checkpoint.
    /// Throws SqliteError.
    bool go_on(model::Seq checkpoint);
    /// After a rollback: begins again.
    void forget() { checkpoint_ = 0; }

  private:
    using Rows = boost::unordered_flat_set<std::int64_t>;
    enum class Step : std::uint8_t { choose, remove_tasks, remove_instances, done };

    void choose();
    [[nodiscard]] bool look_at_inputs();
    [[nodiscard]] bool look_at_tasks();
    void remove(Rows& rows, Statement& statement, Step next);
    void see(std::int64_t whom);

    Statement choose_tasks_, choose_instances_, last_, inputs_, task_rows_, remove_task_, remove_instance_;
    model::Seq checkpoint_ = 0;
    Step step_ = Step::choose;
    std::int64_t chosen_ = 0;  ///< rows of both tables up to this were chosen from
    Rows tasks_, instances_;   ///< nobody who was looked at names them
    model::Seq seen_seq_ = 0;
    std::int64_t seen_task_ = 0;
};

}  // namespace tally::record
