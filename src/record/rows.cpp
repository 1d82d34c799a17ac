#include "record/rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

using namespace model;

void append_json_string(std::string& json, std::string_view text) {
    json += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (byte < 0x20) {
            json += fmt::format("\\u{:04x}", byte);
        } else {
            json += c;
        }
    }
    json += '"';
}

std::string actions_json(const std::vector<ActionText>& actions) {
    std::string json = "[";
    for (const ActionText& action : actions) {
        json += json.size() > 1 ? ",{\"action\":" : "{\"action\":";
        append_json_string(json, action.action);
        json += ",\"app\":";
        append_json_string(json, action.app);
        json += '}';
    }
    return json + ']';
}

template <class Number>
std::string numbers_json(const std::vector<Number>& numbers) {
    return fmt::format("[{}]", fmt::join(numbers, ","));
}

}  // namespace

void Slots::put(std::vector<std::int64_t>& rows, Slot slot, std::int64_t row) {
    if (slot >= rows.size()) {
        rows.resize(std::max<std::size_t>(slot + 1, rows.size() + rows.size() / 2));
    }
    rows[slot] = row;
}

Rows::Rows(Database& db, Buckets buckets)
    : db_(db),
      buckets_(std::move(buckets)),
      texts_(db),
      update_source_(db.prepare("UPDATE source SET last_event_ms = ? WHERE source_id = ?")),
      insert_label_(db.prepare("INSERT OR IGNORE INTO label(source_id, kind, name) VALUES (?, ?, ?)")),
      insert_app_(db.prepare("INSERT INTO app VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")),
      update_app_(db.prepare(
          "UPDATE app SET ended = ?, last_received_ms = ?, healthy_now = ?, unhealthy_now = ?, health_seen = ?,"
          " accrued_until_ms = ?, unhealthy_ms = ?, observed_ms = ?, last_deployment_ms = ?,"
          " last_deployment_ended_ms = ? WHERE app_id = ?"
      )),
      insert_instance_(db.prepare(
          "INSERT OR IGNORE INTO instance(source_id, name, first_seen_ms, app_id, condition_id, since_ms, ended_ms,"
          " last_created_ms, health, health_since_ms, health_ended, has_instance_health, idle_seq, host_id)"
          " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
      )),
      find_instance_(db.prepare("SELECT instance_id FROM instance WHERE name = ? AND source_id = ?")),
      update_instance_(db.prepare(
          "UPDATE instance SET app_id = ?, condition_id = ?, since_ms = ?, ended_ms = ?, last_created_ms = ?,"
          " health = ?, health_since_ms = ?, health_ended = ?, has_instance_health = ?, idle_seq = ?,"
          " host_id = coalesce(?, host_id) WHERE instance_id = ?"
      )),
      insert_task_(db.prepare(
          "INSERT OR IGNORE INTO task(source_id, name, instance_id, first_seen_ms, app_id, state_id, since_ms, ended_ms,"
          " staging_ms, started, ended_seq, host_id, version_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
      )),
      find_task_(db.prepare("SELECT task_id FROM task WHERE name = ? AND source_id = ?")),
      revive_task_(db.prepare("UPDATE task SET instance_id = ?, ended_seq = NULL WHERE task_id = ?")),
      update_task_(db.prepare(
          "UPDATE task SET app_id = ?, state_id = ?, since_ms = ?, ended_ms = ?, staging_ms = ?, started = ?,"
          " ended_seq = coalesce(?, ended_seq), host_id = coalesce(?, host_id),"
          " version_id = coalesce(?, version_id) WHERE task_id = ?"
      )),
      upsert_deployment_(db.prepare(
          "INSERT INTO deployment(source_id, name, kind, outcome, requested_ms, started_ms, ended_ms,"
          " succeeded_ms, failed_ms, steps, steps_done, reruns, reason, counted_outcome, counted_kind, plan_known,"
          " has_info, reason_cancels, contradicted, action_bits, closed_seq)"
          " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
          " ON CONFLICT(name, source_id) DO UPDATE SET kind = excluded.kind, outcome = excluded.outcome,"
          " requested_ms = excluded.requested_ms, started_ms = excluded.started_ms, ended_ms = excluded.ended_ms,"
          " succeeded_ms = excluded.succeeded_ms, failed_ms = excluded.failed_ms, steps = excluded.steps,"
          " steps_done = excluded.steps_done, reruns = excluded.reruns, reason = coalesce(excluded.reason, reason),"
          " counted_outcome = excluded.counted_outcome, counted_kind = excluded.counted_kind,"
          " plan_known = excluded.plan_known, has_info = excluded.has_info,"
          " reason_cancels = excluded.reason_cancels, contradicted = excluded.contradicted,"
          " action_bits = excluded.action_bits, closed_seq = excluded.closed_seq RETURNING deployment_id"
      )),
      update_deployment_(db.prepare(
          "UPDATE deployment SET kind = ?, outcome = ?, requested_ms = ?, started_ms = ?, ended_ms = ?,"
          " succeeded_ms = ?, failed_ms = ?, steps = ?, steps_done = ?, reruns = ?, reason = coalesce(?, reason),"
          " counted_outcome = ?, counted_kind = ?, plan_known = ?, has_info = ?, reason_cancels = ?,"
          " contradicted = ?, action_bits = ?, closed_seq = ? WHERE deployment_id = ?"
      )),
      upsert_step_(db.prepare("INSERT OR REPLACE INTO deployment_step VALUES (?,?,?,?,?,?,?,?)")),
      update_step_(db.prepare(
          "UPDATE deployment_step SET started_ms = ?, ended_ms = ?, open = ?, connection = ?, result = ?"
          " WHERE deployment_id = ? AND step = ?"
      )),
      insert_deployment_app_(db.prepare("INSERT OR IGNORE INTO deployment_app VALUES (?, ?, ?, 0)")),
      count_deployment_apps_(db.prepare(
          "UPDATE deployment_app SET counted = 1 WHERE deployment_id = ?"
      )),
      insert_correction_(db.prepare("INSERT INTO deployment_correction VALUES (?,?,?,?,?)")),
      insert_event_(db.prepare("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?)")),
      insert_identity_(
          db.prepare("INSERT INTO identity(source_id, bucket, connection, hashes) VALUES (?,?,?,?)")
      ),
      insert_rejected_(
          db.prepare("INSERT INTO rejected(source_id, time_ms, seq, reason, what, sample) VALUES (?,?,?,?,?,?)")
      ),
      insert_task_transition_(db.prepare("INSERT INTO task_transition VALUES (?,?,NULL,?,?,?,?,?,?,?,?,?,0)")),
      insert_task_late_(db.prepare("INSERT INTO task_late_event VALUES (?,?,?,?,?,?)")),
      insert_instance_transition_(db.prepare("INSERT INTO instance_transition VALUES (?,?,?,?,?,?,?,?,0)")),
      insert_failure_(db.prepare("INSERT INTO health_failure VALUES (?,?,?,?,?,?)")),
      insert_health_transition_(db.prepare("INSERT INTO health_transition VALUES (?,?,NULL,?,?,?,?,?,0)")),
      insert_kill_(db.prepare("INSERT INTO unhealthy_kill VALUES (?,?,?,?,?,?,?)")),
      upsert_check_(db.prepare(
          "INSERT INTO health_check VALUES (?,?,?,?,?,NULL) ON CONFLICT DO UPDATE SET"
          " interval_s = coalesce(excluded.interval_s, interval_s), until_ms = NULL"
      )),
      end_checks_(db.prepare("UPDATE health_check SET until_ms = ? WHERE app_id = ? AND until_ms IS NULL")),
      upsert_hour_(db.prepare(
          "INSERT INTO app_hour VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
          " failures = failures + excluded.failures, flaps = flaps + excluded.flaps, kills = kills + excluded.kills,"
          " unhealthy_ms = unhealthy_ms + excluded.unhealthy_ms, observed_ms = observed_ms + excluded.observed_ms"
      )),
      insert_hour_run_(db.prepare(
          "INSERT INTO app_hour_run(app_id, hour_ms, hours, unhealthy_ms, observed_ms) VALUES (?,?,?,?,?)"
      )),
      insert_api_call_(db.prepare("INSERT INTO api_call VALUES (?,?,?,?,?,?,?)")),
      insert_group_change_(db.prepare("INSERT INTO group_change VALUES (?,?,?,?,?,?,?)")),
      insert_scheduler_event_(db.prepare("INSERT INTO scheduler_event VALUES (?,?,?,?,?)")),
      insert_subscriber_(db.prepare("INSERT INTO subscriber VALUES (?,?,?,?,?)")),
      insert_unknown_termination_(db.prepare("INSERT INTO unknown_termination VALUES (?,?,?,?,?,?)")),
      insert_framework_message_(db.prepare("INSERT INTO framework_message VALUES (?,?,?,?,?,?)")),
      insert_counter_(db.prepare("INSERT INTO counter VALUES (?,?,?,?,?,?,?)")),
      update_counter_(db.prepare("UPDATE counter SET value = ? WHERE source_id = ? AND cell = ?")),
      upsert_histogram_(db.prepare("INSERT OR REPLACE INTO histogram VALUES (?,?,?,?,?,?)")) {}

