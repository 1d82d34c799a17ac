#pragma once

#include <cstring>
#include <functional>
#include <string_view>

#include "record/database.hpp"
#include "record/payloads.hpp"
#include "tally/base/hash.hpp"

namespace tally::record {

/// Calls see(hash) for each hash of a row of table identity.
template <class See>
void each_hash(std::string_view hashes, const See& see) {
    for (std::size_t at = 0; at + sizeof(Hash128) <= hashes.size(); at += sizeof(Hash128)) {
        Hash128 hash;
        std::memcpy(&hash, hashes.data() + at, sizeof hash);
        see(hash);
    }
}

/// Reads table identity. Where it holds no hashes they are made again of the payloads: a block of some thousand events is
/// unpacked for it.
class StoredIdentities {
  public:
    /// Of the main file of `db`, which outlives it, or of one that is attached as `schema` and has no payloads.
    explicit StoredIdentities(Database& db, std::string_view schema = "main");

    /// Calls see(connection, hash) for each stored body of the bucket, in the order in which they were stored. Throws
    /// SqliteError.
    using See = std::function<void(std::uint64_t, const Hash128&)>;
    void each(model::SourceId source, std::int64_t bucket, const See& see);

  private:
    void each_payload(model::SourceId source, std::int64_t bucket, const See& see);

    Statement rows_, events_;
    Payloads payloads_;
};

}  // namespace tally::record
