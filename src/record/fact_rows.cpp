#include "record/fact_rows.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "record/packed_bytes.hpp"
#include "tally/model/mark.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {

using namespace model;

FactRows::FactRows(Database& db, Texts& texts)
    : inputs_(db, texts),
      payloads_(db, "payload", "(?,?)"),
      insert_block_(db.prepare("INSERT INTO payload_block VALUES (?,?,?,?,1)")),
      insert_identity_(
          db.prepare("INSERT INTO identity(source_id, bucket, connection, hashes, first_seq, last_seq) VALUES (?,?,?,?,?,?)")
      ),
      insert_rejected_(
          db.prepare("INSERT INTO rejected(source_id, time_ms, seq, reason, what, sample) VALUES (?,?,?,?,?,?)")
      ),
      insert_kill_(db.prepare("INSERT INTO unhealthy_kill VALUES (?,?,?,?,?,?,?)")),
      upsert_check_(db.prepare(
          "INSERT INTO health_check VALUES (?,?,?,?,?,NULL) ON CONFLICT DO UPDATE SET"
          " interval_s = coalesce(excluded.interval_s, interval_s), until_ms = NULL"
      )),
      end_checks_(db.prepare("UPDATE health_check SET until_ms = ? WHERE app_id = ? AND until_ms IS NULL")),
      insert_mark_(db.prepare("INSERT INTO mark VALUES (?,?,?,?,?,?,?)")),
      delete_mark_(db.prepare("DELETE FROM mark WHERE seq = ?")),
      insert_correction_(db.prepare("INSERT INTO deployment_correction VALUES (?,?,?,?,?)")),
      insert_api_call_(db.prepare("INSERT INTO api_call VALUES (?,?,?,?,?,?,?)")),
      insert_group_change_(db.prepare("INSERT INTO group_change VALUES (?,?,?,?,?,?,?)")),
      insert_scheduler_event_(db.prepare("INSERT INTO scheduler_event VALUES (?,?,?,?,?)")),
      insert_subscriber_(db.prepare("INSERT INTO subscriber VALUES (?,?,?,?,?)")),
      insert_unknown_termination_(db.prepare("INSERT INTO unknown_termination VALUES (?,?,?,?,?,?)")),
      insert_framework_message_(db.prepare("INSERT INTO framework_message VALUES (?,?,?,?,?,?)")) {}

void FactRows::write(const Batch& batch, const Slots& slots) {
    inputs_.write(batch, slots);
    write_payloads(batch);
    write_identities(batch);
    for (const RejectedFact& fact : batch.rejected) {
        insert_rejected_.run(fact.source, fact.received, Id{fact.seq}, fact.reason, fact.what, Text{fact.sample});
    }
    for (const UnhealthyKill& fact : batch.unhealthy_kills) {
        insert_kill_.run(
            fact.seq, fact.time, fact.app, Text{fact.task}, Text{fact.instance}, Text{fact.host}, Text{fact.reason}
        );
    }
    write_checks(batch);
    write_marks(batch);
    for (const PlainFact& fact : batch.plain) {
        write_plain(fact);
    }
    for (const DeploymentCorrection& fact : batch.deployment_corrections) {
        insert_correction_.run(fact.seq, fact.time, slots.deployments[fact.deployment], fact.from, fact.to);
    }
}

void FactRows::write_payloads(const Batch& batch) {
    kept_.clear();
    for (const EventFact& event : batch.events) {
        if (!event.payload.empty()) {
            kept_.push_back(&event);
        }
    }
    payloads_.run(kept_, [](const EventFact* event, auto row) { row(event->seq, event->payload); });
    for (const PayloadBlock& block : batch.payload_blocks) {
        insert_block_.run(block.first_seq, block.last_seq, block.events, Blob{block.packed});
    }
}

