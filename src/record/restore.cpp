#include "record/restore.hpp"

#include <algorithm>
#include <charconv>

#include "record/restore_entities.hpp"
#include "record/step_actions.hpp"

namespace tally::record {

namespace {

using namespace model;

constexpr std::int64_t refused_max = 65'536;  // as many as the World remembers (semantics.md section 2)

void restore_apps(Database& db, World& world) {
    Statement labels = db.prepare("SELECT kind, name FROM label WHERE source_id = ? ORDER BY label_id");
    labels.bind_all(world.id());
    while (labels.step()) {
        world.restore(LabelRow{.source = world.id(), .kind = labels.text(0), .name = labels.text(1)});
    }
    Statement apps = db.prepare(
        "SELECT app_id, name, counted_as_other, ended, last_received_ms, healthy_now, unhealthy_now, health_seen,"
        " accrued_until_ms, unhealthy_ms, observed_ms, last_deployment_ms, last_deployment_ended_ms"
        " FROM app WHERE source_id = ? ORDER BY app_id"
    );
    apps.bind_all(world.id());
    while (apps.step()) {
        world.restore(AppRow{.app = static_cast<AppId>(apps.integer(0)),
                             .source = world.id(),
                             .name = apps.text(1),
                             .counted_as_other = apps.integer(2) != 0,
                             .ended = apps.integer(3) != 0,
                             .last_received = apps.integer(4),
                             .healthy_now = apps.integer(5),
                             .unhealthy_now = apps.integer(6),
                             .health_seen = apps.integer(7) != 0,
                             .accrued_until = apps.time(8),
                             .unhealthy_ms = apps.integer(9),
                             .observed_ms = apps.integer(10),
                             .last_deployment_ms = apps.time(11),
                             .last_deployment_ended = apps.time(12)});
    }
}

/// Steps and apps of deployments, one after the other.
class DeploymentParts {
  public:
    explicit DeploymentParts(Database& db)
        : steps_(db.prepare(
              "SELECT step, actions, started_ms, ended_ms, open, connection, result FROM deployment_step"
              " WHERE deployment_id = ? ORDER BY step"
          )),
          apps_(db.prepare("SELECT app_id, action FROM deployment_app WHERE deployment_id = ? ORDER BY app_id, action")) {}

    void restore(std::int64_t row, Slot slot, World& world) {
        steps_.bind_all(row);
        while (steps_.step()) {
            text_.clear();
            world.restore(DeploymentStepRow{.deployment = slot,
                                            .step = steps_.integer(0),
                                            .actions = actions_from_json(steps_.text(1), text_),
                                            .started = steps_.time(2),
                                            .ended = steps_.time(3),
                                            .open = steps_.integer(4) != 0,
                                            .connection = static_cast<std::uint64_t>(steps_.integer(5)),
                                            .result = steps_.text(6)});
        }
        steps_.reset();
        apps_.bind_all(row);
        while (apps_.step()) {
            world.restore(DeploymentAppRow{
                .deployment = slot, .app = static_cast<AppId>(apps_.integer(0)), .action = apps_.text(1)});
        }
        apps_.reset();
    }

