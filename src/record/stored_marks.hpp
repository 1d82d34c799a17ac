#pragma once

#include <optional>
#include <string>

#include "record/database.hpp"
#include "tally/model/mark.hpp"

namespace tally::record {

/// Reads the marks of a history in the order of the fold. Throws SqliteError. Holds a statement of `db`, which must
/// outlive it.
class StoredMarks {
  public:
    /// Those behind that seq.
    StoredMarks(const Database& db, model::Seq after);

    struct Stored {
        model::Seq seq = 0, last_seq = 0;
        model::SourceId source = 0;
        std::optional<model::Mark> mark;  ///< nothing: its body is damaged
    };

    /// The first one that was not given yet, if its seq is below `before`.
    [[nodiscard]] std::optional<Stored> next(model::Seq before);

  private:
    [[nodiscard]] Stored read();

    Statement rows_;
    bool has_row_ = false;
    std::string raw_;
};

}  // namespace tally::record
