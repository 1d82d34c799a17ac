#include "tally/record/verify.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "record/database.hpp"
#include "record/payloads.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/record/history.hpp"

namespace tally::record {

namespace {

constexpr std::int64_t told_max = 100;

/// Tables that are compared row by row, keyed by seq; `again` is the repeated fold.
struct BySeq {
    const char* name;
    const char* columns;
};
constexpr std::array by_seq{
    BySeq{"v_events", "time, source, event_type, app, entity, deployment_id, clock"},
    BySeq{"v_task_transitions",
          "time, source, app, task, from_state, to_state, dwell_s, host, version, message, unexpected, provenance"},
    BySeq{"v_task_late_events", "time, source, app, task, from_state, to_state"},
    BySeq{"v_instance_transitions", "time, source, app, instance, from_state, to_state, dwell_s, host"},
    BySeq{"v_health_failures", "time, source, app, entity, protocol, check_key"},
    BySeq{"v_health_transitions", "time, source, app, entity, from_health, to_health, dwell_s"},
    BySeq{"v_unhealthy_kills", "time, source, app, task, instance, host, reason"},
    BySeq{"v_api_calls", "time, source, app, verb, uri, client_ip"},
    BySeq{"v_group_changes", "time, source, group_id, result, version, reason"},
    BySeq{"v_scheduler_events", "time, source, event, master"},
    BySeq{"v_subscribers", "time, source, event, address"},
    BySeq{"v_unknown_terminations", "time, source, app, entity, condition"},
    BySeq{"v_framework_messages", "time, source, executor, agent, bytes"},
};

/// Compared as sets of rows. `@` stands for the schema. Duplicates and lag are not derived from events.
struct AsSet {
    const char* name;
    const char* select;
};
constexpr std::array as_sets{
    AsSet{"source", "SELECT name, last_event_ms, tasks_forgotten, instances_forgotten, deployments_forgotten"
                    " FROM @.source WHERE last_event_ms IS NOT NULL"},
    AsSet{"label", "SELECT s.name, l.kind, l.name FROM @.label l JOIN @.source s USING (source_id)"},
    AsSet{"app",
          "SELECT s.name, a.name, counted_as_other, ended, healthy_now, unhealthy_now, health_seen,"
          " accrued_until_ms, unhealthy_ms, observed_ms, last_deployment_ms, last_deployment_ended_ms"
          " FROM @.app a JOIN @.source s USING (source_id)"},
    AsSet{"task",
          "SELECT s.name, t.name, a.name, i.name, st.value, t.since_ms, t.first_seen_ms, t.ended_ms, t.staging_ms,"
          " t.started, t.ended_seq, h.value, v.value FROM @.task t JOIN @.source s USING (source_id)"
          " JOIN @.app a USING (app_id) JOIN @.instance i USING (instance_id) JOIN @.text st ON st.text_id = t.state_id"
          " LEFT JOIN @.text h ON h.text_id = t.host_id LEFT JOIN @.text v ON v.text_id = t.version_id"},
    AsSet{"instance",
          "SELECT s.name, i.name, a.name, c.value, since_ms, first_seen_ms, ended_ms, last_created_ms, health,"
          " health_since_ms, health_ended, has_instance_health, idle_seq, h.value FROM @.instance i"
          " JOIN @.source s USING (source_id) JOIN @.app a USING (app_id)"
          " LEFT JOIN @.text c ON c.text_id = i.condition_id LEFT JOIN @.text h ON h.text_id = i.host_id"},
    AsSet{"deployment", "SELECT * FROM @.v_deployments"},
    AsSet{"deployment_step", "SELECT * FROM @.v_deployment_steps"},
    AsSet{"deployment_app", "SELECT * FROM @.v_deployment_apps"},
    AsSet{"deployment_correction", "SELECT * FROM @.v_deployment_corrections"},
    AsSet{"health_check",
          "SELECT s.name, a.name, check_key, protocol, interval_s, since_ms, until_ms FROM @.health_check"
          " JOIN @.app a USING (app_id) JOIN @.source s USING (source_id)"},
    AsSet{"app_health_hourly", "SELECT * FROM @.v_app_health_hourly"},
    AsSet{"rejected", "SELECT source, time, reason, what, seq, count(*) FROM @.v_rejected GROUP BY 1, 2, 3, 4, 5"},
    AsSet{"counter",
          "SELECT s.name, c.family, coalesce(a.name, c.app_id), c.a, c.b, c.value FROM @.counter c"
          " JOIN @.source s USING (source_id) LEFT JOIN @.app a USING (app_id) WHERE c.family <> 'duplicates'"},
    AsSet{"histogram", "SELECT s.name, family, a, bounds, counts, sum_ms FROM @.histogram"
                       " JOIN @.source s USING (source_id) WHERE family <> 'stream_lag'"},
};

/// What the rows say a counter should be: (source_id, app, a, b, n). An app past the cap is -1.
struct Behind {
    const char* family;
    const char* rows;
};
#define TALLY_APP "CASE a.counted_as_other WHEN 1 THEN -1 ELSE a.app_id END"
constexpr std::array counted_rows{
    Behind{"events", "SELECT source_id, 0, t.value, '', count(*) FROM event JOIN text t ON text_id = type_id"
                     " GROUP BY 1, 3"},
    Behind{"rejected", "SELECT source_id, 0, reason, '', count(*) FROM rejected GROUP BY 1, 3"},
    Behind{"task_transitions",
           "SELECT a.source_id, " TALLY_APP ", f.value, o.value, count(*) FROM task_transition x JOIN app a"
           " USING (app_id) JOIN text f ON f.text_id = from_id JOIN text o ON o.text_id = to_id"
           " WHERE inferred = 0 GROUP BY 1, 2, 3, 4"},
    Behind{"task_late_events", "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM task_late_event"
                               " JOIN app a USING (app_id) GROUP BY 1, 2"},
    Behind{"task_unexpected",
           "SELECT a.source_id, 0, f.value, o.value, count(*) FROM task_transition x JOIN app a USING (app_id)"
           " JOIN text f ON f.text_id = from_id JOIN text o ON o.text_id = to_id"
           " WHERE inferred = 0 AND unexpected GROUP BY 1, 3, 4"},
    Behind{"unknown_terminations", "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM unknown_termination x"
                                   " JOIN app a USING (app_id) GROUP BY 1, 2"},
    Behind{"framework_messages", "SELECT source_id, 0, '', '', count(*) FROM framework_message GROUP BY 1"},
    Behind{"framework_message_bytes", "SELECT source_id, 0, '', '', sum(bytes) FROM framework_message GROUP BY 1"},
    Behind{"tasks",
           "SELECT a.source_id, " TALLY_APP ", s.value, '', count(*) FROM task x JOIN app a USING (app_id)"
           " JOIN text s ON s.text_id = state_id WHERE ended_seq IS NULL GROUP BY 1, 2, 3"},
    Behind{"instance_transitions",
           "SELECT a.source_id, " TALLY_APP ", f.value, o.value, count(*) FROM instance_transition x JOIN app a"
           " USING (app_id) JOIN text f ON f.text_id = from_id JOIN text o ON o.text_id = to_id"
           " WHERE inferred = 0 GROUP BY 1, 2, 3, 4"},
    Behind{"instances",
           "SELECT a.source_id, " TALLY_APP ", c.value, '', count(*) FROM instance x JOIN app a USING (app_id)"
           " JOIN text c ON c.text_id = condition_id WHERE ended_ms IS NULL GROUP BY 1, 2, 3"},
    Behind{"deployments", "SELECT source_id, 0, counted_outcome, counted_kind, count(*) FROM deployment"
                          " WHERE counted_outcome IS NOT NULL AND inferred = 0 GROUP BY 1, 3, 4"},
    Behind{"app_deployments",
           "SELECT a.source_id, " TALLY_APP ", counted_outcome, '', count(*) FROM (SELECT DISTINCT deployment_id,"
           " app_id FROM deployment_app WHERE counted) JOIN deployment d USING (deployment_id) JOIN app a"
           " USING (app_id) WHERE d.inferred = 0 GROUP BY 1, 2, 3"},
    Behind{"deployment_corrections",
           "SELECT d.source_id, 0, from_outcome, to_outcome, count(*) FROM deployment_correction"
           " JOIN deployment d USING (deployment_id) GROUP BY 1, 3, 4"},
    Behind{"health_check_failures",
           "SELECT a.source_id, " TALLY_APP ", p.value, '', count(*) FROM health_failure x JOIN app a"
           " USING (app_id) JOIN text p ON p.text_id = protocol_id GROUP BY 1, 2, 3"},
    Behind{"health_transitions",
           "SELECT a.source_id, " TALLY_APP ", CASE to_health WHEN 0 THEN 'unknown' WHEN 1 THEN 'healthy'"
           " ELSE 'unhealthy' END, '', count(*) FROM health_transition x JOIN app a USING (app_id)"
           " WHERE inferred = 0 GROUP BY 1, 2, 3"},
    Behind{"unhealthy_kills", "SELECT a.source_id, " TALLY_APP ", '', '', count(*) FROM unhealthy_kill x"
                              " JOIN app a USING (app_id) GROUP BY 1, 2"},
    Behind{"api_calls", "SELECT source_id, 0, verb, '', count(*) FROM api_call GROUP BY 1, 3"},
    Behind{"group_changes", "SELECT source_id, 0, result, '', count(*) FROM group_change GROUP BY 1, 3"},
    Behind{"scheduler_events", "SELECT source_id, 0, event, '', count(*) FROM scheduler_event GROUP BY 1, 3"},
};
#undef TALLY_APP

std::string in_schema(std::string_view select, std::string_view schema) {
    std::string sql;
    for (const char c : select) {
        if (c == '@') {
            sql += schema;
        } else {
            sql += c;
        }
    }
    return sql;
}

class Verifier {
  public:
    Verifier(const std::string& path, const std::string& scratch, const std::function<void(std::string_view)>& tell)
        : path_(path), scratch_(scratch), tell_(tell), db_(path, Database::Mode::read) {
        check_file(db_, path);
        db_.execute("BEGIN");
    }

