#include "intake.hpp"

#include <algorithm>

#include "log.hpp"
#include "tally/base/assert.hpp"
#include "tally/record/mark_code.hpp"

namespace tally {

namespace {

using model::Mark;

constexpr record::Journal::Position first_position = 1;  // 0 is none
constexpr std::size_t unwritten_max = 1024;
constexpr std::uint64_t room_for_one = std::uint64_t{1} << 20;
constexpr std::uint64_t room_for_mark = 1024;  // more than a mark without differences mostly takes
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

/// A session begins or ends with it: neither what is held nor what was lost goes on behind it.
bool bounds_session(const Mark& mark) {
    return mark.kind == Mark::Kind::started || mark.kind == Mark::Kind::attached || mark.kind == Mark::Kind::ended ||
           mark.kind == Mark::Kind::stopped;
}

std::size_t record_bytes_of(const Slab& slab) {
    return sizeof(JournalRecord::Head) + slab.bodies.size() * sizeof(Slab::Body) + slab.bytes.size();
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
    if (!by_name_.contains(name)) {
        const auto paused = writer_.pause();
        (void)source(ingest_.add_source(name));
    }
    shown_.insert(name);
}

void Intake::hide_source(const std::string& name) { shown_.erase(name); }

Intake::Source& Intake::source(model::SourceId id) {
    const auto found = sources_.find(id);
    if (found != sources_.end()) {
        return found->second;
    }
    const record::History::JournalPlace place = history_.journal_place(id);
    Source& source = sources_[id];
    source.id = id;
    source.name = ingest_.world(id).name();
    source.begins = place.position;
    source.holds = place.holds;
    by_name_[source.name] = id;
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
                    const auto paused = writer_.pause();
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
            (void)end_wait(source);
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
    while (!source.held.empty()) {
        const Held held = std::move(source.held.front());
        source.held.pop_front();
        std::vector<Slab::Body> bodies;
        const std::string_view whole(held.record.data(), held.record.size() - decode::body_padding);
        if (const auto record = JournalRecord::parse(whole, bodies)) {
            apply(source, *record);
        }
    }
    source.holds = false;  // an attach among them has what ended the hold behind it, too
}

void Intake::apply(Source& source, const JournalRecord& record) {
    if (record.kind == JournalRecord::Kind::slab) {
        for (const Slab::Body& body : record.bodies) {
            last_folded_ = ingest_.take({.source = source.id,
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
            if (mark->kind == Mark::Kind::shed) {
                know_loss(source, *mark);
            }
            source.holds = mark->kind == Mark::Kind::attached;
        }
    }
}

/// The fold counts it now. (One from the journal of an earlier process was never ours.)
void Intake::know_loss(Source& source, const Mark& mark) {
    const auto found = source.losing.find(mark.cause);
    if (found == source.losing.end()) {
        return;
    }
    const auto lost = static_cast<std::uint64_t>(mark.lost);
    if (lost < found->second) {
        found->second -= lost;
    } else {
        source.losing.erase(found);
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

bool Intake::append_mark(Source& source, const Mark& mark, Clock::time_point at) {
    if (bounds_session(mark) && source.waits && !end_wait(source)) {
        return false;
    }
    const std::string code = record::encode(mark);
    if (!append(source, {.kind = JournalRecord::Kind::mark, .source = source.id, .bodies = {}, .bytes = code})) {
        return false;
    }
    if (mark.kind == Mark::Kind::attached) {
        source.waits = true;
        source.waits_until = at + options_.hold_max;
        source.waiting_bytes = 0;
    }
    return true;
}

/// What found no room, in its order.
bool Intake::write_what_waits(Source& source, Clock::time_point at) {
    if (!release(source)) {
        return false;
    }
    while (!source.unwritten.empty()) {
        if (!append_mark(source, source.unwritten.front(), at)) {
            return false;
        }
        source.unwritten.pop_front();
    }
    return true;
}

/// A loss is over: its mark has its place before what comes now.
void Intake::close_loss(Source& source, TimeMs time) {
    if (source.loss.count == 0 || source.unwritten.size() >= unwritten_max) {
        return;
    }
    source.unwritten.push_back({.kind = Mark::Kind::shed,
                                .time = std::max(time, source.loss.to),
                                .from = source.loss.from,
                                .lost = source.loss.count,
                                .cause = source.loss.reason});
    source.loss = {};
}

/// As large as it may become, or the disk has no more room for it.
bool Intake::is_journal_full() const { return journal_.bytes() + room_for_one > options_.journal_bytes_max; }

void Intake::lose(Source& source, const Slab& slab) {
    Loss& loss = source.loss;
    if (loss.count == 0) {
        loss = {.from = slab.wall, .to = slab.wall, .count = 0, .reason = is_journal_full() ? "queue" : "disk"};
    }
    loss.to = std::max(loss.to, slab.wall);
    loss.count += static_cast<std::int64_t>(slab.bodies.size());
    loss.record_bytes = record_bytes_of(slab);
    source.losing[loss.reason] += slab.bodies.size();
}

/// False: there is no room. A loss goes on as long as there is none for both, its mark and the slab.
bool Intake::keep(Source& source, const Slab& slab, Clock::time_point at) {
    if (!write_what_waits(source, at)) {
        return false;
    }
    if (source.loss.count > 0) {
        if (!journal_.has_room(record_bytes_of(slab) + room_for_mark)) {
            return false;
        }
        close_loss(source, slab.wall);
        if (!write_what_waits(source, at)) {
            return false;
        }
    }
    const JournalRecord record{.kind = JournalRecord::Kind::slab,
                               .source = source.id,
                               .way = slab.way,
                               .connection = slab.connection,
                               .wall = slab.wall,
                               .bodies = slab.bodies,
                               .bytes = slab.bytes};
    if (!append(source, record)) {
        return false;
    }
    source.waiting_bytes += slab.bytes.size();
    if (source.waits && (source.waiting_bytes > options_.hold_bytes_max || at >= source.waits_until)) {
        (void)end_wait(source);
    }
    return true;
}

bool Intake::take(const Slab& slab, Clock::time_point at) {
    Source& source = this->source(slab.source);
    const bool kept = keep(source, slab, at);
    if (!kept) {
        lose(source, slab);
    }
    return kept;
}

CallbackAnswer Intake::take_callback(const Slab& slab, Clock::time_point at) {
    TALLY_ASSERT(slab.bodies.size() == 1);
    const std::string_view body = std::string_view(slab.bytes).substr(slab.bodies[0].at, slab.bodies[0].size);
    if (decode::trim_body(body).empty()) {
        return CallbackAnswer::not_json;
    }
    last_folded_.reset();
    if (!keep(source(slab.source), slab, at)) {
        return CallbackAnswer::unwritable;
    }
    const auto reason = last_folded_ ? *last_folded_ : ingest_.judge(body);  // it may be held, or spilled
    switch (reason.value_or(decode::RejectReason::missing_field)) {
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

/// False: there is no room. A loss goes on over a mark within a session, unless events would find room again.
bool Intake::keep(Source& source, const Mark& mark, Clock::time_point at) {
    if (!write_what_waits(source, at)) {
        return false;
    }
    if (source.loss.count > 0 &&
        (bounds_session(mark) || journal_.has_room(source.loss.record_bytes + room_for_mark))) {
        close_loss(source, mark.time);
        if (!write_what_waits(source, at)) {
            return false;
        }
    }
    return append_mark(source, mark, at);
}

void Intake::mark(const std::string& name, const Mark& mark, Clock::time_point at) {
    Source& source = this->source(name);
    if (keep(source, mark, at) || mark.kind == Mark::Kind::alive) {
        return;
    }
    if (bounds_session(mark)) {
        close_loss(source, mark.time);
    }
    if (source.unwritten.size() < unwritten_max) {
        source.unwritten.push_back(mark);
    }
}

/// No snapshot came in time: what is held applies. False: the journal does not know yet.
bool Intake::end_wait(Source& source) {
    source.waits = false;
    source.unreleased = true;
    return release(source);
}

bool Intake::release(Source& source) {
    if (!source.unreleased) {
        return true;
    }
    const JournalRecord record{.kind = JournalRecord::Kind::release, .source = source.id, .bodies = {}, .bytes = {}};
    if (append(source, record)) {
        source.unreleased = false;
        return true;
    }
    if (!spilled_) {
        fold(source, record, {}, folded_);  // it is written before anything newer
    }
    return false;
}

model::World::Stream Intake::begin(const std::string& name, TimeMs now, Clock::time_point at) {
    Source& source = this->source(name);
    if (source.holds && !source.waits) {
        (void)end_wait(source);  // it comes back: the session that held ended with another process
    }
    const model::World& world = ingest_.world(source.id);
    if (world.stream().had_session) {
        mark(name, {.kind = Mark::Kind::started, .time = now}, at);
    }
    return world.stream();
}

// ---- snapshots

Intake::Seen Intake::compare(const std::string& name, const decode::Snapshot& snapshot, const Look& look,
                             Clock::time_point at) {
    Source& source = this->source(name);
    if (!write_what_waits(source, at) || spilled_) {
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
            (void)end_wait(source);
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
    if (!append_mark(source, mark, at)) {
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
        (void)end_wait(source);
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
    bool goes_on = true;
    const auto reached = journal_.read(folded_, [&](std::string_view record, Position behind) {
        fold(record, folded_);
        folded_ = behind;
        goes_on = commit_if_full() && ++records < records_at_once;
        return goes_on;
    });
    if (!reached) {
        ++journal_errors_;
    } else if (goes_on && folded_ < journal_.end()) {
        skip_damaged();
    }
    spilled_ = folded_ < journal_.end();
}

/// The bytes at `folded_` are no record any more, and what lies behind them cannot be found: that a hold ended, too.
void Intake::skip_damaged() {
    ++journal_errors_;
    Log::write(LogLevel::error, "the journal is damaged: inputs are lost",
               {{"bytes", std::to_string(journal_.end() - folded_)}});
    folded_ = journal_.end();
    for (auto& [id, source] : sources_) {
        source.waits = false;
        source.unreleased = false;
        source.losing.clear();
        fold(source, {.kind = JournalRecord::Kind::release, .source = id, .bodies = {}, .bytes = {}}, {}, folded_);
    }
}

void Intake::work(Clock::time_point at, bool commit_now) {
    see_committed();
    for (auto& [id, source] : sources_) {
        if (source.waits && at >= source.waits_until) {
            (void)end_wait(source);
        } else if (source.unreleased) {
            (void)release(source);
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
        close_loss(source, source.loss.to);
        (void)write_what_waits(source, {});
        if (source.waits) {
            (void)end_wait(source);
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
        for (const auto& [reason, count] : source.losing) {
            losing[{source.name, reason}] = count;
        }
    }
    return losing;
}

bool Intake::is_losing() const {
    const auto is_shed = [](const Mark& mark) { return mark.kind == Mark::Kind::shed; };
    return std::any_of(sources_.begin(), sources_.end(), [is_shed](const auto& entry) {
        const Source& source = entry.second;
        return source.loss.count > 0 || std::any_of(source.unwritten.begin(), source.unwritten.end(), is_shed);
    });
}

}  // namespace tally