/// One row per bucket and connection: events near in time lie together. What lies in a block tells its hash itself.
void FactRows::write_identities(const Batch& batch) {
    std::vector<const IdentityFact*> facts;
    facts.reserve(batch.identities.size());
    bool told_by_payloads = !batch.payload_blocks.empty();
    for (const IdentityFact& fact : batch.identities) {
        facts.push_back(&fact);
        // The bodies of a bucket that is full are told apart by where their hashes are.
        told_by_payloads = told_by_payloads && identity_bucket_of_part(fact.bucket) == fact.bucket;
    }
    const auto group = [&](const IdentityFact* fact) {
        return std::tuple(fact->bucket, fact->connection, told_by_payloads && fact->seq != 0);
    };
    std::stable_sort(facts.begin(), facts.end(), [&group](const auto* a, const auto* b) {
        return group(a) < group(b);
    });
    std::string hashes;
    for (std::size_t i = 0, begin = 0; i < facts.size(); ++i) {
        const IdentityFact& fact = *facts[i];
        const bool is_told = std::get<2>(group(&fact));
        if (!is_told) {
            hashes.append(reinterpret_cast<const char*>(&fact.hash), sizeof(Hash128));
        }
        if (i + 1 < facts.size() && group(facts[i + 1]) == group(&fact)) {
            continue;
        }
        if (is_told) {
            insert_identity_.run(
                batch.source, fact.bucket, fact.connection, Text{{}}, facts[begin]->seq, fact.seq
            );
        } else {
            insert_identity_.run(batch.source, fact.bucket, fact.connection, Blob{hashes}, Id{0}, Id{0});
        }
        hashes.clear();
        begin = i + 1;
    }
}

void FactRows::write_checks(const Batch& batch) {
    for (const HealthCheckFact& fact : batch.health_checks) {
        if (fact.key.empty()) {
            end_checks_.run(fact.time, fact.app);
            continue;
        }
        upsert_check_.bind_all(fact.app, fact.key, fact.protocol, fact.interval_s, fact.time);
        if (fact.interval_s <= 0) {
            upsert_check_.bind(4, Id{0});
        }
        (void)upsert_check_.step();
        upsert_check_.reset();
    }
}

/// What a snapshot of a large cluster showed is packed. Of `alive` marks in a row the last one says all: a quiet year has
/// one row, not six million. (After a rollback one more may stay, which does no harm.)
void FactRows::write_marks(const Batch& batch) {
    constexpr std::size_t packed_min = 4096;
    std::string packed;
    for (const MarkFact& fact : batch.marks) {
        const auto before = alive_.find(fact.source);
        const bool is_alive = fact.kind == to_string(Mark::Kind::alive);
        if (is_alive && before != alive_.end()) {
            delete_mark_.run(before->second);
        }
        if (is_alive) {
            alive_[fact.source] = fact.seq;
        } else if (before != alive_.end()) {
            alive_.erase(before);
        }
        const bool packs = fact.body.size() >= packed_min;
        if (packs) {
            packed = pack_bytes(fact.body);
        }
        insert_mark_.run(
            fact.seq, fact.last_seq, fact.source, fact.time, fact.kind, packs, Blob{packs ? packed : fact.body}
        );
    }
}

void FactRows::write_plain(const PlainFact& f) {
    switch (f.kind) {
        case PlainFact::Kind::api_call:
            insert_api_call_.run(f.seq, f.source, f.time, Id{f.app}, f.a, Text{f.b}, Text{f.c});
            break;
        case PlainFact::Kind::group_change:
            insert_group_change_.run(f.seq, f.source, f.time, f.a, Text{f.b}, Text{f.c}, Text{f.d});
            break;
        case PlainFact::Kind::scheduler_event:
            insert_scheduler_event_.run(f.seq, f.source, f.time, f.a, Text{f.b});
            break;
        case PlainFact::Kind::subscriber:
            insert_subscriber_.run(f.seq, f.source, f.time, f.a, Text{f.b});
            break;
        case PlainFact::Kind::unknown_termination:
            insert_unknown_termination_.run(f.seq, f.source, f.time, Id{f.app}, Text{f.b}, Text{f.a});
            break;
        case PlainFact::Kind::framework_message:
            insert_framework_message_.run(f.seq, f.source, f.time, Text{f.a}, Text{f.b}, f.number);
            break;
    }
}

}  // namespace tally::record