    Result<Verified> run() {
        compare_counters_with_rows();
        verified_.fold_checked = has_payloads();
        if (!verified_.fold_checked) {
            return verified_;
        }
        auto folded = fold_again();
        if (!folded) {
            return folded.error();
        }
        db_.execute("COMMIT");
        Statement attach = db_.prepare("ATTACH ? AS again");
        attach.run(std::string_view(scratch_));
        for (const BySeq& table : by_seq) {
            compare_by_seq(table);
        }
        for (const AsSet& table : as_sets) {
            compare_sets(table.name, in_schema(table.select, "main"), in_schema(table.select, "again"));
        }
        return verified_;
    }

  private:
    bool has_payloads() {
        Statement missing = db_.prepare(
            "SELECT (SELECT count(*) FROM event WHERE payload IS NULL)"
            " > (SELECT coalesce(sum(events), 0) FROM payload_block)"
        );
        return missing.step() && missing.integer(0) == 0;
    }

    model::Buckets buckets() {
        model::Buckets buckets;
        Statement rows = db_.prepare("SELECT DISTINCT family, value FROM histogram, json_each(bounds) ORDER BY 1, 2");
        std::map<std::string, std::vector<TimeMs>, std::less<>> bounds;
        while (rows.step()) {
            bounds[std::string(rows.text(0))].push_back(rows.integer(1));
        }
        const auto take = [&bounds](std::string_view family, std::vector<TimeMs>& into) {
            const auto found = bounds.find(family);
            into = found == bounds.end() ? into : found->second;
        };
        take("task_start_duration", buckets.task_state);
        take("task_state_duration", buckets.task_state);
        take("step_duration", buckets.deployment);
        take("deployment_duration", buckets.deployment);
        take("stream_lag", buckets.lag);
        return buckets;
    }

