#include "record/verify_identity.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "record/stored_identities.hpp"
#include "tally/base/hash.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {

namespace {

bool is_less(const Hash128& a, const Hash128& b) { return std::tie(a.high, a.low) < std::tie(b.high, b.low); }

/// All hashes of one bucket and source in a schema, with those of its parts, sorted.
class Hashes {
  public:
    Hashes(Database& db, std::string_view schema)
        : source_(db.prepare(fmt::format("SELECT source_id FROM {}.source WHERE name = ?", schema))),
          buckets_(db.prepare(fmt::format(
              "SELECT bucket FROM temp.identity_bucket WHERE parent = ? AND schema = '{}'", schema
          ))),
          stored_(db, schema) {}

    std::vector<Hash128> of(std::string_view source, std::int64_t parent) {
        std::vector<Hash128> hashes;
        source_.bind_all(source);
        const auto id = static_cast<model::SourceId>(source_.step() ? source_.integer(0) : 0);
        source_.reset();
        buckets_.bind_all(parent);
        while (buckets_.step()) {
            stored_.each(id, buckets_.integer(0), [&hashes](std::uint64_t, const Hash128& hash) { hashes.push_back(hash); });
        }
        buckets_.reset();
        std::sort(hashes.begin(), hashes.end(), is_less);
        return hashes;
    }

  private:
    Statement source_, buckets_;
    StoredIdentities stored_;
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

void compare_identities(Database& db, bool pruned, const std::function<void(const std::string&)>& tell) {
    list_buckets(db);
    Hashes main(db, "main");
    Hashes again(db, "again");
    Statement sources = db.prepare("SELECT name, (SELECT count(*) FROM main.rejected r WHERE r.source_id = s.source_id"
                                   " AND r.seq IS NULL), pruned_ms FROM main.source s");
    while (sources.step()) {
        const std::string source(sources.text(0));
        std::int64_t beyond = 0;
        Statement parents = db.prepare("SELECT DISTINCT parent FROM temp.identity_bucket");
        while (parents.step()) {
            if (!sources.is_null(2) && parents.integer(0) <= identity_bucket(sources.integer(2), {})) {
                continue;
            }
            const auto stored = main.of(source, parents.integer(0));
            const auto folded = again.of(source, parents.integer(0));
            if (!std::includes(stored.begin(), stored.end(), folded.begin(), folded.end(), is_less)) {
                tell(fmt::format("{}: events of bucket {} have no identity", source, parents.integer(0)));
            }
            beyond += static_cast<std::int64_t>(stored.size()) - static_cast<std::int64_t>(folded.size());
        }
        if (!pruned && beyond != sources.integer(1)) {
            tell(fmt::format(
                "{}: {} more than its events, but {} rejected inputs", source, beyond, sources.integer(1)
            ));
        }
    }
}

}  // namespace tally::record
