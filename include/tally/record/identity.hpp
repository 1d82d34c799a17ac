#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tally/base/hash.hpp"
#include "tally/base/result.hpp"
#include "tally/base/time.hpp"
#include "tally/model/facts.hpp"

namespace tally::record {

/// Who has been here before (semantics.md section 1, "Identity and duplicates").
///
/// Two inputs of a source with the same body are the same when they come by different connections, and
/// distinct within one: per body it is known how many are stored, and how many its last connection has
/// shown. Bodies near in time lie in one bucket; buckets are read from the history when they are first
/// touched, and forgotten again, least recently used first, once what they hold is committed.
///
/// Memory: about 1 M bodies of some 40 bytes, and what is not committed yet. A bucket (65 s of event time) holds
/// 65,536 bodies at most, what is beyond goes into parts by hash.
/// Thread: one (ingest), with a read connection of its own.
class Identity {
  public:
    /// Reads from the history file at `path`. CannotStart if that is not possible.
    explicit Identity(const std::string& path);
    ~Identity();
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;

    /// Reads nothing before the first commit: there is nothing, and it cannot be read (History::begin_bulk).
    void wait_for_commit();

    struct Input {
        model::SourceId source = 0;
        std::uint64_t connection = 0;    ///< unique for each stream, callback POST or file
        std::optional<TimeMs> own_time;  ///< the body's own timestamp
        Hash128 hash;                    ///< of the body
    };

    /// Whether the input is new; then a fact is added to `out`. Counts it as seen either way. One that is not known is no
    /// news either if it is not newer than what was pruned (source.pruned_ms).
    [[nodiscard]] bool is_new(const Input& input, model::Batch& out);
    /// How many of those there were.
    [[nodiscard]] std::int64_t too_old() const;

    /// Reads from the file that is at `path` now: see History::restorations(). An error: it goes on with the one it had.
    [[nodiscard]] Result<void> reopen();

    /// The batches made so far have got the number `made`, those up to `committed` are in the file.
    void commits(std::uint64_t made, std::uint64_t committed);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The bucket of a body, and the bucket that a part belongs to (itself, if it is none).
[[nodiscard]] std::int64_t identity_bucket(std::optional<TimeMs> own_time, const Hash128& hash);
[[nodiscard]] std::int64_t identity_bucket_of_part(std::int64_t bucket);

/// The buckets of bodies whose own times are all up to `time`, and parts of such buckets.
struct IdentityBuckets {
    std::int64_t first = 0, last = 0;
    std::int64_t first_part = 0, last_part = 0;
};
[[nodiscard]] IdentityBuckets identity_buckets_before(TimeMs time);

}  // namespace tally::record
