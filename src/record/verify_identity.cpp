#include "record/verify_identity.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "tally/base/hash.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {

namespace {

bool is_less(const Hash128& a, const Hash128& b) { return std::tie(a.high, a.low) < std::tie(b.high, b.low); }

void append_hashes(std::vector<Hash128>& to, std::string_view hashes) {
    for (std::size_t at = 0; at + sizeof(Hash128) <= hashes.size(); at += sizeof(Hash128)) {
        std::memcpy(&to.emplace_back(), hashes.data() + at, sizeof(Hash128));
    }
}

/// All hashes of one bucket and source in a schema, with those of its parts, sorted.
class Hashes {
  public:
    Hashes(Database& db, std::string_view schema)
        : rows_(db.prepare(fmt::format(
              "SELECT hashes FROM {0}.identity WHERE source_id = (SELECT source_id FROM {0}.source WHERE name = ?1)"
              " AND bucket IN (SELECT bucket FROM temp.identity_bucket WHERE parent = ?2 AND schema = '{0}')",
              schema
          ))) {}

    std::vector<Hash128> of(std::string_view source, std::int64_t parent) {
        std::vector<Hash128> hashes;
        rows_.bind_all(source, parent);
        while (rows_.step()) {
            append_hashes(hashes, rows_.blob(0));
        }
        rows_.reset();
        std::sort(hashes.begin(), hashes.end(), is_less);
        return hashes;
    }

  private:
    Statement rows_;
};

/// The buckets of both schemas, each with the one it is a part of.
void list_buckets(Database& db) {
    db.execute("CREATE TEMP TABLE identity_bucket(schema TEXT, parent INTEGER, bucket INTEGER,"
               " PRIMARY KEY(parent, schema, bucket)) WITHOUT ROWID");
    Statement insert = db.prepare("INSERT OR IGNORE INTO temp.identity_bucket VALUES (?, ?, ?)");
    for (const std::string_view schema : {"main", "again"}) {
        Statement buckets = db.prepare(fmt::format("SELECT DISTINCT bucket FROM {}.identity", schema));
        while (buckets.step()) {
            insert.run(schema, identity_bucket_of_part(buckets.integer(0)), buckets.integer(0));
        }
    }
}

}  // namespace

void compare_identities(Database& db, const std::function<void(const std::string&)>& tell) {
    list_buckets(db);
    Hashes main(db, "main");
    Hashes again(db, "again");
    Statement sources = db.prepare("SELECT name, (SELECT count(*) FROM main.rejected r WHERE r.source_id = s.source_id"
                                   " AND r.seq IS NULL) FROM main.source s");
    while (sources.step()) {
        const std::string source(sources.text(0));
        std::int64_t beyond = 0;
        Statement parents = db.prepare("SELECT DISTINCT parent FROM temp.identity_bucket");
        while (parents.step()) {
            const auto stored = main.of(source, parents.integer(0));
            const auto folded = again.of(source, parents.integer(0));
            if (!std::includes(stored.begin(), stored.end(), folded.begin(), folded.end(), is_less)) {
                tell(fmt::format("{}: events of bucket {} have no identity", source, parents.integer(0)));
            }
            beyond += static_cast<std::int64_t>(stored.size()) - static_cast<std::int64_t>(folded.size());
        }
        if (beyond != sources.integer(1)) {
            tell(fmt::format(
                "{}: {} more than its events, but {} rejected inputs", source, beyond, sources.integer(1)
            ));
        }
    }
}

}  // namespace tally::record
