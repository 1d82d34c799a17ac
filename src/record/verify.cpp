#include "tally/record/verify.hpp"

#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "record/checkpoint_loader.hpp"
#include "record/counted_rows.hpp"
#include "record/database.hpp"
#include "record/payloads.hpp"
#include "record/stored_marks.hpp"
#include "record/verify_identity.hpp"
#include "record/verify_tables.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"

namespace tally::record {

namespace {

constexpr std::int64_t told_max = 100;
constexpr std::int64_t commit_events = 50'000;

/// Where the stored events begin: behind a checkpoint, once something was pruned.
struct Base {
    model::Seq seq = 0;
    std::int64_t rejected = 0;
};

std::string in_schema(std::string_view select, std::string_view schema, const Base& base) {
    std::string sql;
    for (const char c : select) {
        if (c == '@') {
            sql += schema;
        } else if (c == '#') {
            sql += fmt::format("{}", base.seq);
        } else if (c == '~') {
            sql += fmt::format("{}", schema == "main" ? base.rejected : 0);
        } else {
            sql += c;
        }
    }
    return sql;
}

class Verifier {
  public:
    Verifier(const std::string& path, const std::string& scratch, const std::function<void(std::string_view)>& tell,
             const model::World::Options& memory)
        : path_(path), scratch_(scratch), tell_(tell), memory_(memory), db_(path, Database::Mode::read) {
        check_file(db_, path);
    }

    Result<Verified> run() {
        (void)History(scratch_);  // makes it
        Statement attach = db_.prepare("ATTACH ? AS again");
        attach.run(std::string_view(scratch_));
        db_.execute("CREATE TEMP TABLE base_source(name TEXT, last_event_ms INTEGER)");
        // One moment of the stored history for all that follows, whatever a daemon writes meanwhile. That of the
        // scratch begins when it is read for the first time, after the fold.
        db_.execute("BEGIN");
        find_base();
        compare_counters_with_rows();
        verified_.fold_checked = has_payloads();
        if (!verified_.fold_checked) {
            return verified_;
        }
        if (base_.seq != 0) {
            load_checkpoint(db_, base_.seq, scratch_);
        }
        History again(scratch_);
        next_app_ = again.next_app();
        remember_hours_of_base();
        auto folded = fold_again(again);
        if (!folded) {
            return folded.error();
        }
        for (const BySeq& table : by_seq) {
            compare_by_seq(table);
        }
        for (const AsSet& table : as_sets) {
            compare_sets(table.name, in_schema(table.select, "main", base_), in_schema(table.select, "again", base_));
        }
        compare_identities(db_, base_.seq != 0, [this](const std::string& what) { tell_difference("identity", what); });
        return verified_;
    }

  private:
    void find_base() {
        Statement base = db_.prepare("SELECT seq, last_rejected FROM checkpoint WHERE seq = (SELECT value FROM meta WHERE key = 'pruned_to')");
        if (base.step()) {
            base_ = {.seq = base.integer(0), .rejected = base.integer(1)};
        }
    }

    /// Hours that had begun by then are not folded again as a whole. (By a connection of its own: the one that reads what is
    /// stored must not see the scratch yet.)
    void remember_hours_of_base() {
        Database again(scratch_, Database::Mode::read);
        Statement rows = again.prepare("SELECT name, last_event_ms FROM source WHERE last_event_ms IS NOT NULL");
        Statement insert = db_.prepare("INSERT INTO temp.base_source VALUES (?,?)");
        while (rows.step()) {
            insert.run(rows.text(0), rows.integer(1));
        }
    }

    bool has_payloads() {
        Statement missing = db_.prepare(
            "SELECT (SELECT count(*) FROM input JOIN kind USING (kind_id) WHERE seq > ?1 AND event_type IS NOT NULL)"
            " > (SELECT coalesce(sum(events), 0) FROM payload_block WHERE last_seq > ?1)"
            " + (SELECT count(*) FROM payload WHERE seq > ?1)"
        );
        missing.bind_all(base_.seq);
        return missing.step() && missing.integer(0) == 0;
    }

    model::Buckets buckets_of(std::int64_t source) {
        model::Buckets buckets;
        Statement rows = db_.prepare(
            "SELECT DISTINCT family, value FROM histogram, json_each(bounds) WHERE source_id = ? ORDER BY 1, 2"
        );
        rows.bind_all(source);
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
            model::World::Options options = memory_;
            options.buckets = buckets_of(rows.integer(0));
            options.counted_as_other = &source.others;
            source.batch.source = again.source(name);
            source.world = std::make_unique<model::World>(source.batch.source, name, options, next_app_);
            if (base_.seq != 0) {
                again.restore(*source.world);
            }
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
        return written ? Result<void>() : Result<void>(Error{written.error().what});
    }

    Result<void> fold_again(History& again) {
        (void)again.begin_bulk();
        Payloads packed(db_.handle());
        StoredMarks marks(db_, base_.seq);
        auto sources = open_sources(again);
        decode::Decoder decoder;
        std::string body;
        Statement events = db_.prepare(
            "SELECT i.seq, source_id, time_ms, lag_ms, received, connection, body, v.entity, v.app FROM input i"
            " CROSS JOIN kind k USING (kind_id) JOIN v_events v ON v.seq = i.seq LEFT JOIN payload p ON p.seq = i.seq"
            " WHERE i.seq > ? AND k.event_type IS NOT NULL ORDER BY i.seq"
        );
        events.bind_all(base_.seq);
        while (events.step()) {
            fold_marks(marks, events.integer(0), sources);
            const std::string_view payload =
                events.is_null(6)
                    ? packed.find(events.integer(0), {events.text(7), events.text(8), events.integer(2)}).value_or("")
                    : events.text(6);
            body.assign(payload);
            body.resize(payload.size() + decode::body_padding);
            const std::string_view text(body.data(), payload.size());
            const auto event = decoder.decode(text);
            const auto source = sources.find(static_cast<model::SourceId>(events.integer(1)));
            if (!event || source == sources.end()) {
                tell_difference("v_events", fmt::format("seq {}: {}", events.integer(0),
                                                        event ? "of no source" : event.error().what));
                continue;
            }
            fold(events, *event, text, source->second);
            if (++verified_.events % commit_events == 0) {
                if (const auto written = commit(again, sources); !written) {
                    return written;
                }
            }
        }
        fold_marks(marks, std::numeric_limits<model::Seq>::max(), sources);
        if (const auto written = repeat_rejections(again, sources); !written) {
            return written;
        }
        return commit(again, sources);
    }

