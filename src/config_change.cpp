#include "config_change.hpp"

#include <array>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace tally {

Result<void> can_become(const Config& now, const Config& next) {
    const auto same_http = [](const serve::HttpServer::Options& a, const serve::HttpServer::Options& b) {
        return std::tie(a.header_bytes_max, a.header_lines_max, a.target_bytes_max, a.connections_max, a.requests_max,
                        a.bodies_bytes_max, a.responses_bytes_max, a.idle_timeout, a.header_timeout, a.body_grace,
                        a.write_grace, a.bytes_per_second_min, a.client_look_interval, a.linger_timeout,
                        a.password_checks_max) ==
               std::tie(b.header_bytes_max, b.header_lines_max, b.target_bytes_max, b.connections_max, b.requests_max,
                        b.bodies_bytes_max, b.responses_bytes_max, b.idle_timeout, b.header_timeout, b.body_grace,
                        b.write_grace, b.bytes_per_second_min, b.client_look_interval, b.linger_timeout,
                        b.password_checks_max);
    };
    const auto same_query = [](const Config& a, const Config& b) {
        return std::tie(a.queries.run_max, a.queries.wait_max, a.queries.running_max, a.queries.waiting_max,
                        a.queries.per_client_max, a.queries.run_grace, a.query_size.rows_max, a.query_size.bytes_max,
                        a.query_size.value_bytes_max) ==
               std::tie(b.queries.run_max, b.queries.wait_max, b.queries.running_max, b.queries.waiting_max,
                        b.queries.per_client_max, b.queries.run_grace, b.query_size.rows_max, b.query_size.bytes_max,
                        b.query_size.value_bytes_max);
    };
    const auto same_metrics = [](const Config& a, const Config& b) {
        return std::tie(a.max_apps, a.buckets.task_state, a.buckets.deployment, a.buckets.lag) ==
               std::tie(b.max_apps, b.buckets.task_state, b.buckets.deployment, b.buckets.lag);
    };
    const auto same_hold = [](const ReconcileLimits& a, const ReconcileLimits& b) {
        return a.hold == b.hold && a.hold_bytes_max == b.hold_bytes_max;
    };
    const std::array<std::pair<const char*, bool>, 11> same{{
        {"database", now.database == next.database},
        {"web.listen_address", now.listen_addresses == next.listen_addresses},
        {"web.config_file", now.web_config_file == next.web_config_file},
        {"web.enable_lifecycle", now.enable_lifecycle == next.enable_lifecycle},
        {"http", same_http(now.http, next.http)},
        {"query", same_query(now, next)},
        {"history", now.keep_payload == next.keep_payload && now.replay_commit_inputs == next.replay_commit_inputs &&
                        now.payload_hot == next.payload_hot && now.retention_time == next.retention_time &&
                        now.retention_bytes == next.retention_bytes},
        {"metrics", same_metrics(now, next)},
        {"limits.max_event_bytes", now.max_event_bytes == next.max_event_bytes},
        {"reconcile.hold", same_hold(now.reconcile, next.reconcile)},
        {"journal", now.journal.bytes_max == next.journal.bytes_max &&
                        now.journal.reserve_bytes == next.journal.reserve_bytes},
    }};
    for (const auto& [name, is_same] : same) {
        if (!is_same) {
            return Error{fmt::format("{} has changed: that needs a restart", name)};
        }
    }
    return {};
}

void take_over(Config& now, const Config& next) {
    now.sources = next.sources;
    now.log_level = next.log_level;
    now.log_format = next.log_format;
    now.connect_timeout = next.connect_timeout;
    now.header_timeout = next.header_timeout;
    now.silence_timeout = next.silence_timeout;
    now.backoff = next.backoff;
    now.reconcile = next.reconcile;
}

bool follows_alike(const Config& one, const Config& other) {
    return std::tie(one.connect_timeout, one.header_timeout, one.silence_timeout, one.backoff, one.reconcile.interval,
                    one.reconcile.timeout, one.reconcile.bytes_max) ==
           std::tie(other.connect_timeout, other.header_timeout, other.silence_timeout, other.backoff,
                    other.reconcile.interval, other.reconcile.timeout, other.reconcile.bytes_max);
}

}  // namespace tally
