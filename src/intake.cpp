#include "intake.hpp"

#include <algorithm>

#include "tally/base/assert.hpp"
#include "tally/record/mark_code.hpp"

namespace tally {

namespace {

using model::Mark;

constexpr record::Journal::Position first_position = 1;  // 0 is none
constexpr std::size_t unwritten_max = 1024;
constexpr std::uint64_t room_for_one = std::uint64_t{1} << 20;
constexpr std::size_t records_at_once = 256;  // read again before new input has its turn

bool ends_hold(const JournalRecord& record) {
    if (record.kind == JournalRecord::Kind::release) {
        return true;
    }
    if (record.kind != JournalRecord::Kind::mark) {
        return false;
    }
    const auto mark = record::decode_mark(record.bytes);
    return mark && mark->kind == Mark::Kind::reconciled && mark->cause == "ok";
}

}  // namespace

Intake::Intake(record::History& history, HistoryWriter& writer, Ingest& ingest, record::Journal& journal,
               Options options)
    : history_(history),
      writer_(writer),
      ingest_(ingest),
      journal_(journal),
      options_(std::move(options)),
      folded_(std::max(first_position, history.journal_begin())),
      committed_(folded_) {}

void Intake::add_source(const std::string& name) {
    (void)source(ingest_.add_source(name));
    shown_.insert(name);
}

void Intake::hide_source(const std::string& name) { shown_.erase(name); }

Intake::Source& Intake::source(model::SourceId id) {
    const auto [found, born] = sources_.try_emplace(id);
    Source& source = found->second;
    if (born) {
        const record::History::JournalPlace place = history_.journal_place(id);
        source.id = id;
        source.name = ingest_.world(id).name();
        source.begins = place.position;
        source.holds = place.holds;
        by_name_[source.name] = id;
    }
    return source;
}

Intake::Source& Intake::source(const std::string& name) { return sources_.at(by_name_.at(name)); }

// ---- from the journal into the fold

Result<void> Intake::recover() {
    // Also of sources that are not followed any more: what was received once counts.
    std::map<model::SourceId, std::string> names;
    for (const record::History::Source& known : history_.sources()) {
        names[known.id] = known.name;
    }
    const bool is_new = history_.journal_begin() == 0;
    bool goes_on = true;
    while (goes_on) {
        std::size_t records = 0;
        const auto reached = journal_.read(folded_, [&](std::string_view record, Position behind) {
            const auto parsed = JournalRecord::parse(record, bodies_);
            if (parsed && names.contains(parsed->source)) {
                if (!sources_.contains(parsed->source)) {
                    (void)source(ingest_.add_source(names[parsed->source]));
                }
                fold(record, folded_);
            }
            folded_ = behind;
            return ++records < records_at_once;
        });
        if (!reached) {
            return reached.error();
        }
        folded_ = std::max(folded_, *reached);
        goes_on = records == records_at_once;
        if (ingest_.is_full()) {
            place_all();
            if (!ingest_.commit()) {
                return Error{"the history cannot be written"};
            }
        }
    }
    // The session ended with the process: no snapshot of it will come.
    for (auto& [id, source] : sources_) {
        if (source.holds) {
            source.waits = true;
            end_wait(source);
        }
    }
    // From the first input on, a crash finds where to begin.
    place_all();
    (void)ingest_.commit(options_.committed);
    return is_new ? writer_.drain() : Result<void>();
}

void Intake::fold(std::string_view record, Position begin) {
    if (const auto parsed = JournalRecord::parse(record, bodies_)) {
        Source& from = source(parsed->source);
        if (begin >= from.begins) {
            fold(from, *parsed, record, begin);
        }
    }
}

void Intake::fold(Source& source, const JournalRecord& record, std::string_view whole, Position begin) {
    if (!source.holds) {
        apply(source, record);
        return;
    }
    if (!ends_hold(record)) {
        source.held.push_back({.begin = begin, .record = std::string(whole)});
        source.held.back().record.append(decode::body_padding, '\0');
        return;
    }
    source.holds = false;
    apply(source, record);
    let_go(source);
}

/// What was held comes now, in its order.
void Intake::let_go(Source& source) {
    while (!source.held.empty() && !source.holds) {
        const Held held = std::move(source.held.front());
        source.held.pop_front();
        std::vector<Slab::Body> bodies;
        const std::string_view whole(held.record.data(), held.record.size() - decode::body_padding);
        if (const auto record = JournalRecord::parse(whole, bodies)) {
            apply(source, *record);
        }
    }
}

void Intake::apply(Source& source, const JournalRecord& record) {
    if (record.kind == JournalRecord::Kind::slab) {
        for (const Slab::Body& body : record.bodies) {
            last_reason_ = ingest_.take({.source = source.id,
                                         .connection = record.connection,
                                         .way = record.way,
                                         .wall = record.wall,
                                         .body = record.bytes.substr(body.at, body.size),
                                         .body_bytes = body.bytes,
                                         .too_large = body.too_large != 0});
        }
    } else if (record.kind == JournalRecord::Kind::mark) {
        if (const auto mark = record::decode_mark(record.bytes)) {
            ingest_.mark(source.id, *mark, record.bytes);
            source.holds = mark->kind == Mark::Kind::attached;
        }
    }
}

// ---- into the journal

/// Into the journal and, unless the fold is behind, into the fold. False: no room; nothing happened.
bool Intake::append(Source& source, const JournalRecord& record) {
    JournalRecord::Head head{};
    const auto pieces = record.pieces(head);
    const Position begin = journal_.end();
    const auto behind = journal_.append(pieces);
    if (!behind) {
        ++journal_errors_;
        return false;
    }
    if (!spilled_) {
        if (source.holds) {
            scratch_.clear();
            for (const std::string_view piece : pieces) {
                scratch_ += piece;
            }
        }
        fold(source, record, scratch_, begin);
        folded_ = *behind;
        spilled_ = !commit_if_full();
    }
    return true;
}

bool Intake::append_mark(Source& source, const Mark& mark) {
    const std::string code = record::encode(mark);
    return append(source, {.kind = JournalRecord::Kind::mark, .source = source.id, .bodies = {}, .bytes = code});
}

/// Marks that found no room, and what was lost meanwhile, before anything newer.
bool Intake::write_what_waits(Source& source, TimeMs now) {
    while (!source.unwritten.empty()) {
        if (!append_mark(source, source.unwritten.front())) {
            return false;
        }
        source.unwritten.pop_front();
    }
    if (source.loss.count == 0) {
        return true;
    }
    const Mark mark{.kind = Mark::Kind::shed,
                    .time = std::max(now, source.loss.from),
                    .from = source.loss.from,
                    .lost = source.loss.count,
                    .cause = source.loss.reason};
    if (!append_mark(source, mark)) {
        return false;
    }
    source.loss = {};
    return true;
}

/// As large as it may become, or the disk has no more room for it.
bool Intake::is_journal_full() const { return journal_.bytes() + room_for_one > options_.journal_bytes_max; }

void Intake::lose(Source& source, TimeMs wall, std::size_t bodies) {
    if (source.loss.count == 0) {
        source.loss = {.from = wall, .count = 0, .reason = is_journal_full() ? "queue" : "disk"};
    }
    source.loss.count += static_cast<std::int64_t>(bodies);
}

bool Intake::take(const Slab& slab, Clock::time_point at) {
    Source& source = this->source(slab.source);
    const JournalRecord record{.kind = JournalRecord::Kind::slab,
                               .source = source.id,
                               .way = slab.way,
                               .connection = slab.connection,
                               .wall = slab.wall,
                               .bodies = slab.bodies,
                               .bytes = slab.bytes};
    if (!write_what_waits(source, slab.wall) || !append(source, record)) {
        lose(source, slab.wall, slab.bodies.size());
        return false;
    }
    source.waiting_bytes += slab.bytes.size();
    if (source.waits && (source.waiting_bytes > options_.hold_bytes_max || at >= source.waits_until)) {
        end_wait(source);
    }
    return true;
}

CallbackAnswer Intake::take_callback(const Slab& slab, Clock::time_point at) {
    const Source& source = this->source(slab.source);
    TALLY_ASSERT(slab.bodies.size() == 1);
    const std::string_view body = std::string_view(slab.bytes).substr(slab.bodies[0].at, slab.bodies[0].size);
    if (decode::trim_body(body).empty()) {
        return CallbackAnswer::not_json;
    }
    const Loss before = source.loss;
    const bool folds = !spilled_ && !source.holds;
    last_reason_.reset();
    if (!take(slab, at)) {
        this->source(slab.source).loss = before;
        return CallbackAnswer::unwritable;
    }
    switch ((folds ? last_reason_ : ingest_.judge(body)).value_or(decode::RejectReason::missing_field)) {
        case decode::RejectReason::not_json:
            return CallbackAnswer::not_json;
        case decode::RejectReason::not_object:
            return CallbackAnswer::not_object;
        case decode::RejectReason::no_event_type:
            return CallbackAnswer::no_event_type;
        default:
            return CallbackAnswer::accepted;
    }
}

void Intake::mark(const std::string& name, const Mark& mark, Clock::time_point at) {
    Source& source = this->source(name);
    const bool ends = mark.kind == Mark::Kind::ended || mark.kind == Mark::Kind::stopped;
    if (ends && source.waits) {
        end_wait(source);
    }
    if (!write_what_waits(source, mark.time) || !append_mark(source, mark)) {
        if (mark.kind != Mark::Kind::alive && source.unwritten.size() < unwritten_max) {
            source.unwritten.push_back(mark);
        }
        return;
    }
    if (mark.kind == Mark::Kind::attached) {
        source.waits = true;
        source.waits_until = at + options_.hold_max;
        source.waiting_bytes = 0;
    }
}

/// No snapshot came in time: what is held applies.
void Intake::end_wait(Source& source) {
    source.waits = false;
    const JournalRecord record{.kind = JournalRecord::Kind::release, .source = source.id, .bodies = {}, .bytes = {}};
    if (!append(source, record) && !spilled_) {
        // Not in the journal: after a crash the same would apply a little later, with the end of the recovery.
        fold(source, record, {}, folded_);
    }
}

model::World::Stream Intake::begin(const std::string& name, TimeMs now, Clock::time_point at) {
    const auto stream = [&] { return ingest_.world(source(name).id).stream(); };
    if (stream().had_session) {
        mark(name, {.kind = Mark::Kind::started, .time = now}, at);
    }
    return stream();
}

// ---- snapshots

Intake::Seen Intake::compare(const std::string& name, const decode::Snapshot& snapshot, const Look& look,
                             Clock::time_point at) {
    Source& source = this->source(name);
    if (spilled_ || !write_what_waits(source, look.sent)) {
        snapshot_failed(name, look.sent, "the history is behind", true, at);
        return {.detail = "the history is behind"};
    }
    const model::World& world = ingest_.world(source.id);
    const model::World::Stream stream = world.stream();
    const bool other = !stream.framework.empty() && !snapshot.framework_id.empty() &&
                       stream.framework != snapshot.framework_id;
    Mark mark{.kind = Mark::Kind::reconciled, .time = look.sent, .cause = "ok"};
    if (other && look.accept_framework != snapshot.framework_id) {
        mark.cause = "other_cluster";
        mark.detail = std::string(snapshot.framework_id);
        this->mark(name, mark, at);
        if (source.waits) {
            end_wait(source);
        }
        return {.result = Compared::other_cluster, .detail = mark.detail};
    }
    const model::World::Comparison how{
        .sent = look.sent,
        .gap_start = stream.gap_start,
        .health_is_settled = look.health_is_settled,
        .other_cluster = other};
    mark.framework = std::string(snapshot.framework_id);
    mark.differences = world.compare(snapshot, how);
    const bool unsettled = !look.health_is_settled && world.has_unsettled_health(snapshot);
    if (!append_mark(source, mark)) {
        return {.detail = "no room in the journal"};
    }
    source.waits = false;
    return {.result = Compared::ok, .health_is_unsettled = unsettled, .differences = mark.differences.size(), .detail = {}};
}

void Intake::snapshot_failed(const std::string& name, TimeMs sent, std::string_view detail, bool for_good,
                             Clock::time_point at) {
    constexpr std::size_t detail_max = 512;
    Source& source = this->source(name);
    if (for_good && source.waits) {
        end_wait(source);
    }
    mark(name,
         {.kind = Mark::Kind::reconciled, .time = sent, .cause = "failed", .detail = std::string(detail.substr(0, detail_max))},
         at);
}

// ---- to the history

/// Where each source stands with the next commit. What it holds must be read again after a crash.
void Intake::place_all() {
    Position least = folded_;
    for (auto& [id, source] : sources_) {
        const Position position = source.held.empty() ? folded_ : source.held.front().begin;
        ingest_.at(id, {.position = position, .holds = source.holds});
        least = std::min(least, position);
    }
    commits_.emplace_back(writer_.submitted() + 1, least);
}

bool Intake::try_commit() {
    if (writer_.in_flight() >= HistoryWriter::in_flight_max) {
        return false;
    }
    place_all();
    return ingest_.try_commit(options_.committed);
}

/// False: there is much to hand over and the history has no time: fold no further.
bool Intake::commit_if_full() { return !ingest_.is_full() || try_commit(); }

void Intake::see_committed() {
    const std::uint64_t committed = writer_.committed();
    while (!commits_.empty() && commits_.front().first <= committed) {
        committed_ = commits_.front().second;
        commits_.pop_front();
    }
}

/// What was spilled, some at a time.
void Intake::read_on() {
    std::size_t records = 0;
    const auto reached = journal_.read(folded_, [&](std::string_view record, Position behind) {
        fold(record, folded_);
        folded_ = behind;
        spilled_ = !commit_if_full();
        return !spilled_ && ++records < records_at_once;
    });
    if (!reached) {
        ++journal_errors_;
    }
    spilled_ = folded_ < journal_.end();
}

void Intake::work(Clock::time_point at, bool commit_now) {
    see_committed();
    for (auto& [id, source] : sources_) {
        if (source.waits && at >= source.waits_until) {
            end_wait(source);
        }
    }
    if (spilled_ && commit_if_full()) {
        read_on();
    }
    if (ingest_.has_work() && (commit_now || ingest_.is_full())) {
        (void)try_commit();
    }
}

void Intake::finish() {
    for (auto& [id, source] : sources_) {
        (void)write_what_waits(source, source.loss.from);
        if (source.waits) {
            end_wait(source);
        }
    }
    // What is spilled stays in the journal: the next start folds it.
    if (ingest_.has_work()) {
        place_all();
        (void)ingest_.commit();
    }
}

std::optional<Intake::Clock::time_point> Intake::next_deadline() const {
    std::optional<Clock::time_point> next;
    for (const auto& [id, source] : sources_) {
        if (source.waits && (!next || source.waits_until < *next)) {
            next = source.waits_until;
        }
    }
    return next;
}

std::map<std::pair<std::string, std::string>, std::uint64_t> Intake::losing() const {
    std::map<std::pair<std::string, std::string>, std::uint64_t> losing;
    for (const auto& [id, source] : sources_) {
        if (source.loss.count > 0) {
            losing[{source.name, source.loss.reason}] = static_cast<std::uint64_t>(source.loss.count);
        }
    }
    return losing;
}

bool Intake::is_losing() const {
    return std::any_of(sources_.begin(), sources_.end(), [](const auto& source) { return source.second.loss.count > 0; });
}

}  // namespace tally