    /// Those before `seq`, which lie between the event before and the one of that seq.
    void fold_marks(StoredMarks& marks, model::Seq seq, std::map<model::SourceId, Source>& sources) {
        while (const auto stored = marks.next(seq)) {
            const auto source = sources.find(stored->source);
            if (!stored->mark || stored->mark->seqs() != stored->last_seq - stored->seq + 1 || source == sources.end()) {
                tell_difference("mark", fmt::format("seq {}: {}", stored->seq,
                                                    source == sources.end() ? "of no source" : "cannot be read"));
                continue;
            }
            source->second.world->apply(*stored->mark, stored->seq, source->second.batch);
        }
    }

    void fold(const Statement& row, const decode::Event& event, std::string_view body, Source& source) {
        const model::Seq seq = row.integer(0);
        model::Stamp stamp = source.world->stamp(std::nullopt, 0, true);
        stamp.time = row.integer(2);
        stamp.own_clock = row.integer(4) == 0;
        stamp.received = row.is_null(3) ? stamp.received : stamp.time + row.integer(3);
        if (stamp.own_clock && event.timestamp != stamp.time) {
            tell_difference("v_events", fmt::format("seq {}: time is not that of the event", seq));
        }
        const Hash128 hash = hash128(body);
        source.batch.identities.push_back(
            {.source = source.batch.source, .bucket = identity_bucket(event.timestamp, hash), .hash = hash}
        );
        source.world->apply(
            event,
            {.seq = seq,
             .stamp = stamp,
             .connection = static_cast<std::uint64_t>(row.integer(5)),
             .body = body,
             .keep_payload = false},
            source.batch
        );
    }

    /// Input that is no event has no place in the fold; it is only counted.
    Result<void> repeat_rejections(History& again, std::map<model::SourceId, Source>& sources) {
        Statement rows = db_.prepare(
            "SELECT source_id, time_ms, reason, what FROM rejected WHERE seq IS NULL AND rejected_id > ? ORDER BY rejected_id"
        );
        rows.bind_all(base_.rejected);
        for (std::int64_t count = 1; rows.step(); ++count) {
            const auto source = sources.find(static_cast<model::SourceId>(rows.integer(0)));
            const auto reason = decode::reject_reason_of(rows.text(2));
            if (source == sources.end() || !reason) {
                tell_difference("v_rejected", fmt::format("reason {} of source {}", rows.text(2), rows.integer(0)));
                continue;
            }
            source->second.world->reject(
                {.reason = *reason, .received = rows.integer(1), .what = rows.text(3), .sample = {}},
                source->second.batch
            );
            if (count % commit_events == 0) {
                if (const auto written = commit(again, sources); !written) {
                    return written;
                }
            }
        }
        return {};
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
                              " WHERE a.seq > {3} AND (b.seq IS NULL OR ({1}) IS NOT ({2}))",
                              table.name, prefixed("a."), prefixed("b."), base_.seq),
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
                "SELECT source_id, app, CASE WHEN a = '' OR (source_id, a) IN (SELECT source_id, a FROM counter"
                " WHERE family = '{0}') THEN a ELSE 'other' END AS la, CASE WHEN b = '' OR (source_id, b) IN"
                " (SELECT source_id, b FROM counter WHERE family = '{0}') THEN b ELSE 'other' END AS lb, sum(n)"
                " FROM (WITH r(source_id, app, a, b, n) AS ({1}) SELECT * FROM r UNION ALL SELECT source_id,"
                " app_id, {2}, value FROM pruned_counter WHERE family = '{0}') r GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0",
                behind.family, in_schema(behind.rows, "", {}), behind.by_label ? "a, b" : "'', ''"
            );
            const std::string counters = fmt::format(
                "SELECT source_id, app_id, {}, sum(value) FROM counter WHERE family = '{}' GROUP BY 1, 2, 3, 4"
                " HAVING sum(value) <> 0",
                behind.by_label ? "a, b" : "'', ''", behind.family
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
    const model::World::Options& memory_;
    Database db_;
    Verified verified_;
    std::map<std::string, std::int64_t> told_;
    model::AppId next_app_ = 1;
    Base base_;
};

void remove_scratch(const std::string& scratch) {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::error_code ignored;
        std::filesystem::remove(scratch + suffix, ignored);
    }
}

}  // namespace

Result<Verified> verify(const std::string& path, const std::string& scratch,
                        const std::function<void(std::string_view)>& tell, const model::World::Options& memory) {
    remove_scratch(scratch);
    try {
        const auto verified = Verifier(path, scratch, tell, memory).run();
        remove_scratch(scratch);
        return verified;
    } catch (const SqliteError& error) {
        remove_scratch(scratch);
        throw CannotStart{fmt::format("cannot verify {}: {}", path, error.what)};
    }
}

}  // namespace tally::record