void Rows::write(const Batch& batch) {
    Slots& slots = slots_[batch.source];
    for (const SourceRow& row : batch.sources) {
        update_source_.run(Ms{row.last_event}, row.source);
    }
    for (const LabelRow& row : batch.labels) {
        insert_label_.run(row.source, row.kind, row.name);
    }
    write_apps(batch);
    write_instances(batch, slots);
    write_tasks(batch, slots);
    write_deployments(batch, slots);
    write_events(batch, slots);
    write_identities(batch);
    write_transitions(batch, slots);
    write_health(batch, slots);
    write_plain(batch);
    write_numbers(batch);
}

void Rows::write_apps(const Batch& batch) {
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
}

void Rows::write_instances(const Batch& batch, Slots& slots) {
    for (const InstanceRow& row : batch.instances) {
        const Id condition{texts_.id(row.condition)};
        const Id host{texts_.id(row.host)};
        const auto health = static_cast<int>(row.health);
        if (row.born) {
            insert_instance_.run(
                batch.source, row.name, row.first_seen, row.app, condition, Ms{row.since}, Ms{row.ended},
                Ms{row.last_created}, health, Ms{row.health_since}, row.health_ended, row.has_instance_health,
                Id{row.idle_seq}, host
            );
            Slots::put(slots.instances, row.slot, born_row(find_instance_, row.name, batch.source));
            if (db_.changes() != 0) {
                continue;
            }
        }
        update_instance_.run(
            row.app, condition, Ms{row.since}, Ms{row.ended}, Ms{row.last_created}, health, Ms{row.health_since},
            row.health_ended, row.has_instance_health, Id{row.idle_seq}, host, slots.instances[row.slot]
        );
    }
}

