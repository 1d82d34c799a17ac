#pragma once

#include <string>
#include <vector>

#include "record/database.hpp"

namespace tally::record {

/// Removes inputs and what they led to, oldest first, up to a checkpoint. What they were counted for goes into pruned_counter with
/// them, so that at any moment a counter is that and the rows.
///
/// What stays: rows of state (see row_sweeper.hpp), the hours of apps, sessions and gaps, refused group changes (the fold asks for them).
class Pruner {
  public:
    explicit Pruner(Database& db);

    /// Whether inputs up to `seq`, that of a whole checkpoint, are to be pruned from now on; older checkpoints go. All of
    /// this in transactions of the caller; throws SqliteError.
    void prune_to(model::Seq seq);
    /// The checkpoint that it prunes to; 0: nothing was ever pruned.
    [[nodiscard]] model::Seq target();
    /// Some 20 ms of it. False: there was nothing to do.
    bool go_on();

  private:
    [[nodiscard]] std::int64_t number(std::string_view key);
    void set_number(std::string_view key, std::int64_t value);
    void carry_over(const char* table, model::Seq first, model::Seq last);
    void prune_inputs(model::Seq first, model::Seq last, model::Seq target);
    void prune_identities();
    bool prune_rejected(std::int64_t first, std::int64_t target);

    Database& db_;
    Statement get_, set_, last_rejected_;
    struct Carry {
        std::string table;
        Statement insert;
    };
    std::vector<Carry> carries_;
    struct Removal {
        const char* table;
        Statement remove;
    };
    std::vector<Removal> removals_;
    Statement remove_rejected_, remember_times_, remove_blocks_, remove_minutes_;
};

}  // namespace tally::record
