#include "record/cold_payloads.hpp"

#include <limits>

#include "record/payload_short.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {

// `block_behind_` bounds a slice: the range of a block must hold no event of another. Receive times are the order of seq but
// for leaps of the clock, so that the first young payload ends it.

ColdPayloads::ColdPayloads(Database& db)
    : oldest_(db.prepare("SELECT min(seq) FROM payload")),
      block_behind_(db.prepare("SELECT min(first_seq) FROM payload_block WHERE first_seq > ?")),
      ages_(db.prepare("SELECT p.seq, i.time_ms + coalesce(i.lag_ms, 0), p.body FROM payload p CROSS JOIN input i ON i.seq = p.seq"
                       " WHERE p.seq >= ? AND p.seq < ? ORDER BY p.seq")),
      select_(db.prepare("SELECT p.seq, k.source_id, i.time_ms, k.received, k.event_type, p.body, v.entity, v.app FROM payload p"
                         " CROSS JOIN input i ON i.seq = p.seq CROSS JOIN kind k ON k.kind_id = i.kind_id"
                         " CROSS JOIN v_events v ON v.seq = p.seq WHERE p.seq BETWEEN ? AND ? ORDER BY p.seq")),
      delete_(db.prepare("DELETE FROM payload WHERE seq BETWEEN ? AND ?")),
      insert_block_(db.prepare("INSERT INTO payload_block VALUES (?,?,?,?,1)")),
      identities_(db) {}

std::uint64_t ColdPayloads::pack(TimeMs received_before) {
    const Span span = find_span(received_before);
    if (span.last < span.first) {
        return 0;
    }
    read(span);
    const std::uint64_t events = facts_.events.size();
    packer_.pack_all(facts_);
    write(span);
    return events;
}

/// From the oldest payload to where there is enough for a block; last < first: not yet.
ColdPayloads::Span ColdPayloads::find_span(TimeMs received_before) {
    constexpr Span nothing{.first = 0, .last = -1};
    const bool is_any = oldest_.step() && !oldest_.is_null(0);
    Span span{.first = oldest_.integer(0), .last = oldest_.integer(0) - 1};
    oldest_.reset();
    if (!is_any) {
        return nothing;
    }
    block_behind_.bind_all(span.first);
    const bool is_bounded = block_behind_.step() && !block_behind_.is_null(0);
    const model::Seq end = is_bounded ? block_behind_.integer(0) : std::numeric_limits<model::Seq>::max();
    block_behind_.reset();
    ages_.bind_all(span.first, end);
    std::size_t bytes = 0;
    bool is_old = true;
    while (bytes < PayloadPacker::block_bytes && is_old && ages_.step()) {
        is_old = ages_.integer(1) < received_before;
        if (is_old) {
            span.last = ages_.integer(0);
            bytes += ages_.text(2).size();
        }
    }
    ages_.reset();
    const bool is_whole = bytes >= PayloadPacker::block_bytes || (is_bounded && is_old);
    return is_whole ? span : nothing;
}

void ColdPayloads::read(const Span& span) {
    facts_.text.clear();
    facts_.events.clear();
    facts_.payload_blocks.clear();
    told_.clear();
    select_.bind_all(span.first, span.last);
    while (select_.step()) {
        const std::string_view payload = facts_.text.keep(select_.text(5));
        model::EventFact event{.seq = select_.integer(0),
                               .source = static_cast<model::SourceId>(select_.integer(1)),
                               .time = select_.integer(2),
                               .own_clock = select_.integer(3) == 0,
                               .type = facts_.text.keep(select_.text(4)),
                               .payload = payload,
                               .entity_place = place_of_name(payload, select_.text(6)),
                               .app_place = place_of_name(payload, select_.text(7))};
        if (event.own_clock) {
            told_.push_back({.source = event.source,
                             .bucket = identity_bucket(event.time, {}),
                             .seq = event.seq,
                             .hash = hash128(payload)});
        }
        facts_.events.push_back(event);
    }
    select_.reset();
}

void ColdPayloads::write(const Span& span) {
    for (const model::PayloadBlock& block : facts_.payload_blocks) {
        insert_block_.run(block.first_seq, block.last_seq, block.events, Blob{block.packed});
    }
    delete_.run(span.first, span.last);
    identities_.write(told_);
}

}  // namespace tally::record