/// The row that an INSERT OR IGNORE has just made, or the one that was there: of a task or instance which the
/// fold had forgotten; it goes on in the same row.
std::int64_t Rows::born_row(Statement& find, std::string_view name, SourceId source) {
    if (db_.changes() != 0) {
        return db_.last_id();
    }
    find.bind_all(name, source);
    TALLY_ASSERT(find.step());
    const std::int64_t row = find.integer(0);
    find.reset();
    return row;
}

void Rows::write_tasks(const Batch& batch, Slots& slots) {
    for (const TaskRow& row : batch.tasks) {
        const std::int64_t state = texts_.id(row.state);
        const Id host{texts_.id(row.host)};
        const Id version{texts_.id(row.version)};
        if (row.born) {
            insert_task_.run(
                batch.source, row.name, slots.instances[row.instance], row.first_seen, row.app, state,
                Ms{row.since}, Ms{row.ended}, Ms{row.staging}, row.started, Id{row.ended_seq}, host, version
            );
            Slots::put(slots.tasks, row.slot, born_row(find_task_, row.name, batch.source));
            if (db_.changes() != 0) {
                continue;
            }
            revive_task_.run(slots.instances[row.instance], slots.tasks[row.slot]);
        }
        update_task_.run(
            row.app, state, Ms{row.since}, Ms{row.ended}, Ms{row.staging}, row.started, Id{row.ended_seq}, host,
            version, slots.tasks[row.slot]
        );
    }
}