  private:
    Statement steps_, apps_;
    Arena text_;
};

void restore_deployments(Database& db, Slots& slots, Seq forgotten, World& world) {
    Statement rows = db.prepare(
        "SELECT deployment_id, name, kind, outcome, requested_ms, started_ms, succeeded_ms, failed_ms, reruns,"
        " counted_outcome, counted_kind, plan_known, has_info, reason_cancels, contradicted, action_bits, closed_seq,"
        " steps, steps_done, inferred FROM (SELECT * FROM deployment WHERE source_id = ?1 AND closed_seq > ?2"
        " UNION ALL SELECT * FROM deployment WHERE source_id = ?1 AND closed_seq IS NULL)"
        " ORDER BY closed_seq, deployment_id"
    );
    rows.bind_all(world.id(), forgotten);
    DeploymentParts parts(db);
    while (rows.step()) {
        const Slot slot = world.restore(DeploymentRow{.name = rows.text(1),
                                                      .source = world.id(),
                                                      .kind = rows.text(2),
                                                      .outcome = rows.text(3),
                                                      .requested = rows.time(4),
                                                      .started = rows.time(5),
                                                      .succeeded = rows.time(6),
                                                      .failed = rows.time(7),
                                                      .steps = rows.integer(17),
                                                      .steps_done = rows.integer(18),
                                                      .reruns = rows.integer(8),
                                                      .counted_outcome = rows.text(9),
                                                      .counted_kind = rows.text(10),
                                                      .plan_known = rows.integer(11) != 0,
                                                      .has_info = rows.integer(12) != 0,
                                                      .reason_cancels = rows.integer(13) != 0,
                                                      .contradicted = rows.integer(14) != 0,
                                                      .action_bits = static_cast<std::uint8_t>(rows.integer(15)),
                                                      .closed_seq = rows.integer(16),
                                                      .inferred = rows.integer(19) != 0});
        slots.deployments.put(slot, rows.integer(0));
        parts.restore(rows.integer(0), slot, world);
    }
}

void restore_refused(Database& db, World& world) {
    // The last distinct versions that can be read as times, oldest first.
    std::vector<TimeMs> versions;
    Statement rows = db.prepare(
        "SELECT version FROM group_change WHERE source_id = ? AND result = 'failed' AND version IS NOT NULL"
        " ORDER BY seq DESC LIMIT ?"
    );
    rows.bind_all(world.id(), refused_max);
    while (rows.step()) {
        if (const auto version = parse_timestamp(rows.text(0))) {
            versions.push_back(*version);
        }
    }
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
        world.restore_refused(*version);
    }
}

/// How many of each reason came in the minute of the last rejected one: the limit of samples goes on.
void restore_rejected(Database& db, World& world) {
    constexpr std::int64_t minute_ms = 60'000;
    Statement rows = db.prepare(
        "WITH last AS (SELECT time_ms / ?2 AS minute FROM rejected WHERE source_id = ?1 ORDER BY rejected_id DESC LIMIT 1)"
        " SELECT reason, max(time_ms), count(*) FROM (SELECT * FROM rejected WHERE source_id = ?1"
        "  ORDER BY rejected_id DESC LIMIT ?3) WHERE time_ms / ?2 = (SELECT minute FROM last) GROUP BY reason"
    );
    constexpr std::int64_t looked_at_max = 100'000;  // more than enough of each reason to reach the limit
    rows.bind_all(world.id(), minute_ms, looked_at_max);
    while (rows.step()) {
        if (const auto reason = decode::reject_reason_of(rows.text(0))) {
            world.restore_rejected(*reason, rows.integer(1), rows.integer(2));
        }
    }
}

std::vector<std::uint64_t> counts_of(std::string_view json) {
    std::vector<std::uint64_t> counts;
    const char* at = json.data();
    const char* const end = at + json.size();
    while (at < end) {
        std::uint64_t count = 0;
        const auto [next, error] = std::from_chars(at, end, count);
        if (error == std::errc{}) {
            counts.push_back(count);
        }
        at = std::max(next, at + 1);
    }
    return counts;
}

void restore_numbers(Database& db, World& world) {
    Statement cells = db.prepare(
        "SELECT cell, family, app_id, a, b, value FROM counter WHERE source_id = ? ORDER BY cell"
    );
    cells.bind_all(world.id());
    while (cells.step()) {
        world.restore(CellRow{.source = world.id(),
                              .cell = static_cast<std::uint32_t>(cells.integer(0)),
                              .family = cells.text(1),
                              .app = static_cast<AppId>(cells.integer(2)),
                              .a = cells.text(3),
                              .b = cells.text(4),
                              .value = cells.integer(5)});
    }
    Statement histograms = db.prepare("SELECT family, a, counts, sum_ms, bounds, mixed FROM histogram WHERE source_id = ?");
    histograms.bind_all(world.id());
    while (histograms.step()) {
        const std::vector<std::uint64_t> bounds = counts_of(histograms.text(4));
        for (std::size_t i = 0; i < histogram_family_count; ++i) {
            const auto family = static_cast<HistogramFamily>(i);
            if (to_string(family) == histograms.text(0)) {
                world.restore(HistogramRow{.source = world.id(),
                                           .family = family,
                                           .a = histograms.text(1),
                                           .bounds = {bounds.begin(), bounds.end()},
                                           .counts = counts_of(histograms.text(2)),
                                           .sum_ms = histograms.integer(3),
                                           .mixed = histograms.integer(5) != 0});
            }
        }
    }
}

/// The last session, the last gaps, and the last one between sessions.
void restore_stream(Database& db, World& world) {
    Statement sessions = db.prepare(
        "SELECT number, start_ms, last_ms, end_ms, connection, cause, url, events, bytes FROM session"
        " WHERE source_id = ? ORDER BY number DESC LIMIT 1"
    );
    sessions.bind_all(world.id());
    while (sessions.step()) {
        world.restore(SessionRow{.source = world.id(),
                                 .number = static_cast<std::uint32_t>(sessions.integer(0)),
                                 .start = sessions.integer(1),
                                 .last = sessions.integer(2),
                                 .end = sessions.time(3),
                                 .connection = static_cast<std::uint64_t>(sessions.integer(4)),
                                 .cause = sessions.text(5),
                                 .url = sessions.text(6),
                                 .events = static_cast<std::uint64_t>(sessions.integer(7)),
                                 .bytes = static_cast<std::uint64_t>(sessions.integer(8))});
    }
    Statement gaps = db.prepare(
        "SELECT * FROM (SELECT number, start_ms, end_ms, cause, last_error, attempts, lost, reconciled, inferred FROM gap"
        " WHERE source_id = ?1 AND cause <> 'history_unwritable' ORDER BY number DESC LIMIT 1)"
        " UNION SELECT * FROM (SELECT number, start_ms, end_ms, cause, last_error, attempts, lost, reconciled, inferred"
        " FROM gap WHERE source_id = ?1 ORDER BY number DESC LIMIT 64) ORDER BY number"
    );
    gaps.bind_all(world.id());
    while (gaps.step()) {
        world.restore(GapRow{.source = world.id(),
                             .number = static_cast<std::uint32_t>(gaps.integer(0)),
                             .start = gaps.integer(1),
                             .end = gaps.time(2),
                             .cause = gaps.text(3),
                             .last_error = gaps.text(4),
                             .attempts = gaps.integer(5),
                             .lost = gaps.is_null(6) ? -1 : gaps.integer(6),
                             .reconciled = gaps.integer(7) != 0,
                             .inferred = gaps.integer(8)});
    }
}

}  // namespace

void restore_world(Database& db, Slots& slots, World& world) {
    Statement find = db.prepare(
        "SELECT last_event_ms, tasks_forgotten, instances_forgotten, deployments_forgotten, framework, reconciled, stopped"
        " FROM source WHERE source_id = ?"
    );
    find.bind_all(world.id());
    SourceRow source{.source = world.id()};
    if (find.step()) {
        source.last_event = find.time(0);
        source.tasks_forgotten = find.integer(1);
        source.instances_forgotten = find.integer(2);
        source.deployments_forgotten = find.integer(3);
        source.framework = find.text(4);
        source.reconciled = find.integer(5) != 0;
        source.stopped = find.integer(6) != 0;
    }
    world.restore(source);
    find.reset();
    restore_stream(db, world);
    restore_apps(db, world);
    restore_entities(db, slots, source, world);
    restore_deployments(db, slots, source.deployments_forgotten, world);
    restore_refused(db, world);
    restore_rejected(db, world);
    restore_numbers(db, world);
}

}  // namespace tally::record
