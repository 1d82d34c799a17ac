#include "ingest.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally {

namespace {

constexpr std::size_t too_large_prefix = 4096;

/// What tells bodies apart: all bytes, or of a body that is too large its first 4 KiB and its length.
Hash128 identity_hash(const Input& input, std::string_view body) {
    if (!input.too_large) {
        return hash128(body);
    }
    std::string prefix(body.substr(0, too_large_prefix));
    prefix += fmt::format("\n{}", input.body_bytes);
    return hash128(prefix);
}

}  // namespace

std::string_view to_string(Way way) {
    switch (way) {
        case Way::stream:
            return "stream";
        case Way::callback:
            return "callback";
        case Way::replay:
            break;
    }
    return "replay";
}

Ingest::Ingest(record::History& history, record::Identity& identity, HistoryWriter& writer, Options options)
    : history_(history),
      identity_(identity),
      writer_(writer),
      options_(std::move(options)),
      next_app_(history.next_app()),
      next_seq_(history.last_seq() + 1) {}

model::SourceId Ingest::add_source(const std::string& name) {
    const model::SourceId id = history_.source(name);
    if (sources_.contains(id)) {
        return id;
    }
    auto world = std::make_unique<model::World>(id, name, options_.world, next_app_);
    history_.restore(*world);
    Source& source = sources_[id];
    source.world = std::move(world);
    source.batch = writer_.take_batch();
    source.batch->source = id;
    return id;
}

boost::system::result<decode::Event, decode::DecodeError> Ingest::decode(const Input& input, std::string_view body) {
    if (body.empty()) {
        return decode::DecodeError();  // no input at all: not even padding may be behind it
    }
    if (input.too_large) {
        return decode::DecodeError{.reason = decode::RejectReason::too_large,
                                   .what = fmt::format("{} bytes", input.body_bytes),
                                   .offset = 0,
                                   .timestamp = {}};
    }
    return decoder_.decode(body);
}

std::optional<decode::RejectReason> Ingest::judge(std::string_view body) {
    const auto decoded = decoder_.decode(decode::trim_body(body));
    return decoded ? std::nullopt : std::optional(decoded.error().reason);
}

void Ingest::mark(model::SourceId id, const model::Mark& mark, std::string_view code) {
    Source& source = sources_.at(id);
    const model::Seq seq = next_seq_;
    next_seq_ += mark.seqs();
    source.world->apply(mark, seq, *source.batch);
    source.batch->last_seq = next_seq_ - 1;
    source.batch->marks.push_back({.seq = seq,
                                   .last_seq = next_seq_ - 1,
                                   .source = id,
                                   .time = mark.time,
                                   .kind = to_string(mark.kind),
                                   .body = source.batch->text.keep(code)});
    ++inputs_;
    ++facts_inputs_;
}

void Ingest::at(model::SourceId source, const record::History::JournalPlace& place) {
    model::Batch& batch = *sources_.at(source).batch;
    batch.journal = place.position;
    batch.journal_holds = place.holds;
}

Ingest::Decoded::Decoded(Ingest& ingest, const Input& from)
    : input(from),
      body(decode::trim_body(from.body)),
      event(ingest.decode(from, body)),
      hash(identity_hash(from, body)) {}

std::optional<decode::RejectReason> Ingest::take(const Input& input) {
    return fold(Decoded(*this, input));
}

void Ingest::take_soon(const Input& input) {
    std::optional<Decoded>& decoded = soon_[decoded_ % soon_.size()];
    decoded.emplace(*this, input);
    ++decoded_;
    if (!decoded->event || !decoder_.is_in_place()) {
        take_rest();
        return;
    }
    const Source& source = sources_.at(input.source);
    source.world->expect(*decoded->event, *source.batch);
    if (decoded_ - folded_ == soon_.size()) {
        (void)fold(*soon_[folded_++ % soon_.size()]);
    }
}

void Ingest::take_rest() {
    while (folded_ != decoded_) {
        (void)fold(*soon_[folded_++ % soon_.size()]);
    }
}

