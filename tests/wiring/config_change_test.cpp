#include "config_change.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace tally {

namespace {

using namespace std::chrono_literals;

// Another value than it has.
void change(bool& value) { value = !value; }
void change(std::size_t& value) { ++value; }
void change(std::string& value) { value += "x"; }
void change(std::chrono::milliseconds& value) { value += 1ms; }
void change(std::vector<std::string>& value) { value.emplace_back("127.0.0.1:1"); }
void change(std::vector<TimeMs>& value) { value.push_back(1'000'000'000); }
void change(std::vector<SourceConfig>& value) { value.push_back({.name = "new", .urls = {}}); }

/// One thing that can be set, and what a reload does with another value.
struct Row {
    std::string setting;  ///< as the refusal names it; empty: taken over
    bool restarts_streams = false;
    std::function<void(Config&)> change;
    std::function<bool(const Config&, const Config&)> same;
};

template <class Get>
Row row(std::string setting, Get get, bool restarts_streams = false) {
    return {.setting = std::move(setting),
            .restarts_streams = restarts_streams,
            .change = [get](Config& config) { tally::change(get(config)); },
            .same = [get](const Config& a, const Config& b) { return get(a) == get(b); }};
}

#define REFUSED(setting, field) row(setting, [](auto& c) -> auto& { return c.field; })
#define TAKEN_OVER(field) row("", [](auto& c) -> auto& { return c.field; })
#define TAKEN_OVER_BY_NEW_STREAMS(field) row("", [](auto& c) -> auto& { return c.field; }, true)

std::vector<Row> rows() {
    return {
        TAKEN_OVER(sources),
        REFUSED("database", database),
        REFUSED("web.listen_address", listen_addresses),
        REFUSED("web.config_file", web_config_file),
        REFUSED("web.enable_lifecycle", enable_lifecycle),
        REFUSED("http", http.header_bytes_max),
        REFUSED("http", http.header_lines_max),
        REFUSED("http", http.target_bytes_max),
        REFUSED("http", http.connections_max),
        REFUSED("http", http.requests_max),
        REFUSED("http", http.bodies_bytes_max),
        REFUSED("http", http.responses_bytes_max),
        REFUSED("http", http.idle_timeout),
        REFUSED("http", http.header_timeout),
        REFUSED("http", http.body_grace),
        REFUSED("http", http.write_grace),
        REFUSED("http", http.bytes_per_second_min),
        REFUSED("http", http.client_look_interval),
        REFUSED("http", http.linger_timeout),
        REFUSED("http", http.password_checks_max),
        REFUSED("query", queries.running_max),
        REFUSED("query", queries.waiting_max),
        REFUSED("query", queries.per_client_max),
        REFUSED("query", queries.wait_max),
        REFUSED("query", queries.run_max),
        REFUSED("query", queries.run_grace),
        REFUSED("query", query_size.rows_max),
        REFUSED("query", query_size.bytes_max),
        REFUSED("query", query_size.value_bytes_max),
        TAKEN_OVER(log_level),
        TAKEN_OVER(log_format),
        REFUSED("history", keep_payload),
        REFUSED("history", replay_commit_inputs),
        REFUSED("history", payload_hot),
        REFUSED("history", retention_time),
        REFUSED("history", retention_bytes),
        REFUSED("metrics", max_apps),
        REFUSED("metrics", buckets.task_state),
        REFUSED("metrics", buckets.deployment),
        REFUSED("metrics", buckets.lag),
        REFUSED("limits.max_event_bytes", max_event_bytes),
        TAKEN_OVER_BY_NEW_STREAMS(connect_timeout),
        TAKEN_OVER_BY_NEW_STREAMS(header_timeout),
        TAKEN_OVER_BY_NEW_STREAMS(silence_timeout),
        TAKEN_OVER_BY_NEW_STREAMS(backoff.wait_first),
        TAKEN_OVER_BY_NEW_STREAMS(backoff.wait_max),
        TAKEN_OVER_BY_NEW_STREAMS(backoff.stable_min),
        TAKEN_OVER_BY_NEW_STREAMS(reconcile.interval),
        TAKEN_OVER_BY_NEW_STREAMS(reconcile.timeout),
        TAKEN_OVER_BY_NEW_STREAMS(reconcile.bytes_max),
        REFUSED("reconcile.hold", reconcile.hold),
        REFUSED("reconcile.hold", reconcile.hold_bytes_max),
        REFUSED("journal", journal.bytes_max),
        REFUSED("journal", journal.reserve_bytes),
    };
}

#undef REFUSED
#undef TAKEN_OVER
#undef TAKEN_OVER_BY_NEW_STREAMS

/// A new field stops the compiler here, so that it gets a row above. (http.wall_clock is for tests.)
[[maybe_unused]] void every_field_has_a_row(const Config& config) {
    [[maybe_unused]] const auto& [sources, database, listen_addresses, web_config_file, enable_lifecycle, http, queries, query_size, log_level,
                 log_format, keep_payload, replay_commit_inputs, payload_hot, retention_time, retention_bytes, max_apps, buckets, max_event_bytes, connect_timeout,
                 header_timeout, silence_timeout, backoff, reconcile, journal] = config;
    [[maybe_unused]] const auto& [header_bytes_max, header_lines_max, target_bytes_max, connections_max, requests_max, bodies_bytes_max,
                 responses_bytes_max, idle_timeout, http_header_timeout, body_grace, write_grace, bytes_per_second_min,
                 client_look_interval, linger_timeout, password_checks_max, wall_clock] = http;
    [[maybe_unused]] const auto& [running_max, waiting_max, per_client_max, wait_max, run_max, run_grace] = queries;
    [[maybe_unused]] const auto& [rows_max, query_bytes_max, value_bytes_max] = query_size;
    [[maybe_unused]] const auto& [task_state, deployment, lag] = buckets;
    [[maybe_unused]] const auto& [wait_first, backoff_wait_max, stable_min] = backoff;
    [[maybe_unused]] const auto& [interval, timeout, reconcile_bytes_max, hold, hold_bytes_max] = reconcile;
    [[maybe_unused]] const auto& [journal_bytes_max, reserve_bytes] = journal;
}

TEST(ConfigChangeTest, EachSettingIsTakenOverOrNamedAsOneThatNeedsARestart) {
    int at = 0;
    for (const Row& row : rows()) {
        SCOPED_TRACE(std::to_string(at++) + " " + row.setting);
        Config now, next;
        row.change(next);
        ASSERT_FALSE(row.same(now, next));
        const auto done = can_become(now, next);
        EXPECT_EQ(done.has_value(), row.setting.empty());
        if (!done) {
            EXPECT_EQ(done.error().what, row.setting + " has changed: that needs a restart");
            continue;
        }
        take_over(now, next);
        EXPECT_TRUE(row.same(now, next));
        EXPECT_TRUE(can_become(now, next));
    }
}

TEST(ConfigChangeTest, StreamsGoOnUnlessWhatTheyFollowByHasChanged) {
    int at = 0;
    for (const Row& row : rows()) {
        SCOPED_TRACE(at++);
        Config now, next;
        row.change(next);
        EXPECT_EQ(follows_alike(now, next), !row.restarts_streams);
        EXPECT_EQ(follows_alike(next, now), !row.restarts_streams);
    }
}

TEST(ConfigChangeTest, WhatIsRefusedIsRefusedWhateverElseHasChanged) {
    Config now, next;
    next.log_level = "debug";
    next.sources.push_back({.name = "new", .urls = {}});
    next.journal.bytes_max = 1;
    EXPECT_EQ(can_become(now, next).error().what, "journal has changed: that needs a restart");
}

TEST(ConfigChangeTest, TheSameCanBecomeItself) {
    Config now;
    now.sources.push_back({.name = "a", .urls = {"http://a"}});
    EXPECT_TRUE(can_become(now, now));
    EXPECT_TRUE(follows_alike(now, now));
}

}  // namespace

}  // namespace tally
