#include "model/support/ledger.hpp"

#include <algorithm>

#include "tally/base/time.hpp"

namespace tally::model {

std::string text_of(TimeMs time) {
    return time == no_time ? "-" : std::to_string(time);
}

std::string_view Ledger::own(std::string_view text) {
    return text.empty() ? text : text_->emplace_back(text);
}

std::string Ledger::app_name(AppId app) const {
    const auto found = apps.find(app);
    return found == apps.end() ? std::string{} : std::string(found->second.name);
}

std::string Ledger::name_of(const EntityRef& entity) const {
    switch (entity.kind) {
        case EntityRef::Kind::none:
            return {};
        case EntityRef::Kind::task:
            return task_names_.at(entity.slot);
        case EntityRef::Kind::instance:
            return instance_names_.at(entity.slot);
        case EntityRef::Kind::text:
            break;
    }
    return std::string(entity.text);
}

void Ledger::absorb(const Batch& batch) {
    absorb_rows(batch);
    absorb_stream(batch);
    absorb_deployments(batch);
    absorb_numbers(batch);
    absorb_facts(batch);
    absorb_rare_facts(batch);
}

void Ledger::absorb_rows(const Batch& batch) {
    for (const SourceRow& row : batch.sources) {
        source_ = row;
        source_.framework = own(row.framework);
    }
    for (const LabelRow& row : batch.labels) {
        labels_.push_back({.source = row.source, .kind = own(row.kind), .name = own(row.name)});
    }
    for (const AppRow& row : batch.apps) {
        const std::string_view name = row.born ? own(row.name) : apps.at(row.app).name;
        apps[row.app] = row;
        apps[row.app].name = name;
    }
    for (const InstanceRow& row : batch.instances) {
        if (row.born) {
            instance_names_[row.slot] = row.name;
        }
        const std::string& name = instance_names_.at(row.slot);
        const auto [found, is_new] = instances.try_emplace(name);
        const InstanceRow old = found->second;
        found->second = row;
        found->second.name = own(name);
        found->second.condition = own(row.condition);
        found->second.first_seen = is_new ? row.first_seen : old.first_seen;
        found->second.host = row.host.empty() ? old.host : own(row.host);
    }
    for (const TaskRow& row : batch.tasks) {
        if (row.born) {
            task_names_[row.slot] = row.name;
        }
        const std::string& name = task_names_.at(row.slot);
        const auto [found, is_new] = tasks.try_emplace(name);
        const TaskRow old = found->second;
        found->second = row;
        found->second.name = own(name);
        found->second.state = own(row.state);
        found->second.first_seen = is_new ? row.first_seen : old.first_seen;
        found->second.host = row.host.empty() ? old.host : own(row.host);
        found->second.version = row.version.empty() ? old.version : own(row.version);
        if (row.instance != no_slot) {
            task_instances[name] = instance_names_.at(row.instance);
        }
    }
}

void Ledger::absorb_stream(const Batch& batch) {
    for (const SessionRow& row : batch.sessions) {
        SessionRow& kept = sessions[row.number];
        kept = row;
        kept.url = own(row.url);
        kept.cause = own(row.cause);
    }
    for (const GapRow& row : batch.gaps) {
        GapRow& kept = gaps[row.number];
        kept = row;
        kept.cause = own(row.cause);
        kept.last_error = own(row.last_error);
    }
}

void Ledger::forget_parts(std::string_view deployment) {
    std::erase_if(steps, [&](const auto& entry) { return entry.first.first == deployment; });
    std::erase_if(deployment_apps, [&](const auto& entry) {
        return std::get<0>(entry.first) == deployment;
    });
}

void Ledger::absorb_deployments(const Batch& batch) {
    for (const DeploymentRow& row : batch.deployments) {
        if (row.born) {
            deployment_names_[row.slot] = row.name;
            forget_parts(row.name);  // of a life that the World has forgotten
        }
        const std::string& name = deployment_names_.at(row.slot);
        DeploymentRow& kept = deployments[name];
        const std::string_view old_reason = kept.reason;
        kept = row;
        kept.name = own(name);
        kept.reason = row.reason.empty() ? old_reason : own(row.reason);
        kept.kind = own(row.kind);
        kept.outcome = own(row.outcome);
        kept.counted_kind = own(row.counted_kind);
        kept.counted_outcome = own(row.counted_outcome);
    }
    const auto of_an_earlier_life = [this](Slot slot) {
        return deployments.at(deployment_names_.at(slot)).slot != slot;
    };
    for (const DeploymentStepRow& row : batch.deployment_steps) {
        if (of_an_earlier_life(row.deployment)) {
            continue;
        }
        Step& step = steps[{deployment_names_.at(row.deployment), row.step}];
        const std::vector<ActionText> old_actions = step.row.actions;
        step.row = row;
        step.row.result = own(row.result);
        step.row.actions = old_actions;
        if (row.born) {
            step.actions.clear();
            step.row.actions.clear();
            for (const ActionText& action : row.actions) {
                step.row.actions.push_back({own(action.action), own(action.app)});
                step.actions += step.actions.empty() ? "" : ", ";
                step.actions += std::string(action.action) + " " + std::string(action.app);
            }
        }
    }
    for (const DeploymentAppRow& row : batch.deployment_apps) {
        const std::string& name = deployment_names_.at(row.deployment);
        if (of_an_earlier_life(row.deployment)) {
            continue;
        }
        if (row.app != 0) {
            deployment_apps.try_emplace({name, app_name(row.app), std::string(row.action)}, false);
            continue;
        }
        for (auto& [key, counted] : deployment_apps) {
            counted = counted || std::get<0>(key) == name;
        }
    }
}

void Ledger::absorb_numbers(const Batch& batch) {
    for (const CellRow& row : batch.cells) {
        if (row.born) {
            cells_.resize(std::max<std::size_t>(cells_.size(), row.cell + 1));
            cells_[row.cell] = row;
            cells_[row.cell].family = own(row.family);
            cells_[row.cell].a = own(row.a);
            cells_[row.cell].b = own(row.b);
        }
        CellRow& cell = cells_.at(row.cell);
        cell.value = row.value;
        const std::string app = cell.app == 0 ? "" : cell.app == -1 ? "other" : app_name(cell.app);
        series[{std::string(cell.family), app, std::string(cell.a), std::string(cell.b)}] =
            row.value;
    }
    for (const HistogramRow& row : batch.histograms) {
        HistogramRow& kept = histograms_[{static_cast<int>(row.family), std::string(row.a)}];
        kept = row;
        kept.a = own(row.a);
    }
    for (const AppHourDelta& row : batch.app_hours) {
        Hour& hour = hours[{app_name(row.app), row.hour}];
        hour.failures += row.failures;
        hour.flaps += row.flaps;
        hour.kills += row.kills;
        hour.unhealthy_ms += row.unhealthy_ms;
        hour.observed_ms += row.observed_ms;
    }
    for (const AppHourRun& row : batch.app_hour_runs) {
        for (std::int64_t i = 0; i < row.hours; ++i) {
            Hour& hour = hours[{app_name(row.app), row.hour + i * 3'600'000}];
            hour.unhealthy_ms += row.unhealthy_ms;
            hour.observed_ms += row.observed_ms;
        }
    }
}

void Ledger::add(
    Seq seq, std::string_view table, std::string name, std::string text, std::string rest
) {
    facts_.push_back(
        {.seq = seq,
         .table = std::string(table),
         .name = std::move(name),
         .text = std::move(text),
         .rest = std::move(rest)}
    );
}

void Ledger::absorb_facts(const Batch& batch) {
    const auto str = [](std::string_view text) { return std::string(text); };
    const auto change = [&str](const auto& fact) {
        return str(fact.from) + " -> " + str(fact.to) +
               (fact.dwell_ms == no_time ? "" : " after " + std::to_string(fact.dwell_ms)) +
               (fact.inferred ? " inferred" : "");
    };
    const auto low = [](const auto& fact) {
        return fact.inferred ? " low=" + text_of(fact.time_low) : std::string{};
    };
    for (const EventFact& fact : batch.events) {
        const std::string deployment =
            fact.deployment == no_slot ? std::string{} : deployment_names_.at(fact.deployment);
        add(fact.seq,
            "event",
            name_of(fact.entity),
            str(fact.type) + (fact.own_clock ? "" : " received"),
            text_of(fact.time) + " " + app_name(fact.app) + " " + deployment + " " +
                str(fact.payload));
    }
    for (const TaskTransition& fact : batch.task_transitions) {
        add(fact.seq,
            "task_transition",
            task_names_.at(fact.task),
            change(fact) + (fact.unexpected ? " unexpected" : ""),
            text_of(fact.time) + " " + app_name(fact.app) + " host=" + str(fact.host) +
                " version=" + str(fact.version) + " message=" + str(fact.message) + low(fact));
    }
    for (const TaskLateEvent& fact : batch.task_late_events) {
        add(fact.seq,
            "task_late",
            task_names_.at(fact.task),
            str(fact.from) + " -> " + str(fact.to),
            text_of(fact.time) + " " + app_name(fact.app));
    }
    for (const InstanceTransition& fact : batch.instance_transitions) {
        add(fact.seq,
            "instance_transition",
            instance_names_.at(fact.instance),
            change(fact),
            text_of(fact.time) + " " + app_name(fact.app) + " host=" + str(fact.host) + low(fact));
    }
    for (const HealthTransition& fact : batch.health_transitions) {
        add(fact.seq,
            "health_transition",
            name_of(fact.entity),
            change(fact),
            text_of(fact.time) + " " + app_name(fact.app) + low(fact));
    }
    for (const HealthFailure& fact : batch.health_failures) {
        add(fact.seq,
            "health_failure",
            name_of(fact.entity),
            str(fact.check_key),
            text_of(fact.time) + " " + app_name(fact.app) + " " + str(fact.protocol));
    }
}

void Ledger::absorb_rare_facts(const Batch& batch) {
    constexpr std::string_view tables[]{
        "api_call",
        "group_change",
        "scheduler_event",
        "subscriber",
        "unknown_termination",
        "framework_message"};
    const auto str = [](std::string_view text) { return std::string(text); };
    for (const UnhealthyKill& fact : batch.unhealthy_kills) {
        add(fact.seq,
            "kill",
            str(fact.task),
            str(fact.task) + " of " + str(fact.instance),
            text_of(fact.time) + " " + app_name(fact.app) + " " + str(fact.host) + " " +
                str(fact.reason));
    }
    for (const PlainFact& fact : batch.plain) {
        const std::string_view table = tables[static_cast<std::size_t>(fact.kind)];
        add(fact.seq,
            table,
            app_name(fact.app),
            str(fact.a) + "|" + str(fact.b) + "|" + str(fact.c) + "|" + str(fact.d),
            text_of(fact.time) + " " + std::to_string(fact.number));
        if (fact.kind == PlainFact::Kind::group_change && fact.a == "failed") {
            refuse(fact.c);
        }
    }
    for (const DeploymentCorrection& fact : batch.deployment_corrections) {
        add(fact.seq,
            "correction",
            deployment_names_.at(fact.deployment),
            str(fact.from) + " -> " + str(fact.to),
            text_of(fact.time));
    }
    for (const RejectedFact& fact : batch.rejected) {
        rejected_.emplace_back(fact.reason, fact.received);
        add(fact.seq,
            "rejected",
            str(fact.reason),
            str(fact.sample),
            text_of(fact.received) + " " + str(fact.what));
    }
    for (const HealthCheckFact& fact : batch.health_checks) {
        const std::string app = app_name(fact.app);
        add(0,
            "check",
            app,
            str(fact.key) + " every " + std::to_string(static_cast<int>(fact.interval_s)),
            "");
        if (fact.key.empty()) {
            checks[app].clear();
        } else {
            checks[app][str(fact.key)] = fact.interval_s;
        }
    }
}

void Ledger::refuse(std::string_view version) {
    const auto time = parse_timestamp(version);
    if (!time || std::find(refused_.begin(), refused_.end(), *time) != refused_.end()) {
        return;
    }
    refused_.push_back(*time);
    if (refused_.size() > closed_max_) {
        refused_.pop_front();
    }
}

std::vector<const Ledger::Fact*> Ledger::in_order(Seq after) const {
    std::vector<const Fact*> ordered;
    for (const Fact& fact : facts_) {
        if (fact.seq > after) {
            ordered.push_back(&fact);
        }
    }
    std::stable_sort(ordered.begin(), ordered.end(), [](const Fact* one, const Fact* other) {
        return std::tie(one->seq, one->table) < std::tie(other->seq, other->table);
    });
    return ordered;
}

std::vector<std::string> Ledger::texts(std::string_view table, std::string_view name) const {
    std::vector<std::string> found;
    for (const Fact& fact : facts_) {
        if (fact.table == table && (name.empty() || fact.name == name)) {
            found.push_back(fact.text);
        }
    }
    return found;
}

std::vector<std::string> Ledger::lines(std::string_view table) const {
    std::vector<std::string> found;
    for (const Fact& fact : facts_) {
        if (fact.table == table) {
            found.push_back(fact.name + ": " + fact.text + " (" + fact.rest + ")");
        }
    }
    return found;
}

}  // namespace tally::model