    struct Source {
        std::unique_ptr<model::World> world;
        std::set<std::string, std::less<>> others;
        model::Batch batch;
    };

    std::map<model::SourceId, Source> open_sources(History& again) {
        std::map<model::SourceId, Source> sources;
        Statement rows = db_.prepare("SELECT source_id, name FROM source ORDER BY source_id");
        while (rows.step()) {
            const std::string name(rows.text(1));
            Source& source = sources[static_cast<model::SourceId>(rows.integer(0))];
            Statement others = db_.prepare("SELECT name FROM app WHERE source_id = ? AND counted_as_other");
            others.bind_all(rows.integer(0));
            while (others.step()) {
                source.others.emplace(others.text(0));
            }
            model::World::Options options;
            options.buckets = buckets();
            options.counted_as_other = &source.others;
            source.batch.source = again.source(name);
            source.world = std::make_unique<model::World>(source.batch.source, name, options, next_app_);
        }
        return sources;
    }

    Result<void> commit(History& again, std::map<model::SourceId, Source>& sources) {
        std::vector<model::Batch*> batches;
        for (auto& [id, source] : sources) {
            source.world->finish(source.batch);
            batches.push_back(&source.batch);
        }
        const auto written = again.write(batches);
        for (auto& [id, source] : sources) {
            const model::SourceId keep = source.batch.source;
            source.batch.clear();
            source.batch.source = keep;
        }
        return written;
    }