void Rows::write_deployments(const Batch& batch, Slots& slots) {
    for (const DeploymentRow& row : batch.deployments) {
        if (row.born) {
            upsert_deployment_.bind_all(
                row.source, row.name, row.kind, row.outcome, Ms{row.requested}, Ms{row.started}, Ms{row.ended},
                Ms{row.succeeded}, Ms{row.failed}, row.steps, row.steps_done, row.reruns, Text{row.reason},
                Text{row.counted_outcome}, Text{row.counted_kind}, row.plan_known, row.has_info,
                row.reason_cancels, row.contradicted, int{row.action_bits}, Id{row.closed_seq}
            );
            TALLY_ASSERT(upsert_deployment_.step());
            Slots::put(slots.deployments, row.slot, upsert_deployment_.integer(0));
            upsert_deployment_.reset();
        } else {
            update_deployment_.run(
                row.kind, row.outcome, Ms{row.requested}, Ms{row.started}, Ms{row.ended}, Ms{row.succeeded},
                Ms{row.failed}, row.steps, row.steps_done, row.reruns, Text{row.reason}, Text{row.counted_outcome},
                Text{row.counted_kind}, row.plan_known, row.has_info, row.reason_cancels, row.contradicted,
                int{row.action_bits}, Id{row.closed_seq}, slots.deployments[row.slot]
            );
        }
    }
    for (const DeploymentStepRow& row : batch.deployment_steps) {
        const std::int64_t deployment = slots.deployments[row.deployment];
        if (row.born) {
            const std::string actions = actions_json(row.actions);
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
        if (row.app == 0) {
            count_deployment_apps_.run(slots.deployments[row.deployment]);
        } else {
            insert_deployment_app_.run(slots.deployments[row.deployment], row.app, row.action);
        }
    }
    for (const DeploymentCorrection& fact : batch.deployment_corrections) {
        insert_correction_.run(fact.seq, fact.time, slots.deployments[fact.deployment], fact.from, fact.to);
    }
}

std::int64_t Rows::entity(const EntityRef& entity, const Slots& slots) {
    switch (entity.kind) {
        case EntityRef::Kind::none:
            return 0;
        case EntityRef::Kind::task:
            return slots.tasks[entity.slot] << 2 | 1;
        case EntityRef::Kind::instance:
            return slots.instances[entity.slot] << 2 | 2;
        case EntityRef::Kind::text:
            break;
    }
    return texts_.id(entity.text) << 2 | 3;
}

void Rows::write_events(const Batch& batch, const Slots& slots) {
    for (const EventFact& fact : batch.events) {
        const std::int64_t deployment =
            fact.deployment == no_slot ? 0 : slots.deployments[fact.deployment];
        const TimeMs lag = fact.connection == 0 ? no_time : fact.received - fact.time;
        insert_event_.run(
            fact.seq, fact.source, fact.time, Ms{lag}, !fact.own_clock, fact.connection, texts_.id(fact.type),
            Id{fact.app}, Id{entity(fact.entity, slots)}, Id{deployment}, Text{fact.payload}
        );
    }
    for (const RejectedFact& fact : batch.rejected) {
        insert_rejected_.run(fact.source, fact.received, Id{fact.seq}, fact.reason, fact.what, Text{fact.sample});
    }
}

void Rows::write_identities(const Batch& batch) {
    // One row per bucket and connection: events near in time lie together.
    std::vector<const IdentityFact*> facts;
    facts.reserve(batch.identities.size());
    for (const IdentityFact& fact : batch.identities) {
        facts.push_back(&fact);
    }
    const auto group = [](const IdentityFact* fact) { return std::pair(fact->bucket, fact->connection); };
    std::stable_sort(facts.begin(), facts.end(), [&group](const auto* a, const auto* b) {
        return group(a) < group(b);
    });
    std::string hashes;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        hashes.append(reinterpret_cast<const char*>(&facts[i]->hash), sizeof(Hash128));
        if (i + 1 == facts.size() || group(facts[i + 1]) != group(facts[i])) {
            insert_identity_.run(batch.source, facts[i]->bucket, facts[i]->connection, Blob{hashes});
            hashes.clear();
        }
    }
}

