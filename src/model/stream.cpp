#include "stream.hpp"

#include <algorithm>

#include "valid_utf8.hpp"

namespace tally::model {

namespace {

constexpr TimeMs time_max = 253'402'300'799'999;  // the last one with a year of four digits
constexpr std::int64_t lost_max = std::int64_t{1} << 53;
constexpr std::size_t last_error_max = 512;
constexpr std::string_view lost_cause = "history_unwritable";

/// A mark may come from a file that somebody has damaged.
TimeMs sane(TimeMs time) {
    return std::clamp<TimeMs>(time, 0, time_max);
}

std::string error_text(const Mark& mark) {
    std::string text = mark.cause + (mark.detail.empty() ? "" : ": ") + mark.detail;
    std::size_t size = std::min(text.size(), last_error_max);
    constexpr unsigned char high = 0xC0, continues = 0x80;
    while (size < text.size() && size > 0 &&
           (static_cast<unsigned char>(text[size]) & high) == continues) {
        --size;  // not within a character
    }
    text.resize(size);
    return valid_utf8(text);
}

}  // namespace

void Stream::apply(const Mark& mark, Batch& out) {
    const TimeMs time = sane(mark.time);
    switch (mark.kind) {
        case Mark::Kind::started:
            return start(out);
        case Mark::Kind::attached:
            return attach(mark, time, out);
        case Mark::Kind::alive:
            return go_on(mark, time);
        case Mark::Kind::ended:
            return end(mark, time, out);
        case Mark::Kind::failed:
            return fail(mark);
        case Mark::Kind::attempt:
            return settle(mark);
        case Mark::Kind::stopped:
            return stop(mark, time, out);
        case Mark::Kind::shed:
            return lose(mark, time, out);
        case Mark::Kind::reconciled:
            return reconcile(mark);
    }
}

void Stream::start(Batch& out) {
    if (session_.number == 0) {
        before_ = {};
    } else if (stopped_ && gap_.is_open()) {
        before_ = gap_.cause == "reload" ? gap_.cause : "shutdown";
    } else {
        before_ = "crash";
    }
    if (session_.is_open()) {
        end_session("crash", session_.last, out);
    }
    stopped_ = false;
}

void Stream::attach(const Mark& mark, TimeMs time, Batch& out) {
    if (session_.is_open()) {  // that it ended was not told
        end_session("closed", session_.last, out);
    }
    const TimeMs start = later(time);
    if (gap_.is_open()) {
        end_gap(start);
    }
    write_session(out);
    session_ = {
        .number = session_.number + 1,
        .start = start,
        .last = start,
        .counted = start,
        .connection = mark.connection,
        .url = valid_utf8(mark.url),
        .bytes = mark.bytes,
        .born = true,
        .dirty = true};
}

void Stream::go_on(const Mark& mark, TimeMs time) {
    if (!session_.is_open()) {
        return;
    }
    session_.last = later(time);
    session_.bytes = std::max(session_.bytes, mark.bytes);
    session_.dirty = true;
}

void Stream::end(const Mark& mark, TimeMs time, Batch& out) {
    if (!session_.is_open()) {
        return;
    }
    session_.bytes = std::max(session_.bytes, mark.bytes);
    end_session(cause_of(mark), time, out);
}

void Stream::stop(const Mark& mark, TimeMs time, Batch& out) {
    end({.bytes = mark.bytes, .cause = mark.cause == "reload" ? "reload" : "shutdown"}, time, out);
    stopped_ = true;
}

void Stream::fail(const Mark& mark) {
    if (!gap_.is_open()) {
        return;
    }
    ++gap_.attempts;
    gap_.last_error = error_text(mark);
    gap_.dirty = true;
}

void Stream::settle(const Mark& mark) {
    const Code cause = code(LabelKind::cause, mark.cause, "closed");
    books_.numbers.add(Family::stream_reconnects, no_app, cause, 0, 1);
    if (mark.cause != "leader_changed" || !gap_.is_open() || gap_.cause != "closed") {
        return;
    }
    gap_.cause = books_.labels.name(LabelKind::cause, cause);
    gap_.dirty = true;
    session_.cause = gap_.cause;
    session_.dirty = true;
}

/// What was observed already stays so: the row begins not before the last byte or event kept. Where
/// no session is open, what was lost is still told, by a row without length.
void Stream::lose(const Mark& mark, TimeMs time, Batch& out) {
    const TimeMs from = mark.from == no_time ? time : sane(mark.from);
    const TimeMs begin = gap_.is_open() ? gap_.start : later(from);
    const TimeMs end = session_.is_open() ? later(time) : begin;
    if (session_.is_open()) {
        session_.last = begin;
        count_observed();
        session_.last = session_.counted = end;
        session_.dirty = true;
        instances_.gap_was(gaps_ + 1, begin, end, out);
    }
    const std::int64_t lost = std::clamp<std::int64_t>(mark.lost, 0, lost_max);
    out.gaps.push_back(
        {.source = books_.source,
         .number = ++gaps_,
         .born = true,
         .start = begin,
         .end = end,
         .cause = lost_cause,
         .lost = lost}
    );
    books_.health_clock.keep_bound(gaps_);
    Numbers& numbers = books_.numbers;
    numbers.add(Family::stream_gaps, no_app, 0, 0, 1);
    numbers.add(Family::stream_gap_ms, no_app, 0, 0, end - begin);
    numbers.add(
        Family::events_shed, no_app, code(LabelKind::shed_reason, mark.cause, "disk"), 0, lost
    );
}

void Stream::reconcile(const Mark& mark) {
    Numbers& numbers = books_.numbers;
    const Code result = code(LabelKind::reconcile_result, mark.cause, "failed");
    numbers.add(Family::reconciliations, no_app, result, 0, 1);
    if (mark.cause != "ok") {
        return;
    }
    for (const Difference& difference : mark.differences) {
        numbers.add(
            Family::reconcile_differences,
            no_app,
            code(LabelKind::difference, to_string(difference.kind), "task"),
            0,
            1
        );
    }
    reconciled_ = true;
    if (!mark.framework.empty()) {
        framework_ = valid_utf8(mark.framework);
    }
    if (gap_.number != 0 && !gap_.is_open() && !gap_.reconciled) {
        gap_.reconciled = true;
        gap_.inferred = static_cast<std::int64_t>(mark.differences.size());
        gap_.dirty = true;
    }
}

void Stream::end_session(std::string_view cause, TimeMs time, Batch& out) {
    session_.last = session_.end = later(time);
    session_.cause = cause;
    session_.dirty = true;
    count_observed();
    begin_gap(cause, out);
}

void Stream::begin_gap(std::string_view cause, Batch& out) {
    write_gap(out);
    gap_ = {.number = ++gaps_, .start = session_.end, .cause = cause, .born = true, .dirty = true};
    books_.numbers.add(Family::stream_gaps, no_app, 0, 0, 1);
    instances_.gap_begins(gap_.number, gap_.start, out);
    books_.health_clock.keep_bound(gaps_);
}

void Stream::end_gap(TimeMs time) {
    gap_.end = time;
    gap_.dirty = true;
    books_.numbers.add(Family::stream_gap_ms, no_app, 0, 0, gap_.end - gap_.start);
    instances_.gap_ends(time);
}

void Stream::count_observed() {
    if (session_.number == 0 || session_.last == session_.counted) {
        return;
    }
    books_.numbers.add(Family::stream_observed_ms, no_app, 0, 0, session_.last - session_.counted);
    session_.counted = session_.last;
}

void Stream::finish(Batch& out) {
    count_observed();
    write_session(out);
    write_gap(out);
}

void Stream::write_session(Batch& out) {
    if (!session_.dirty) {
        return;
    }
    if (out.sessions.empty() || out.sessions.back().number != session_.number) {
        out.sessions.push_back({.url = out.names.keep(session_.url)});
    }
    SessionRow& row = out.sessions.back();
    row = {
        .source = books_.source,
        .number = session_.number,
        .born = row.born || session_.born,
        .start = session_.start,
        .last = session_.last,
        .end = session_.end,
        .connection = session_.connection,
        .cause = session_.cause,
        .url = row.url,
        .events = session_.events,
        .bytes = session_.bytes};
    session_.born = session_.dirty = false;
}

void Stream::write_gap(Batch& out) {
    if (!gap_.dirty) {
        return;
    }
    auto row = std::find_if(out.gaps.rbegin(), out.gaps.rend(), [this](const GapRow& one) {
        return one.number == gap_.number;
    });
    if (row == out.gaps.rend()) {
        out.gaps.emplace_back();
        row = out.gaps.rbegin();
    }
    *row = {
        .source = books_.source,
        .number = gap_.number,
        .born = row->born || gap_.born,
        .start = gap_.start,
        .end = gap_.end,
        .cause = gap_.cause,
        .last_error =
            row->last_error == gap_.last_error ? row->last_error : out.names.keep(gap_.last_error),
        .attempts = gap_.attempts,
        .reconciled = gap_.reconciled,
        .inferred = gap_.inferred};
    gap_.born = gap_.dirty = false;
}

std::string_view Stream::cause_of(const Mark& mark) const {
    return books_.labels.name(LabelKind::cause, code(LabelKind::cause, mark.cause, "closed"));
}

Code Stream::code(LabelKind kind, std::string_view name, std::string_view fallback) const {
    const Code known = books_.labels.find(kind, name);
    return known != other_code ? known : books_.labels.find(kind, fallback);
}

World::Stream Stream::state() const {
    return {
        .attached = session_.is_open(),
        .had_session = session_.number != 0,
        .stopped = stopped_,
        .last_seen = session_.last,
        .gap_start = gap_.start,
        .reconciled = reconciled_,
        .framework = framework_,
        .before = std::string(before_)};
}

void Stream::restore(const SourceRow& row) {
    framework_ = row.framework;
    reconciled_ = row.reconciled;
    stopped_ = row.stopped;
}

void Stream::restore(const SessionRow& row) {
    session_ = {
        .number = row.number,
        .start = row.start,
        .last = row.last,
        .end = row.end,
        .counted = row.last,
        .connection = row.connection,
        .cause =
            row.cause.empty() ? std::string_view{} : cause_of({.cause = std::string(row.cause)}),
        .url = std::string(row.url),
        .events = row.events,
        .bytes = row.bytes};
    (void)later(row.last);
}

void Stream::restore(const GapRow& row) {
    gaps_ = std::max(gaps_, row.number);
    (void)later(row.end == no_time ? row.start : row.end);
    if (row.cause != lost_cause || row.start != row.end) {
        restore_clock(row);
    }
    if (row.cause == lost_cause) {
        return;
    }
    gap_ = {
        .number = row.number,
        .start = row.start,
        .end = row.end,
        .cause = cause_of({.cause = std::string(row.cause)}),
        .last_error = std::string(row.last_error),
        .attempts = row.attempts,
        .reconciled = row.reconciled,
        .inferred = row.inferred};
}

void Stream::restore_clock(const GapRow& row) {
    HealthClock& clock = books_.health_clock;
    if (books_.last_event == no_time || row.start >= books_.last_event) {
        clock.expect({.number = row.number, .begin = row.start, .end = row.end});
    } else if (row.end == no_time) {
        clock.stopped = row.start;
    } else {
        clock.floor = std::max(clock.floor, row.end);
    }
    clock.keep_bound(gaps_);
}

}  // namespace tally::model
