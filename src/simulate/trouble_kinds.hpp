#pragma once

#include <array>
#include <string_view>

#include "simulate/trouble.hpp"

namespace tally::simulate {

/// One kind of trouble: how it is ordered, and what it does.
struct KindRow {
    TroubleKind kind;
    std::string_view name;
    std::string_view defaults;  // every argument that the kind has; without a value: not given
    std::string_view help;
};

inline constexpr std::array<KindRow, kinds> kind_rows{{
    {TroubleKind::close, "close", "", "every stream sends what is waiting and ends (EOF)"},
    {TroubleKind::rst, "rst", "", "every stream is reset in the middle of whatever it does"},
    {TroubleKind::half_frame,
     "half_frame",
     "at=body how=close",
     "the next event of every stream is cut, then EOF or RST; at: body, utf8 (inside a character), "
     "crlf (between CR and LF), blank (before the empty line)"},
    {TroubleKind::silence,
     "silence",
     "which=open for",
     "connections stay open, no events, no heartbeats; their events are lost; which: open, coming, "
     "all"},
    {TroubleKind::drip, "drip", "bytes=3 every=20ms which=all for", "a few bytes at a time"},
    {TroubleKind::buffer,
     "buffer",
     "bytes=4096 which=all for",
     "a proxy that passes on whole blocks of so many bytes only, the rest at flush or its end"},
    {TroubleKind::flush, "flush", "", "what that proxy holds goes out"},
    {TroubleKind::proxy,
     "proxy",
     "for",
     "coming streams pass a standby: chunked, a chunk's end comes with the next chunk"},
    {TroubleKind::http_error,
     "http_error",
     "status=503 count for",
     "/v2/events answers so: 401, 403, 404, 500, 502, 503 ..."},
    {TroubleKind::empty_200, "empty_200", "count=1 for", "200 with a stream's head, then EOF"},
    {TroubleKind::not_a_stream, "not_a_stream", "count for", "200 text/html"},
    {TroubleKind::never_answers, "never_answers", "count for", "/v2/events: no head ever"},
    {TroubleKind::redirect,
     "redirect",
     "to=self hops=0 count for",
     "302; to: self (a loop), other (another member), none (no Location), unusable, or a URL; "
     "hops=N: a chain of N, then the stream"},
    {TroubleKind::refuse, "refuse", "for=5s", "nobody listens: connections are refused"},
    {TroubleKind::expire_tokens,
     "expire_tokens",
     "",
     "no token given out so far is valid any more"},
    {TroubleKind::leader_change,
     "leader_change",
     "to how=close ready_after=0",
     "streams end, another member (to=N, from 0) leads and runs all deployments again; it answers "
     "200 and closes ready_after times first"},
    {TroubleKind::rerun, "rerun", "", "all deployments run again from their first step"},
    {TroubleKind::drop,
     "drop",
     "share=1 count for",
     "events that happen (totals count them) and that no stream gets (lost in /sim/sent)"},
    {TroubleKind::duplicate, "duplicate", "share=0.1 for", "events that come twice"},
    {TroubleKind::reorder, "reorder", "share=0.1 for", "events that come up to 20 events late"},
    {TroubleKind::bad, "bad", "share=0.1 for", "malformed bodies between the events"},
    {TroubleKind::oversize, "oversize", "bytes=17000000 count=1", "the next event is that long"},
    {TroubleKind::snapshot_older,
     "snapshot_older",
     "events=0 for",
     "snapshots show the state of now for good, or with events=N that of N to 2N events ago"},
    {TroubleKind::snapshot_newer,
     "snapshot_newer",
     "events=50 for",
     "streams are so many events behind the snapshots"},
    {TroubleKind::snapshot_error,
     "snapshot_error",
     "status=503 path count for",
     "snapshots answer so"},
    {TroubleKind::snapshot_not_json, "snapshot_not_json", "path count for", "200 and no JSON"},
    {TroubleKind::snapshot_cut,
     "snapshot_cut",
     "bytes=100 path count for",
     "the body ends after so many bytes"},
    {TroubleKind::snapshot_slow,
     "snapshot_slow",
     "delay=5s bytes=0 every=100ms path count for",
     "the head comes late; with bytes=N the body so many bytes at a time"},
    {TroubleKind::other_framework,
     "other_framework",
     "id=ffffffff-0000-4000-8000-000000000000-0000 count for",
     "/v2/info names another frameworkId"},
    {TroubleKind::callbacks_late,
     "callbacks_late",
     "share=0.5 delay=200ms for",
     "posts wait up to delay, so that they overtake each other"},
    {TroubleKind::clear, "clear", "", "ends all of these that last"},
}};

constexpr bool kinds_in_order() {
    for (std::size_t i = 0; i < kind_rows.size(); ++i) {
        if (static_cast<std::size_t>(kind_rows[i].kind) != i) {
            return false;
        }
    }
    return true;
}

static_assert(kinds_in_order());

}  // namespace tally::simulate