void Rows::write_transitions(const Batch& batch, const Slots& slots) {
    for (const TaskTransition& fact : batch.task_transitions) {
        insert_task_transition_.run(
            fact.seq, fact.time, fact.app, slots.tasks[fact.task], texts_.id(fact.from), texts_.id(fact.to),
            Ms{fact.dwell_ms}, Id{texts_.id(fact.host)}, Id{texts_.id(fact.version)}, Text{fact.message},
            fact.unexpected
        );
    }
    for (const TaskLateEvent& fact : batch.task_late_events) {
        insert_task_late_.run(
            fact.seq, fact.time, fact.app, slots.tasks[fact.task], texts_.id(fact.from), texts_.id(fact.to)
        );
    }
    for (const InstanceTransition& fact : batch.instance_transitions) {
        insert_instance_transition_.run(
            fact.seq, fact.time, fact.app, slots.instances[fact.instance], texts_.id(fact.from),
            texts_.id(fact.to), Ms{fact.dwell_ms}, Id{texts_.id(fact.host)}
        );
    }
}

void Rows::write_health(const Batch& batch, const Slots& slots) {
    const auto health = [](std::string_view name) { return name == "unknown" ? 0 : name == "healthy" ? 1 : 2; };
    for (const HealthFailure& fact : batch.health_failures) {
        insert_failure_.run(
            fact.seq, fact.time, fact.app, Id{entity(fact.entity, slots)}, texts_.id(fact.protocol),
            texts_.id(fact.check_key)
        );
    }
    for (const HealthTransition& fact : batch.health_transitions) {
        insert_health_transition_.run(
            fact.seq, fact.time, fact.app, Id{entity(fact.entity, slots)}, health(fact.from), health(fact.to),
            Ms{fact.dwell_ms}
        );
    }
    for (const UnhealthyKill& fact : batch.unhealthy_kills) {
        insert_kill_.run(
            fact.seq, fact.time, fact.app, Text{fact.task}, Text{fact.instance}, Text{fact.host}, Text{fact.reason}
        );
    }
    for (const HealthCheckFact& fact : batch.health_checks) {
        if (fact.key.empty()) {
            end_checks_.run(fact.time, fact.app);
            continue;
        }
        upsert_check_.bind_all(fact.app, fact.key, fact.protocol, fact.interval_s, fact.time);
        if (fact.interval_s <= 0) {
            upsert_check_.bind(4, Id{0});
        }
        (void)upsert_check_.step();
        upsert_check_.reset();
    }
    for (const AppHourDelta& row : batch.app_hours) {
        upsert_hour_.run(row.app, row.hour, row.failures, row.flaps, row.kills, row.unhealthy_ms, row.observed_ms);
    }
    for (const AppHourRun& row : batch.app_hour_runs) {
        insert_hour_run_.run(row.app, row.hour, row.hours, row.unhealthy_ms, row.observed_ms);
    }
}

void Rows::write_plain(const Batch& batch) {
    for (const PlainFact& f : batch.plain) {
        switch (f.kind) {
            case PlainFact::Kind::api_call:
                insert_api_call_.run(f.seq, f.source, f.time, Id{f.app}, f.a, Text{f.b}, Text{f.c});
                break;
            case PlainFact::Kind::group_change:
                insert_group_change_.run(f.seq, f.source, f.time, f.a, Text{f.b}, Text{f.c}, Text{f.d});
                break;
            case PlainFact::Kind::scheduler_event:
                insert_scheduler_event_.run(f.seq, f.source, f.time, f.a, Text{f.b});
                break;
            case PlainFact::Kind::subscriber:
                insert_subscriber_.run(f.seq, f.source, f.time, f.a, Text{f.b});
                break;
            case PlainFact::Kind::unknown_termination:
                insert_unknown_termination_.run(f.seq, f.source, f.time, Id{f.app}, Text{f.b}, Text{f.a});
                break;
            case PlainFact::Kind::framework_message:
                insert_framework_message_.run(f.seq, f.source, f.time, Text{f.a}, Text{f.b}, f.number);
                break;
        }
    }
}

void Rows::write_numbers(const Batch& batch) {
    for (const CellRow& row : batch.cells) {
        if (row.born) {
            insert_counter_.run(row.source, row.cell, row.family, row.app, row.a, row.b, row.value);
        } else {
            update_counter_.run(row.value, row.source, row.cell);
        }
    }
    for (const HistogramRow& row : batch.histograms) {
        const std::string bounds = numbers_json(buckets_.of(row.family));
        const std::string counts = numbers_json(row.counts);
        upsert_histogram_.run(
            row.source, to_string(row.family), row.a, std::string_view(bounds), std::string_view(counts), row.sum_ms
        );
    }
}

}  // namespace tally::record
