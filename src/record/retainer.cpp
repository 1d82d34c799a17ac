#include "record/retainer.hpp"

#include <utility>

namespace tally::record {

Retainer::Retainer(Database& db, const std::string& path)
    : db_(db),
      taker_(db, path),
      pruner_(db),
      sweeper_(db),
      add_pruned_(db.prepare("INSERT INTO meta VALUES ('pruned_bytes', ?) ON CONFLICT DO UPDATE SET value = value + excluded.value")),
      pruned_(db.prepare("SELECT value FROM meta WHERE key = 'pruned_bytes'")) {}

bool Retainer::go_on(const History::Retention& limits) {
    if (std::exchange(begins_, false) && taker_.give_up()) {
        return true;
    }
    if (taker_.is_taking()) {
        taker_.go_on();
        return true;
    }
    return prune(limits) || begin_checkpoint(limits) || give_pages_back();
}

/// Of the file, without what is free.
std::int64_t Retainer::used_bytes() {
    return (db_.pragma("page_count") - db_.pragma("freelist_count")) * db_.pragma("page_size");
}

/// The same as if nothing had been pruned: it never falls.
std::int64_t Retainer::written_bytes() {
    const std::int64_t pruned = pruned_.step() ? pruned_.integer(0) : 0;
    pruned_.reset();
    return used_bytes() + pruned;
}

bool Retainer::prune(const History::Retention& limits) {
    const std::int64_t before = used_bytes();
    if (!pruner_.go_on() && !choose_target(limits) && !sweeper_.go_on(pruner_.target())) {
        return false;
    }
    add_pruned_.run(before - used_bytes());
    return true;
}

/// The newest checkpoint that is old enough; if there is too much, the next one behind which there is enough.
bool Retainer::choose_target(const History::Retention& limits) {
    const auto limit = static_cast<std::int64_t>(limits.bytes);
    const std::int64_t oldest_ms = limits.time.count() == 0 ? model::no_time : limits.now - limits.time.count();
    const std::int64_t enough = limit != 0 && used_bytes() > limit ? written_bytes() - limit / 2 : -1;
    Statement next = db_.prepare("SELECT coalesce((SELECT max(seq) FROM checkpoint WHERE seq > ?1 AND whole AND taken_ms <= ?2),"
                                 " (SELECT min(seq) FROM checkpoint WHERE seq > ?1 AND whole AND written_bytes <= ?3))");
    next.bind_all(pruner_.target(), oldest_ms, enough);
    const model::Seq seq = next.step() ? next.integer(0) : 0;
    next.reset();
    if (seq != 0) {
        pruner_.prune_to(seq);
    }
    return seq != 0;
}

bool Retainer::begin_checkpoint(const History::Retention& limits) {
    constexpr std::int64_t apart = 4;  // of the time, of the bytes: a quarter
    const std::int64_t written = written_bytes();
    Statement last = db_.prepare("SELECT taken_ms, written_bytes FROM checkpoint ORDER BY seq DESC LIMIT 1");
    const bool is_first = !last.step();
    const bool is_long_ago = limits.time.count() != 0 && limits.now - last.integer(0) >= limits.time.count() / apart;
    const bool is_much_more =
        limits.bytes != 0 && written - last.integer(1) >= static_cast<std::int64_t>(limits.bytes) / apart;
    last.reset();
    return (is_first || is_long_ago || is_much_more) && taker_.begin(limits.now, written);
}

/// The file shrinks when more than an eighth of it is free; less is used again.
bool Retainer::give_pages_back() {
    constexpr std::int64_t worth = 8;
    const std::int64_t free = db_.pragma("freelist_count");
    if (free <= db_.pragma("page_count") / worth) {
        return false;
    }
    db_.execute("PRAGMA incremental_vacuum(500)");
    return true;
}

}  // namespace tally::record
