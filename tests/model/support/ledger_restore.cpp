#include <algorithm>
#include <limits>

#include "model/support/ledger.hpp"

namespace tally::model {

namespace {

/// The rows that are alive, then the last `max` that ended, in the order of their end.
template <class Row, class EndOf>
std::vector<const Row*> in_end_order(
    const std::map<std::string, Row>& rows, std::size_t max, EndOf end_of, Seq forgotten = 0
) {
    std::vector<const Row*> ordered;
    for (const auto& [name, row] : rows) {
        if (end_of(row) == 0 || end_of(row) > forgotten) {
            ordered.push_back(&row);
        }
    }
    std::stable_sort(ordered.begin(), ordered.end(), [&end_of](const Row* one, const Row* other) {
        return end_of(*one) < end_of(*other);
    });
    const auto first_ended = std::find_if(
        ordered.begin(), ordered.end(), [&end_of](const Row* row) { return end_of(*row) != 0; }
    );
    const auto ended = static_cast<std::size_t>(ordered.end() - first_ended);
    if (ended > max) {
        ordered.erase(first_ended, first_ended + static_cast<std::ptrdiff_t>(ended - max));
    }
    return ordered;
}

}  // namespace

void Ledger::restore(World& world) {
    world.restore(source_);
    restore_stream(world);
    for (const LabelRow& row : labels_) {
        world.restore(row);
    }
    for (const auto& [id, row] : apps) {
        world.restore(row);
    }
    task_names_.clear();
    instance_names_.clear();
    deployment_names_.clear();
    std::map<std::string, Slot, std::less<>> instance_slots;
    for (const InstanceRow* row : in_end_order(
             instances,
             ended_max_,
             [](const auto& r) { return r.idle_seq; },
             source_.instances_forgotten
         )) {
        const Slot slot = world.restore(*row);
        instance_names_[slot] = row->name;
        instance_slots[std::string(row->name)] = slot;
    }
    for (const TaskRow* row :
         in_end_order(tasks, ended_max_, [](const auto& r) { return r.ended_seq; })) {
        TaskRow given = *row;
        const auto instance = instance_slots.find(task_instances.at(std::string(row->name)));
        given.instance = instance == instance_slots.end() ? no_slot : instance->second;
        task_names_[world.restore(given)] = row->name;
    }
    for (const DeploymentRow* row : in_end_order(
             deployments,
             closed_max_,
             [](const auto& r) { return r.closed_seq; },
             source_.deployments_forgotten
         )) {
        const Slot slot = world.restore(*row);
        const std::string name(row->name);
        deployment_names_[slot] = name;
        for (auto at = steps.lower_bound({name, 0}); at != steps.end() && at->first.first == name;
             ++at) {
            DeploymentStepRow step = at->second.row;
            step.deployment = slot;
            world.restore(step);
        }
        for (const auto& [key, counted] : deployment_apps) {
            if (std::get<0>(key) != name) {
                continue;
            }
            const auto app =
                std::find_if(apps.begin(), apps.end(), [&key = key](const auto& entry) {
                    return entry.second.name == std::get<1>(key);
                });
            world.restore(DeploymentAppRow{
                .deployment = slot, .app = app->first, .action = std::get<2>(key)});
        }
    }
    for (const TimeMs version : refused_) {
        world.restore_refused(version);
    }
    restore_rejected(world);
    for (const CellRow& row : cells_) {
        world.restore(row);
    }
    for (const auto& [key, row] : histograms_) {
        world.restore(row);
    }
}

/// As record does: the last session, the last 64 gaps, and the last one between sessions.
void Ledger::restore_stream(World& world) const {
    if (!sessions.empty()) {
        world.restore(sessions.rbegin()->second);
    }
    std::uint32_t between = 0;
    for (const auto& [number, row] : gaps) {
        between = row.cause == "history_unwritable" ? between : number;
    }
    for (const auto& [number, row] : gaps) {
        if (number == between || number + 64 > gaps.rbegin()->first) {
            world.restore(row);
        }
    }
}

void Ledger::restore_rejected(World& world) const {
    for (std::size_t i = 0; i < decode::reject_reason_count; ++i) {
        const auto reason = static_cast<decode::RejectReason>(i);
        std::int64_t count = 0;
        for (auto row = rejected_.rbegin(); row != rejected_.rend(); ++row) {
            if (row->second / 60'000 != rejected_.back().second / 60'000) {
                break;
            }
            count += row->first == decode::to_string(reason) ? 1 : 0;
        }
        if (count > 0) {
            world.restore_rejected(reason, rejected_.back().second, count);
        }
    }
}

std::vector<std::string> Ledger::dump(Seq after) const {
    std::vector<std::string> out;
    const auto line = [&out](const auto&... parts) {
        std::string text;
        const auto add = [&text](const auto& part) {
            if constexpr (std::is_convertible_v<decltype(part), std::string_view>) {
                text += part;
            } else if constexpr (std::is_same_v<decltype(part), const TimeMs&>) {
                text += text_of(part);
            } else {
                text += std::to_string(part);
            }
            text += ' ';
        };
        (add(parts), ...);
        out.push_back(text);
    };
    for (const Fact* fact : in_order(after)) {
        line("fact", fact->seq, fact->table, fact->name, fact->text, fact->rest);
    }
    line(
        "source",
        source_.last_event,
        source_.instances_forgotten,
        source_.framework,
        source_.reconciled,
        source_.stopped
    );
    for (const auto& [number, r] : sessions) {
        line("session", number, r.start, r.last, r.end, r.connection, r.cause, r.url, r.events, r.bytes);
    }
    for (const auto& [number, r] : gaps) {
        line(
            "gap", number, r.start, r.end, r.cause, r.last_error, r.attempts, r.lost, r.reconciled, r.inferred
        );
    }
    for (const LabelRow& row : labels_) {
        line("label", row.kind, row.name);
    }
    for (const auto& [id, r] : apps) {
        line(
            "app",
            id,
            r.name,
            r.counted_as_other,
            r.ended,
            r.ended ? r.last_received : 0,
            r.healthy_now,
            r.unhealthy_now,
            r.health_seen,
            r.accrued_until,
            r.unhealthy_ms,
            r.observed_ms,
            r.last_deployment_ms,
            r.last_deployment_ended
        );
    }
    for (const auto& [name, r] : instances) {
        line(
            "instance",
            name,
            app_name(r.app),
            r.condition,
            r.since,
            r.first_seen,
            r.ended,
            r.last_created,
            to_string(r.health),
            r.health_since,
            r.health_counts_from,
            r.health_ended,
            r.has_instance_health,
            r.idle_seq,
            r.host,
            static_cast<int>(r.entry)
        );
    }
    for (const auto& [name, r] : tasks) {
        line(
            "task",
            name,
            app_name(r.app),
            task_instances.at(name),
            r.state,
            r.since,
            r.first_seen,
            r.ended,
            r.staging,
            r.started,
            r.ended_seq,
            r.host,
            r.version,
            static_cast<int>(r.entry)
        );
    }
    for (const auto& [name, r] : deployments) {
        line(
            "deployment",
            name,
            r.kind,
            r.outcome,
            r.requested,
            r.started,
            r.ended,
            r.succeeded,
            r.failed,
            r.steps,
            r.steps_done,
            r.reruns,
            r.reason,
            r.counted_outcome,
            r.counted_kind,
            r.plan_known,
            r.has_info,
            r.reason_cancels,
            r.contradicted,
            r.action_bits,
            r.closed_seq,
            r.inferred
        );
    }
    for (const auto& [key, step] : steps) {
        line(
            "step",
            key.first,
            key.second,
            step.actions,
            step.row.started,
            step.row.ended,
            step.row.open,
            step.row.connection,
            step.row.result
        );
    }
    for (const auto& [key, counted] : deployment_apps) {
        line("deployment app", std::get<0>(key), std::get<1>(key), std::get<2>(key), counted);
    }
    for (const auto& [key, hour] : hours) {
        line(
            "hour",
            key.first,
            key.second,
            hour.failures,
            hour.flaps,
            hour.kills,
            hour.unhealthy_ms,
            hour.observed_ms
        );
    }
    for (const auto& [app, keys] : checks) {
        for (const auto& [key, interval] : keys) {
            line("check", app, key, interval);
        }
    }
    for (const auto& [key, value] : series) {
        line("series", key.family, key.app, key.a, key.b, value);
    }
    for (const auto& [key, row] : histograms_) {
        std::string counts;
        for (const std::uint64_t count : row.counts) {
            counts += std::to_string(count) + ",";
        }
        line("histogram", key.first, key.second, counts, row.sum_ms, row.mixed);
    }
    return out;
}

}  // namespace tally::model
