#include "record/pruner.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "record/counted_rows.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {

namespace {

constexpr model::Seq inputs_at_once = 2000;

/// Tables whose rows are pruned by their key, and which of them are.
struct Prunable {
    const char* name;
    const char* key;
    const char* where;
};
constexpr std::array prunable{
    Prunable{"input", "seq", ""},
    Prunable{"payload", "seq", ""},
    Prunable{"mark", "seq", ""},
    Prunable{"unhealthy_kill", "seq", ""},
    Prunable{"deployment_correction", "seq", ""},
    Prunable{"api_call", "seq", ""},
    Prunable{"group_change", "seq", " AND result <> 'failed'"},
    Prunable{"scheduler_event", "seq", ""},
    Prunable{"subscriber", "seq", ""},
    Prunable{"unknown_termination", "seq", ""},
    Prunable{"framework_message", "seq", ""},
    Prunable{"rejected", "rejected_id", ""},
};

std::string which(const Prunable& table) {
    return fmt::format("{} WHERE {} BETWEEN ?1 AND ?2{}", table.name, table.key, table.where);
}

/// `rows` of counted_rows over the rows that are about to go. Empty: no table of it is pruned.
std::string over_pruned(const Behind& behind, std::string& name) {
    const std::string_view rows = behind.rows;
    const std::size_t at = rows.find('@');
    if (at == std::string_view::npos) {
        return {};
    }
    const std::size_t end = rows.find_first_of(" ", at);
    name = rows.substr(at + 1, end - at - 1);
    const auto* table = std::find_if(prunable.begin(), prunable.end(), [&](const Prunable& one) { return name == one.name; });
    // Named as the table is, unless it has another name there.
    const bool has_alias = rows.compare(end, 3, " i ") == 0 || rows.compare(end, 3, " x ") == 0 || rows.substr(end) == " x";
    return fmt::format("{}(SELECT * FROM {}){}{}", rows.substr(0, at), which(*table), has_alias ? "" : " AS " + name,
                       rows.substr(end));
}

}  // namespace

Pruner::Pruner(Database& db)
    : db_(db),
      get_(db.prepare("SELECT value FROM meta WHERE key = ?")),
      set_(db.prepare("INSERT OR REPLACE INTO meta VALUES (?,?)")),
      last_rejected_(db.prepare("SELECT last_rejected FROM checkpoint WHERE seq = ?")),
      remove_rejected_(db.prepare("DELETE FROM rejected WHERE rejected_id BETWEEN ? AND ?")),
      remember_times_(db.prepare(
          "UPDATE source SET pruned_ms = max(coalesce(pruned_ms, p.time_ms), p.time_ms) FROM (SELECT k.source_id, max(i.time_ms)"
          " AS time_ms FROM input i CROSS JOIN kind k ON k.kind_id = i.kind_id WHERE i.seq BETWEEN ? AND ? AND NOT k.received"
          " AND k.event_type IS NOT NULL GROUP BY k.source_id) p WHERE p.source_id = source.source_id"
      )),
      remove_blocks_(db.prepare("DELETE FROM payload_block WHERE first_seq <= ?1 AND last_seq <= ?1")),
      remove_minutes_(db.prepare("DELETE FROM minute WHERE last_seq <= ?")) {
    for (const Behind& behind : counted_rows) {
        std::string name;
        const std::string rows = over_pruned(behind, name);
        if (!rows.empty()) {
            carries_.push_back({name, db.prepare(fmt::format(
                "INSERT INTO pruned_counter SELECT source_id, '{}', app, a, b, n FROM"
                " (WITH r(source_id, app, a, b, n) AS ({}) SELECT * FROM r) WHERE n <> 0"
                " ON CONFLICT DO UPDATE SET value = value + excluded.value", behind.family, rows))});
        }
    }
    for (const Prunable& table : prunable) {
        if (table.name != std::string_view("rejected")) {
            removals_.push_back({table.name, db.prepare("DELETE FROM " + which(table))});
        }
    }
}

std::int64_t Pruner::number(std::string_view key) {
    get_.bind_all(key);
    const std::int64_t value = get_.step() ? get_.integer(0) : 0;
    get_.reset();
    return value;
}

void Pruner::set_number(std::string_view key, std::int64_t value) { set_.run(key, value); }

model::Seq Pruner::target() { return number("pruned_to"); }

void Pruner::prune_to(model::Seq seq) {
    set_number("pruned_to", seq);
    for (const char* table : {"checkpoint_part", "checkpoint_source", "checkpoint"}) {
        db_.execute(fmt::format("DELETE FROM {} WHERE seq < {}", table, seq).c_str());
    }
}

bool Pruner::go_on() {
    const model::Seq target = this->target();
    const model::Seq before = number("pruned");
    if (before < target) {
        prune_inputs(before + 1, std::min(target, before + inputs_at_once), target);
        return true;
    }
    last_rejected_.bind_all(target);
    const std::int64_t rejected = last_rejected_.step() ? last_rejected_.integer(0) : 0;
    last_rejected_.reset();
    return prune_rejected(number("pruned_rejected") + 1, rejected);
}

void Pruner::prune_inputs(model::Seq first, model::Seq last, model::Seq target) {
    for (Carry& carry : carries_) {
        if (carry.table != "rejected") {
            carry.insert.run(first, last);
        }
    }
    remember_times_.run(first, last);
    for (Removal& removal : removals_) {
        removal.remove.run(first, last);
    }
    remove_blocks_.run(last);
    prune_identities();
    set_number("pruned", last);
    if (last == target) {
        remove_minutes_.run(last);
    }
}

bool Pruner::prune_rejected(std::int64_t first, std::int64_t target) {
    if (first > target) {
        return false;
    }
    const std::int64_t last = std::min(target, first + inputs_at_once - 1);
    for (Carry& carry : carries_) {
        if (carry.table == "rejected") {
            carry.insert.run(first, last);
        }
    }
    remove_rejected_.run(first, last);
    set_number("pruned_rejected", last);
    return true;
}

/// Those of buckets that are too old as a whole. Bodies without a time of their own stay: nobody knows how old they are.
void Pruner::prune_identities() {
    Statement remove = db_.prepare(
        "DELETE FROM identity WHERE source_id = ?1 AND (bucket BETWEEN ?2 AND ?3 OR bucket BETWEEN ?4 AND ?5)"
    );
    Statement sources = db_.prepare("SELECT source_id, pruned_ms FROM source WHERE pruned_ms IS NOT NULL");
    while (sources.step()) {
        const IdentityBuckets old = identity_buckets_before(sources.integer(1));
        remove.run(sources.integer(0), old.first, old.last, old.first_part, old.last_part);
    }
}

}  // namespace tally::record
