#include <array>

#include "comparer.hpp"
#include "tally/base/ids.hpp"

// What a snapshot shows of instances and their health.
namespace tally::model {

namespace {

/// The condition of an instance whose only task is in that state; other_code: it does not tell.
Code condition_of(Code task_state) {
    constexpr std::array<Code, 14> conditions{
        condition::staging,
        condition::starting,
        condition::running,
        condition::killing,
        condition::finished,
        condition::failed,
        condition::killed,
        condition::error,
        condition::dropped,
        condition::gone,
        other_code,  // LOST: its reason would decide
        condition::unreachable,
        condition::unknown,
        condition::gone};
    static_assert(state::gone_by_operator + 1 == conditions.size());
    return task_state < conditions.size() ? conditions[task_state] : other_code;
}

/// Grows on the way from the launch to the end.
int rank(Code code) {
    switch (code) {
        case condition::staging:
            return 1;
        case condition::starting:
            return 2;
        case condition::killing:
        case condition::unreachable:
        case condition::unreachable_inactive:
            return 4;
        default:
            return code < condition::staging ? 0 : condition::is_final(code) ? 5 : 3;
    }
}

bool is_unreachable(Code code) {
    return code == condition::unreachable || code == condition::unreachable_inactive;
}

/// Whether the condition that a task tells is news to an instance in another one. A task that is `new` is the next
/// incarnation: whatever the one before it had come to is over.
bool is_news(Code known, Code told, bool is_new) {
    if (known == none_code || condition::is_final(known)) {
        return true;  // an id may be launched again
    }
    if (is_new && known > condition::provisioned) {
        return true;
    }
    if (told == condition::staging) {  // said also before Mesos has said anything
        return known == condition::scheduled || known == condition::reserved;
    }
    if (told == condition::unreachable && is_unreachable(known)) {
        return false;
    }
    return rank(told) >= rank(known) || (is_unreachable(known) && told == condition::running);
}

bool absence_proves_nothing(Code code) {
    return code == condition::scheduled || code == condition::reserved ||
           code == condition::unreachable_inactive;
}

constexpr int first_version_with_instances = 104;

}  // namespace

bool Comparer::has_unsettled_health() const {
    for (std::uint32_t at = 0; at < verdicts_.size(); ++at) {
        if (!seen_.instances()[at].healthy &&
            health_before(at).value_or(Health::unknown) != Health::unknown) {
            return true;
        }
    }
    return false;
}

void Comparer::find_gone_instances() {
    std::vector<Difference> gone;
    fold_.instances_.each_live([&](Slot slot) {
        const Instance& instance = fold_.instances_[slot];
        const std::string name = fold_.instances_.name_of(slot);
        const std::string& app = fold_.books_.apps[instance.app].name;
        if (!how_.other_cluster && !is_absent(slot, name, app)) {
            return;
        }
        const bool has_condition =
            instance.condition() != none_code && !condition::is_final(instance.condition());
        const bool has_health = instance.health != Health::unknown && !health_ended_.contains(slot);
        if (has_condition || has_health) {
            health_ended_.insert(slot);
            add_gone(
                gone,
                Difference::Kind::instance,
                name,
                app,
                low_of(instance.heard, instance.since())
            );
        }
    });
    append_by_name(gone);
}

bool Comparer::is_absent(Slot slot, std::string_view name, const std::string& app) {
    const Instance& instance = fold_.instances_[slot];
    if (seen_.find_instance(slot) != nullptr || kept_.contains(slot) ||
        heard_later(instance.heard) || absence_proves_nothing(instance.condition())) {
        return false;
    }
    const bool may_be_pod = !snapshot_.has_pods && !apps_.contains(app) &&
                            !of_app_.contains(slot) &&
                            (version_ == 0 || version_ >= first_version_with_instances) &&
                            ids::parse(name).prefix == "instance-";
    if (may_be_pod) {
        apps_kept_.insert(app);
    }
    return !may_be_pod;
}

/// A snapshot of Marathon 1.4 or later, or an instance that had an event of its own.
bool Comparer::has_conditions(Slot slot) const {
    if (version_ >= first_version_with_instances || slot == no_slot) {
        return version_ >= first_version_with_instances;
    }
    const Instance& instance = fold_.instances_[slot];
    return instance.condition() != none_code || instance.gone || instance.has_instance_health;
}

void Comparer::compare_condition(std::uint32_t at) {
    const SeenInstance& seen = seen_.instances()[at];
    Verdict& verdict = verdicts_[at];
    const Code told = condition_of(verdict.told);
    if (!verdict.sure || seen.tasks != 1 || !seen.has_all_tasks || told == other_code ||
        !has_conditions(seen.slot)) {
        return;
    }
    const std::string_view name = fold_.books_.labels.name(LabelKind::condition, told);
    const Instance* const known = seen.slot == no_slot ? nullptr : &fold_.instances_[seen.slot];
    const bool lives = known != nullptr && known->condition() != none_code && !how_.other_cluster;
    if (known != nullptr && !how_.other_cluster && heard_later(known->heard)) {
        return;
    }
    if (known != nullptr && known->condition() == told && (lives || condition::is_final(told))) {
        return;
    }
    const SeenTask& task = seen_.tasks()[seen.task];
    if (lives && !is_news(known->condition(), told, task.slot == no_slot)) {
        return;
    }
    (condition::is_final(told) ? verdict.ends : verdict.lives) = true;
    const TimeMs began = task.started != no_time ? task.started : task.staged;
    found_.push_back(
        {.kind = Difference::Kind::instance,
         .id = seen_.name_of(seen),
         .app = std::string(seen.app),
         .to = std::string(name),
         .time_low = lives ? low_of(known->heard, known->since()) : low_of_new(began),
         .since = task.since,
         .host = std::string(seen.host)}
    );
}

/// Its health once its other differences are applied; nothing where the snapshot may not move
/// it.
std::optional<Health> Comparer::health_before(std::uint32_t at) const {
    const SeenInstance& seen = seen_.instances()[at];
    const Verdict& verdict = verdicts_[at];
    if (!verdict.sure || verdict.ends) {
        return {};
    }
    if (seen.slot == no_slot) {
        return Health::unknown;
    }
    const Instance& known = fold_.instances_[seen.slot];
    if (!how_.other_cluster && heard_later(known.heard)) {
        return {};
    }
    if (health_ended_.contains(seen.slot)) {
        return verdict.lives ? std::optional(Health::unknown) : std::nullopt;
    }
    return known.health_ended && !verdict.lives ? std::nullopt : std::optional(known.health);
}

void Comparer::compare_health(std::uint32_t at) {
    const SeenInstance& seen = seen_.instances()[at];
    const std::optional<Health> before = health_before(at);
    if (!before || (!seen.healthy && !how_.health_is_settled)) {
        return;
    }
    const Health to = !seen.healthy   ? Health::unknown
                      : *seen.healthy ? Health::healthy
                                      : Health::unhealthy;
    if (to == *before) {
        return;
    }
    const bool is_known = seen.slot != no_slot && !how_.other_cluster;
    found_.push_back(
        {.kind = Difference::Kind::health,
         .id = health_entity(seen),
         .app = std::string(seen.app),
         .to = std::string(to_string(to)),
         .time_low = is_known ? low_of(
                                    fold_.instances_[seen.slot].heard,
                                    fold_.instances_[seen.slot].health_since
                                )
                              : low_of_new(no_time)}
    );
}

/// As health events name it: by its instance, before 1.4 by its task.
std::string Comparer::health_entity(const SeenInstance& seen) const {
    const bool by_task =
        seen.pod_instance.empty() && !has_conditions(seen.slot) &&
        ids::parse(seen_.tasks()[seen.task].id).form == ids::Parsed::Form::legacy_task;
    return by_task ? std::string(seen_.tasks()[seen.task].id) : seen_.name_of(seen);
}

}  // namespace tally::model
