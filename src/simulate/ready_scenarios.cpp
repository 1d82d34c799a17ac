#include "simulate/scenario.hpp"

namespace tally::simulate {

namespace {

constexpr std::string_view blinking =
    R"(# The stream ends again and again, in every way a connection can.
wait subscriber
after 20s close
after 20s rst
after 20s half_frame at=body
after 20s half_frame at=utf8
after 20s half_frame at=crlf how=rst
after 20s refuse for=10s
now close
repeat
)";

constexpr std::string_view deaf =
    R"(# The connection stays and nothing comes any more: only a timeout notices.
wait subscriber
after 15s silence which=open
wait attach
after 30s silence which=all for=60s   # and the next attempt gets no byte either
wait attach
after 60s
repeat
)";

constexpr std::string_view failover =
    R"(# The leader goes, the next one needs a while, deployments run again.
wait subscriber
after 30s leader_change ready_after=2
wait attach
after 30s leader_change how=rst
now http_error status=503 for=10s     # nobody leads for a moment
wait attach
after 30s
repeat
)";

constexpr std::string_view locked_out =
    R"(# Tokens expire, then somebody breaks the permissions, then all is well again.
wait subscriber
after 30s expire_tokens
now http_error status=401 for=20s
now close
wait attach
after 30s http_error status=403 for=20s
now close
wait attach
after 30s
repeat
)";

constexpr std::string_view lossy =
    R"(# The bus loses, repeats and mixes up events; no sign of it on the wire.
wait subscriber
now duplicate share=0.02
now reorder share=0.02
after 20s..40s drop count=20
after 20s..40s oversize
after 20s..40s close
repeat
)";

constexpr std::string_view bad_snapshots =
    R"(# After each reconnect GET /v2/apps, tasks, deployments and pods cannot be trusted.
wait subscriber
after 20s snapshot_error status=503 count=3
now close
wait attach
after 20s snapshot_not_json count=2
now close
wait attach
after 20s snapshot_cut count=2
now close
wait attach
after 20s snapshot_slow delay=15s count=1
now close
wait attach
after 20s snapshot_older for=30s
after 10s close
wait attach
after 40s snapshot_newer events=200 for=30s
now close
wait attach
after 40s other_framework for=30s
now close
wait attach
after 60s
repeat
)";

constexpr std::string_view storm =
    R"(# Everything at once, at random; the same --seed gives the same storm.
wait subscriber
after 1s..5s close | rst | half_frame | half_frame at=utf8 how=rst | half_frame at=crlf | leader_change ready_after=1
after 500ms..3s http_error status=503 count=2 | http_error status=401 count=1 | empty_200 count=2 | not_a_stream count=1 | never_answers count=1 | redirect hops=3 count=4 | redirect count=1 | refuse for=2s
after 500ms..3s snapshot_error count=1 | snapshot_not_json count=1 | snapshot_cut count=1 | snapshot_older for=3s | snapshot_newer for=3s | snapshot_slow delay=1s count=1
after 500ms..3s drop count=7 | duplicate share=0.05 for=2s | reorder share=0.05 for=2s | bad share=0.02 for=2s | drip for=2s | buffer for=3s | proxy for=5s | silence | rerun
repeat
)";

}  // namespace

const std::vector<ReadyScenario>& ready_scenarios() {
    static const std::vector<ReadyScenario> all{
        {"blinking", "the stream ends again and again, in every way a connection can", blinking},
        {"deaf", "connections stay open and nothing comes any more", deaf},
        {"failover", "leaders change, deployments run again", failover},
        {"locked-out", "401 after expiry, then 403", locked_out},
        {"lossy", "events get lost, come twice, late or far too long", lossy},
        {"bad-snapshots", "snapshots fail, lag, lead or are another cluster's", bad_snapshots},
        {"storm", "all of it at random, by --seed", storm},
    };
    return all;
}

std::optional<std::string_view> ready_scenario(std::string_view name) {
    for (const ReadyScenario& ready : ready_scenarios()) {
        if (ready.name == name) {
            return ready.text;
        }
    }
    return std::nullopt;
}

}  // namespace tally::simulate
