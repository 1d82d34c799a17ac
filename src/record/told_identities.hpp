#pragma once

#include <vector>

#include "record/database.hpp"
#include "tally/base/hash.hpp"

namespace tally::record {

/// Takes the hashes of packed events out of table identity: their payloads tell them again (stored_identities.hpp), at 16
/// bytes an event less.
///
/// What the table says stays as it was: which bodies are stored, how often, by which connection each, in which order. Only
/// where a bucket has a good part of its bodies in the slice is it worth the later unpacking; the others stay.
class ToldIdentities {
  public:
    explicit ToldIdentities(Database& db);

    /// An event with a clock of its own whose payload is in a block now.
    struct Told {
        model::SourceId source = 0;
        std::int64_t bucket = 0;
        model::Seq seq = 0;
        Hash128 hash;
    };

    /// `told` are all such events between the first and the last of them, by seq; inside a transaction of the caller. Throws
    /// SqliteError.
    void write(std::vector<Told>& told);

  private:
    using Slice = std::vector<Told>;
    struct Stored {
        std::uint64_t connection = 0;
        Hash128 hash;
        std::size_t next_equal = 0;
        bool told = false;
    };
    struct Run {
        std::uint64_t connection = 0;
        model::Seq first = 0, last = 0;
    };

    void write_bucket(Slice::const_iterator begin, Slice::const_iterator end);
    void read_stored(model::SourceId source, std::int64_t bucket);
    [[nodiscard]] std::size_t find_runs(Slice::const_iterator begin, Slice::const_iterator end);
    void write_rest(model::SourceId source, std::int64_t bucket);

    Statement select_, delete_, insert_;
    std::vector<Stored> stored_;  // these are kept for their memory
    std::vector<Run> runs_;
};

}  // namespace tally::record