    Result<void> fold_again() {
        constexpr int commit_events = 50'000;
        History again(scratch_, buckets());
        again.begin_bulk();
        Payloads packed(db_.handle());
        auto sources = open_sources(again);
        decode::Decoder decoder;
        std::string body;
        Statement events = db_.prepare(
            "SELECT seq, source_id, time_ms, lag_ms, received, connection, payload FROM event ORDER BY seq"
        );
        while (events.step()) {
            Source& source = sources.at(static_cast<model::SourceId>(events.integer(1)));
            const std::string_view payload =
                events.is_null(6) ? packed.find(events.integer(0)).value_or("") : events.text(6);
            body.assign(payload);
            body.resize(payload.size() + decode::body_padding);
            const std::string_view text(body.data(), payload.size());
            const auto event = decoder.decode(text);
            if (!event) {
                tell_difference("v_events", fmt::format("seq {}: {}", events.integer(0), event.error().what));
                continue;
            }
            model::Stamp stamp = source.world->stamp(std::nullopt, 0, true);
            stamp.time = events.integer(2);
            stamp.own_clock = events.integer(4) == 0;
            stamp.received = events.is_null(3) ? stamp.received : stamp.time + events.integer(3);
            source.world->apply(
                *event,
                {.seq = events.integer(0),
                 .stamp = stamp,
                 .connection = static_cast<std::uint64_t>(events.integer(5)),
                 .body = text,
                 .keep_payload = false},
                source.batch
            );
            if (++verified_.events % commit_events == 0) {
                if (const auto written = commit(again, sources); !written) {
                    return written;
                }
            }
        }
        repeat_rejections(sources);
        return commit(again, sources);
    }

    /// Input that is no event has no place in the fold; it is only counted.
    void repeat_rejections(std::map<model::SourceId, Source>& sources) {
        Statement rows = db_.prepare(
            "SELECT source_id, time_ms, reason, what FROM rejected WHERE seq IS NULL ORDER BY rejected_id"
        );
        while (rows.step()) {
            Source& source = sources.at(static_cast<model::SourceId>(rows.integer(0)));
            for (std::size_t reason = 0; reason < decode::reject_reason_count; ++reason) {
                if (decode::to_string(static_cast<decode::RejectReason>(reason)) == rows.text(2)) {
                    source.world->reject({.reason = static_cast<decode::RejectReason>(reason),
                                          .received = rows.integer(1),
                                          .what = rows.text(3),
                                          .sample = {}},
                                         source.batch);
                }
            }
        }
    }

    void tell_difference(std::string_view table, std::string_view what) {
        ++verified_.differences;
        if (++told_[std::string(table)] <= told_max) {
            tell_(fmt::format("{}: {}", table, what));
        }
    }

