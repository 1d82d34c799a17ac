#include "record/state_rows.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "record/step_actions.hpp"

namespace tally::record {

using namespace model;

namespace {

TimeMs after(TimeMs time, TimeMs first_seen) { return time == no_time ? no_time : time - first_seen; }

/// A row of these numbers, the first of which is the rowid.
void add(RowFeed& feed, std::string_view name, std::initializer_list<std::int64_t> numbers) {
    constexpr std::size_t rows_at_once = 4096;
    if (feed.rows().size() >= rows_at_once) {
        feed.write();
    }
    FeedRow& row = feed.add(*numbers.begin());
    std::copy(numbers.begin(), numbers.end(), row.numbers);
    row.text = name.data() == nullptr ? std::string_view("") : name;
}

template <class Number>
std::string numbers_json(const std::vector<Number>& numbers) {
    return fmt::format("[{}]", fmt::join(numbers, ","));
}

}  // namespace

StateRows::StateRows(Database& db, Texts& texts)
    : texts_(texts),
      update_source_(db.prepare(
          "UPDATE source SET last_event_ms = ?, tasks_forgotten = ?, instances_forgotten = ?,"
          " deployments_forgotten = ?, framework = ?, reconciled = ?, stopped = ?, by_callback = max(by_callback, ?),"
          " journal_position = coalesce(?, journal_position), journal_holds = coalesce(?, journal_holds)"
          " WHERE source_id = ?"
      )),
      upsert_session_(db.prepare("INSERT OR REPLACE INTO session VALUES (?,?,?,?,?,?,?,?,?,?)")),
      upsert_gap_(db.prepare("INSERT OR REPLACE INTO gap VALUES (?,?,?,?,?,?,?,?,?,?)")),
      insert_label_(db.prepare("INSERT OR IGNORE INTO label(source_id, kind, name) VALUES (?, ?, ?)")),
      insert_app_(db.prepare("INSERT INTO app VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")),
      update_app_(db.prepare(
          "UPDATE app SET ended = ?, last_received_ms = ?, healthy_now = ?, unhealthy_now = ?, health_seen = ?,"
          " accrued_until_ms = ?, unhealthy_ms = ?, observed_ms = ?, last_deployment_ms = ?,"
          " last_deployment_ended_ms = ? WHERE app_id = ?"
      )),
      upsert_hour_(db.prepare(
          "INSERT INTO app_hour VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
          " failures = failures + excluded.failures, flaps = flaps + excluded.flaps, kills = kills + excluded.kills,"
          " unhealthy_ms = unhealthy_ms + excluded.unhealthy_ms, observed_ms = observed_ms + excluded.observed_ms"
      )),
      insert_hour_run_(db.prepare(
          "INSERT INTO app_hour_run(app_id, hour_ms, hours, unhealthy_ms, observed_ms) VALUES (?,?,?,?,?)"
      )),
      instances_(
          db,
          "instance",
          "instance_id,source_id,first_seen_ms,app_id,condition_id,since_ms,ended,created_after_ms,health,health_since_ms,"
          "health_ended,has_instance_health,idle_seq,host_id,health_counts_from_ms,since_inferred,name"
      ),
      tasks_(
          db,
          "task",
          "task_id,source_id,instance_id,first_seen_ms,app_id,state_id,since_ms,staging_after_ms,started,ended_seq,host_id,"
          "version_id,since_inferred,name"
      ),
      cells_(db, "cell", "(?,?,?,?,?)"),
      update_instance_(db.prepare(
          "UPDATE instance SET app_id = ?, condition_id = ?, since_ms = ?, ended = ?, created_after_ms = ? - first_seen_ms,"
          " health = ?, health_since_ms = ?, health_ended = ?, has_instance_health = ?, idle_seq = ?,"
          " host_id = coalesce(?, host_id), health_counts_from_ms = ?, since_inferred = ? WHERE instance_id = ?"
      )),
      revive_task_(db.prepare("UPDATE task SET instance_id = ?, ended_seq = NULL WHERE task_id = ?")),
      update_task_(db.prepare(
          "UPDATE task SET app_id = ?, state_id = ?, since_ms = ?, staging_after_ms = ? - first_seen_ms, started = ?,"
          " ended_seq = ?, host_id = coalesce(?, host_id),"
          " version_id = coalesce(?, version_id), since_inferred = ? WHERE task_id = ?"
      )),
      insert_deployment_(db.prepare(
          "INSERT INTO deployment(deployment_id, source_id, name, kind, outcome, requested_ms, started_ms, ended_ms,"
          " succeeded_ms, failed_ms, steps, steps_done, reruns, reason, counted_outcome, counted_kind, plan_known,"
          " has_info, reason_cancels, contradicted, action_bits, closed_seq, inferred)"
          " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
      )),
      update_deployment_(db.prepare(
          "UPDATE deployment SET kind = ?, outcome = ?, requested_ms = ?, started_ms = ?, ended_ms = ?,"
          " succeeded_ms = ?, failed_ms = ?, steps = ?, steps_done = ?, reruns = ?, reason = coalesce(?, reason),"
          " counted_outcome = ?, counted_kind = ?, plan_known = ?, has_info = ?, reason_cancels = ?,"
          " contradicted = ?, action_bits = ?, closed_seq = ?, inferred = ? WHERE deployment_id = ?"
      )),
      upsert_step_(db.prepare("INSERT OR REPLACE INTO deployment_step VALUES (?,?,?,?,?,?,?,?)")),
      update_step_(db.prepare(
          "UPDATE deployment_step SET started_ms = ?, ended_ms = ?, open = ?, connection = ?, result = ?"
          " WHERE deployment_id = ? AND step = ?"
      )),
      insert_deployment_app_(db.prepare("INSERT OR IGNORE INTO deployment_app VALUES (?, ?, ?, 0)")),
      count_deployment_apps_(db.prepare("UPDATE deployment_app SET counted = 1 WHERE deployment_id = ?")),
      delete_steps_(db.prepare("DELETE FROM deployment_step WHERE deployment_id = ?")),
      delete_apps_(db.prepare("DELETE FROM deployment_app WHERE deployment_id = ?")),
      find_series_(db.prepare(
          "INSERT INTO series(family, a, b) VALUES (?,?,?) ON CONFLICT DO UPDATE SET a = excluded.a RETURNING series_id"
      )),
      update_cell_(db.prepare("UPDATE cell SET value = ? WHERE source_id = ? AND cell = ?")),
      upsert_histogram_(db.prepare("INSERT OR REPLACE INTO histogram VALUES (?,?,?,?,?,?,?)")) {}

void StateRows::write(const Batch& batch, const Slots& slots) {
    for (const SourceRow& row : batch.sources) {
        update_source_.run(
            Ms{row.last_event}, row.tasks_forgotten, row.instances_forgotten, row.deployments_forgotten,
            Text{row.framework}, row.reconciled, row.stopped, batch.by_callback, Id{static_cast<std::int64_t>(batch.journal)},
            Ms{batch.journal == 0 ? no_time : TimeMs{batch.journal_holds}}, row.source
        );
    }
    for (const SessionRow& row : batch.sessions) {
        upsert_session_.run(
            row.source, row.number, row.start, row.last, Ms{row.end}, row.connection, Text{row.cause}, row.url,
            row.events, row.bytes
        );
    }
    for (const GapRow& row : batch.gaps) {
        upsert_gap_.run(
            row.source, row.number, row.start, Ms{row.end}, row.cause, Text{row.last_error}, row.attempts,
            Ms{row.lost < 0 ? no_time : row.lost}, row.reconciled, row.inferred
        );
    }
    for (const LabelRow& row : batch.labels) {
        insert_label_.run(row.source, row.kind, row.name);
    }
    write_apps(batch);
    write_instances(batch, slots);
    write_tasks(batch, slots);
    write_deployments(batch, slots);
    write_numbers(batch);
}

void StateRows::write_apps(const Batch& batch) {
    for (const AppRow& row : batch.apps) {
        if (row.born) {
            insert_app_.run(
                row.app, row.source, row.name, row.counted_as_other, row.ended, row.last_received, row.healthy_now,
                row.unhealthy_now, row.health_seen, Ms{row.accrued_until}, row.unhealthy_ms, row.observed_ms,
                Ms{row.last_deployment_ms}, Ms{row.last_deployment_ended}
            );
        } else {
            update_app_.run(
                row.ended, row.last_received, row.healthy_now, row.unhealthy_now, row.health_seen,
                Ms{row.accrued_until}, row.unhealthy_ms, row.observed_ms, Ms{row.last_deployment_ms},
                Ms{row.last_deployment_ended}, row.app
            );
        }
    }
    for (const AppHourDelta& row : batch.app_hours) {
        upsert_hour_.run(row.app, row.hour, row.failures, row.flaps, row.kills, row.unhealthy_ms, row.observed_ms);
    }
    for (const AppHourRun& row : batch.app_hour_runs) {
        insert_hour_run_.run(row.app, row.hour, row.hours, row.unhealthy_ms, row.observed_ms);
    }
}

// What is born is added first: a row that was forgotten and born again in this batch is then there to update.

void StateRows::write_instances(const Batch& batch, const Slots& slots) {
    for (const InstanceRow& row : batch.instances) {
        if (row.born && !slots.instances.is_known(row.slot)) {
            add(instances_, row.name,
                {slots.instances[row.slot], batch.source, row.first_seen, row.app, or_null(texts_.id(row.condition)), row.since,
                 row.ended != no_time, after(row.last_created, row.first_seen), static_cast<int>(row.health),
                 row.health_since, row.health_ended, row.has_instance_health, or_null(row.idle_seq),
                 or_null(texts_.id(row.host)), row.health_counts_from, static_cast<int>(row.entry)});
        }
    }
    instances_.write();
    for (const InstanceRow& row : batch.instances) {
        if (row.born && !slots.instances.is_known(row.slot)) {
            continue;
        }
        update_instance_.run(
            row.app, Id{texts_.id(row.condition)}, Ms{row.since}, row.ended != no_time, Ms{row.last_created},
            static_cast<int>(row.health), Ms{row.health_since}, row.health_ended, row.has_instance_health,
            Id{row.idle_seq}, Id{texts_.id(row.host)}, Ms{row.health_counts_from}, static_cast<int>(row.entry),
            slots.instances[row.slot]
        );
    }
}

void StateRows::write_tasks(const Batch& batch, const Slots& slots) {
    for (const TaskRow& row : batch.tasks) {
        if (row.born && !slots.tasks.is_known(row.slot)) {
            add(tasks_, row.name,
                {slots.tasks[row.slot], batch.source, slots.instances[row.instance], row.first_seen, row.app,
                 texts_.id(row.state), row.since, after(row.staging, row.first_seen), row.started, or_null(row.ended_seq),
                 or_null(texts_.id(row.host)), or_null(texts_.id(row.version)), static_cast<int>(row.entry)});
        }
    }
    tasks_.write();
    for (const TaskRow& row : batch.tasks) {
        if (row.born && !slots.tasks.is_known(row.slot)) {
            continue;
        }
        if (row.born) {
            revive_task_.run(slots.instances[row.instance], slots.tasks[row.slot]);
        }
        update_task_.run(
            row.app, texts_.id(row.state), Ms{row.since}, Ms{row.staging}, row.started,
            Id{row.ended_seq}, Id{texts_.id(row.host)}, Id{texts_.id(row.version)}, static_cast<int>(row.entry),
            slots.tasks[row.slot]
        );
    }
}

void StateRows::write_deployment(const DeploymentRow& row, const Slots& slots) {
    const std::int64_t deployment = slots.deployments[row.slot];
    if (row.born && !slots.deployments.is_known(row.slot)) {
        insert_deployment_.run(
            deployment, row.source, row.name, row.kind, row.outcome, Ms{row.requested}, Ms{row.started}, Ms{row.ended},
            Ms{row.succeeded}, Ms{row.failed}, row.steps, row.steps_done, row.reruns, Text{row.reason},
            Text{row.counted_outcome}, Text{row.counted_kind}, row.plan_known, row.has_info, row.reason_cancels,
            row.contradicted, int{row.action_bits}, Id{row.closed_seq}, row.inferred
        );
        return;
    }
    if (row.born) {  // a life that the fold has forgotten: its steps and apps are not those of this one
        delete_steps_.run(deployment);
        delete_apps_.run(deployment);
    }
    update_deployment_.run(
        row.kind, row.outcome, Ms{row.requested}, Ms{row.started}, Ms{row.ended}, Ms{row.succeeded}, Ms{row.failed},
        row.steps, row.steps_done, row.reruns, Text{row.reason}, Text{row.counted_outcome}, Text{row.counted_kind},
        row.plan_known, row.has_info, row.reason_cancels, row.contradicted, int{row.action_bits}, Id{row.closed_seq},
        row.inferred, deployment
    );
}

void StateRows::write_deployments(const Batch& batch, const Slots& slots) {
    for (const DeploymentRow& row : batch.deployments) {
        write_deployment(row, slots);
    }
    write_deployment_parts(batch, slots);
}

void StateRows::write_deployment_parts(const Batch& batch, const Slots& slots) {
    for (const DeploymentStepRow& row : batch.deployment_steps) {
        const std::int64_t deployment = slots.deployments[row.deployment];
        if (slots.deployments.is_over(row.deployment)) {
            continue;
        }
        if (row.born) {
            const std::string actions = to_json(row.actions);
            upsert_step_.run(
                deployment, row.step, std::string_view(actions), Ms{row.started}, Ms{row.ended}, row.open,
                row.connection, Text{row.result}
            );
        } else {
            update_step_.run(
                Ms{row.started}, Ms{row.ended}, row.open, row.connection, Text{row.result}, deployment, row.step
            );
        }
    }
    for (const DeploymentAppRow& row : batch.deployment_apps) {
        if (slots.deployments.is_over(row.deployment)) {
            continue;
        }
        if (row.app == 0) {
            count_deployment_apps_.run(slots.deployments[row.deployment]);
        } else {
            insert_deployment_app_.run(slots.deployments[row.deployment], row.app, row.action);
        }
    }
}

/// Its row, given out at first sight. Cells are born once; only a burst of them asks for the same one often.
std::int64_t StateRows::series(const CellRow& cell) {
    constexpr std::size_t remembered_max = 4096;
    std::string key = fmt::format("{} {} {}", cell.family, cell.a.size(), cell.a);
    key += cell.b;
    const auto known = series_.find(key);
    if (known != series_.end()) {
        return known->second;
    }
    find_series_.bind_all(cell.family, cell.a, cell.b);
    const std::int64_t id = find_series_.step() ? find_series_.integer(0) : 0;
    (void)find_series_.step();
    find_series_.reset();
    if (series_.size() >= remembered_max) {
        series_.clear();
    }
    series_.emplace(std::move(key), id);
    return id;
}

void StateRows::write_numbers(const Batch& batch) {
    born_cells_.clear();
    for (const CellRow& row : batch.cells) {
        if (row.born) {
            born_cells_.push_back(&row);
        } else {
            update_cell_.run(row.value, row.source, row.cell);
        }
    }
    cells_.run(born_cells_, [this](const CellRow* cell, auto row) {
        row(cell->source, cell->cell, series(*cell), cell->app, cell->value);
    });
    for (const HistogramRow& row : batch.histograms) {
        const std::string bounds = numbers_json(row.bounds);
        const std::string counts = numbers_json(row.counts);
        upsert_histogram_.run(
            row.source, to_string(row.family), row.a, std::string_view(bounds), std::string_view(counts), row.sum_ms,
            row.mixed
        );
    }
}

}  // namespace tally::record
