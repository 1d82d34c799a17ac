#include "record/stored_identities.hpp"

#include <fmt/format.h>

#include "tally/record/identity.hpp"

namespace tally::record {

StoredIdentities::StoredIdentities(Database& db, std::string_view schema)
    : rows_(db.prepare(fmt::format(
          "SELECT connection, hashes, first_seq, last_seq FROM {}.identity WHERE source_id = ? AND bucket = ?"
          " ORDER BY identity_id", schema
      ))),
      events_(db.prepare(fmt::format(
          "SELECT i.seq, i.time_ms, v.entity, v.app FROM {0}.input i JOIN {0}.v_events v ON v.seq = i.seq"
          " JOIN {0}.kind k ON k.kind_id = i.kind_id"
          " WHERE i.seq BETWEEN ? AND ? AND k.source_id = ? AND NOT k.received ORDER BY i.seq", schema
      ))),
      payloads_(db.handle()) {}

void StoredIdentities::each(model::SourceId source, std::int64_t bucket, const See& see) {
    rows_.bind_all(source, bucket);
    while (rows_.step()) {
        if (rows_.is_null(1)) {
            each_payload(source, bucket, see);
            continue;
        }
        const auto connection = static_cast<std::uint64_t>(rows_.integer(0));
        each_hash(rows_.blob(1), [&](const Hash128& hash) { see(connection, hash); });
    }
    rows_.reset();
}

void StoredIdentities::each_payload(model::SourceId source, std::int64_t bucket, const See& see) {
    events_.bind_all(rows_.integer(2), rows_.integer(3), source);
    while (events_.step()) {
        const TimeMs time = events_.integer(1);
        if (identity_bucket(time, {}) != bucket) {
            continue;
        }
        const auto body = payloads_.find(events_.integer(0), {events_.text(2), events_.text(3), time});
        if (body) {
            see(static_cast<std::uint64_t>(rows_.integer(0)), hash128(*body));
        }
    }
    events_.reset();
}

}  // namespace tally::record