    /// Tells each row of `sql` as a difference, its columns joined.
    void tell_rows(std::string_view table, std::string_view how, const std::string& sql, int columns) {
        Statement rows = db_.prepare(sql);
        while (rows.step()) {
            std::string line(how);
            for (int column = 0; column < columns; ++column) {
                line += column == 0 ? " " : "|";
                line += rows.is_null(column) ? std::string_view("NULL") : rows.text(column);
            }
            tell_difference(table, line);
        }
    }

    void compare_by_seq(const BySeq& table) {
        const auto prefixed = [&table](std::string_view alias) {
            std::string columns;
            for (const char* at = table.columns; *at != '\0'; ++at) {
                if (at == table.columns || at[-1] == ' ') {
                    columns += alias;
                }
                columns += *at;
            }
            return columns;
        };
        tell_rows(table.name, "stored, not so folded again: seq",
                  fmt::format("SELECT a.seq FROM main.{0} a LEFT JOIN again.{0} b USING (seq)"
                              " WHERE b.seq IS NULL OR ({1}) IS NOT ({2})",
                              table.name, prefixed("a."), prefixed("b.")),
                  1);
        tell_rows(table.name, "folded again, not stored: seq",
                  fmt::format("SELECT b.seq FROM again.{0} b LEFT JOIN main.{0} a USING (seq) WHERE a.seq IS NULL",
                              table.name),
                  1);
    }

    void compare_sets(std::string_view name, const std::string& stored, const std::string& again) {
        const int columns = db_.prepare(stored).columns();
        tell_rows(name, "stored, not so folded again:", fmt::format("{} EXCEPT {}", stored, again), columns);
        tell_rows(name, "folded again, not so stored:", fmt::format("{} EXCEPT {}", again, stored), columns);
    }

    void compare_counters_with_rows() {
        for (const Behind& behind : counted_rows) {
            // A name that has no series of its own is counted as `other`.
            const std::string rows = fmt::format(
                "SELECT source_id, app, CASE WHEN a = '' OR EXISTS (SELECT 1 FROM counter c WHERE c.source_id ="
                " r.source_id AND c.family = '{0}' AND c.a = r.a) THEN a ELSE 'other' END AS la,"
                " CASE WHEN b = '' OR EXISTS (SELECT 1 FROM counter c WHERE c.source_id = r.source_id"
                " AND c.family = '{0}' AND c.b = r.b) THEN b ELSE 'other' END AS lb, sum(n)"
                " FROM (WITH r(source_id, app, a, b, n) AS ({1}) SELECT * FROM r) r GROUP BY 1, 2, 3, 4",
                behind.family, behind.rows
            );
            const std::string counters = fmt::format(
                "SELECT source_id, app_id, a, b, value FROM counter WHERE family = '{}' AND value <> 0", behind.family
            );
            const std::string name = fmt::format("counter {} against its rows", behind.family);
            constexpr int columns = 5;
            tell_rows(name, "counter:", fmt::format("{} EXCEPT {}", counters, rows), columns);
            tell_rows(name, "rows:", fmt::format("{} EXCEPT {}", rows, counters), columns);
        }
    }

    std::string path_;
    std::string scratch_;
    const std::function<void(std::string_view)>& tell_;
    Database db_;
    Verified verified_;
    std::map<std::string, std::int64_t> told_;
    model::AppId next_app_ = 1;
};

void remove_scratch(const std::string& scratch) {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::error_code ignored;
        std::filesystem::remove(scratch + suffix, ignored);
    }
}

}  // namespace

Result<Verified> verify(const std::string& path, const std::string& scratch,
                        const std::function<void(std::string_view)>& tell) {
    remove_scratch(scratch);
    try {
        const auto verified = Verifier(path, scratch, tell).run();
        remove_scratch(scratch);
        return verified;
    } catch (const SqliteError& error) {
        remove_scratch(scratch);
        throw CannotStart{fmt::format("cannot verify {}: {}", path, error.what)};
    }
}

}  // namespace tally::record