std::optional<decode::RejectReason> Ingest::fold(const Decoded& decoded) {
    const auto& [input, body, event, hash] = decoded;
    if (body.empty()) {
        return std::nullopt;
    }
    Source& source = sources_.at(input.source);
    const auto reason = event ? std::nullopt : std::optional(event.error().reason);
    source.batch->by_callback = source.batch->by_callback || input.way == Way::callback;
    const auto own_time = event ? event->timestamp : event.error().timestamp;
    ++inputs_;
    ++facts_inputs_;
    if (!identity_.is_new(
            {.source = input.source, .connection = input.connection, .own_time = own_time, .hash = hash}, *source.batch
        )) {
        source.world->duplicate(to_string(input.way));
        rejected_before_ += event ? 0 : 1;
        return reason;
    }
    if (!event) {
        reject(source, input, event.error());
        return reason;
    }
    const bool replay = input.way == Way::replay;
    const model::Stamp stamp = source.world->stamp(event->timestamp, input.wall, replay);
    source.batch->identities.back().seq = stamp.own_clock ? next_seq_ : 0;
    source.world->apply(
        *event,
        {.seq = next_seq_++,
         .stamp = stamp,
         .connection = replay ? input.recording : input.connection,
         .replay = replay,
         .body = body,
         .keep_payload = options_.keep_payload},
        *source.batch
    );
    if (input.way == Way::stream && stamp.own_clock) {
        source.world->observe_lag(stamp.received - stamp.time);
    }
    return std::nullopt;
}

void Ingest::reject(Source& source, const Input& input, const decode::DecodeError& error) {
    const model::Stamp stamp = source.world->stamp(std::nullopt, input.wall, input.way == Way::replay);
    source.world->reject({.reason = error.reason,
                          .received = stamp.received,
                          .what = input.too_large ? error.what : fmt::format("{} at byte {}", error.what, error.offset),
                          .sample = decode::trim_body(input.body)},
                         *source.batch);
}

bool Ingest::is_full() const {
    return inputs_ >= options_.commit_inputs_max ||
           std::any_of(sources_.begin(), sources_.end(), [this](const auto& source) {
               return source.second.batch->bytes() >= options_.batch_bytes_max;
           });
}

bool Ingest::has_many_facts() const {
    return facts_inputs_ >= options_.facts_inputs_max ||
           std::any_of(sources_.begin(), sources_.end(), [this](const auto& source) {
               return source.second.batch->text.used() >= options_.facts_bytes_max;
           });
}

bool Ingest::hand_over_facts() {
    Commit commit;
    commit.part = record::History::Part::facts;
    for (auto& [id, source] : sources_) {
        if (source.batch->identities.empty()) {
            continue;  // every input has one
        }
        auto next = writer_.take_batch();
        next->source = id;
        source.batch->hand_on_state(*next);
        commit.batches.push_back(std::move(source.batch));
        source.batch = std::move(next);
    }
    facts_inputs_ = 0;
    return writer_.submit(std::move(commit));
}

Commit Ingest::make_commit() {
    Commit commit;
    for (auto& [id, source] : sources_) {
        source.world->finish(*source.batch);
        commit.batches.push_back(std::move(source.batch));
        source.batch = writer_.take_batch();
        source.batch->source = id;
    }
    inputs_ = 0;
    facts_inputs_ = 0;
    return commit;
}

bool Ingest::commit(std::function<void()> done) {
    Commit commit = make_commit();
    commit.done = std::move(done);
    const bool taken = writer_.submit(std::move(commit));
    see_committed();
    return taken;
}

/// Identity reads again from the file what it has forgotten: it must be the file that has it.
void Ingest::see_committed() {
    const std::uint64_t committed = writer_.committed();
    const std::uint64_t restorations = history_.restorations();
    if (restorations != restorations_ && identity_.reopen()) {
        restorations_ = restorations;
    }
    if (restorations == restorations_) {
        identity_.commits(writer_.submitted(), committed);
    }
}

bool Ingest::try_commit(std::function<void()> done) {
    return writer_.in_flight() < HistoryWriter::in_flight_max && commit(std::move(done));
}

std::vector<model::Snapshot> Ingest::snapshots(
    const model::KnownSeries& known, const std::set<std::string>* only
) const {
    std::vector<model::Snapshot> snapshots;
    for (const auto& [id, source] : sources_) {
        const std::string& name = source.world->name();
        if (only == nullptr || only->contains(name)) {
            const auto series = known.find(name);
            snapshots.push_back(source.world->snapshot(series == known.end() ? 0 : series->second));
        }
    }
    return snapshots;
}

}  // namespace tally
