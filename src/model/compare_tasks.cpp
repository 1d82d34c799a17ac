#include "comparer.hpp"
#include "tally/base/ids.hpp"

// What a snapshot shows of tasks.
namespace tally::model {

namespace {

/// `a.UUID` or `a.instance-UUID._app.N`, which no pod has.
bool is_task_of_app(std::string_view id) {
    const ids::Parsed parsed = ids::parse(id);
    if (parsed.form != ids::Parsed::Form::task_of_instance || parsed.prefix != "instance-") {
        return true;
    }
    const auto uuid_end =
        static_cast<std::size_t>(parsed.uuid.data() - id.data()) + parsed.uuid.size();
    return id.substr(uuid_end + 1).starts_with("_app");
}

}  // namespace

void Comparer::look_at(const SeenTask& seen) {
    Verdict& verdict = verdicts_[seen.instance];
    const Code to = fold_.books_.labels.find(LabelKind::task_state, seen.state);
    verdict.told = to;
    if (seen.state.empty() || to == sent_none_code) {
        verdict.sure = false;
        return;
    }
    const bool is_known = seen.slot != no_slot;
    const bool lives = fold_.tasks_.lives(seen.slot) && !how_.other_cluster;
    if (is_known && !is_newer(seen, to, lives, verdict)) {
        return;
    }
    (state::is_final(to) ? verdict.ends : verdict.lives) = true;
    const TimeMs began = seen.started != no_time ? seen.started : seen.staged;
    const Task* const task = lives ? &fold_.tasks_[seen.slot] : nullptr;
    news_.push_back(
        {.kind = Difference::Kind::task,
         .id = std::string(seen.id),
         .app = std::string(seen.app),
         .to = std::string(seen.state),
         .time_low = task != nullptr ? low_of(task->heard, task->since()) : low_of_new(began),
         .since = seen.since,
         .host = std::string(seen.host),
         .version = std::string(seen.version)}
    );
}

/// Whether the state of a known task is news; what is older makes its instance unsure.
bool Comparer::is_newer(const SeenTask& seen, Code to, bool lives, Verdict& verdict) const {
    const Task& task = fold_.tasks_[seen.slot];
    if (state::is_final(task.state()) || (heard_later(task.heard) && !how_.other_cluster)) {
        verdict.sure = false;
        return false;
    }
    if (!lives) {
        return true;
    }
    if (fold_.tasks_.is_state(seen.slot, to, seen.state)) {
        return false;
    }
    const bool returns = state::is_recoverable(task.state()) && to == state::running;
    const bool newer = state::rank(to) >= state::rank(task.state()) || returns;
    if (!seen.state_is_told) {  // it has begun, which says little of one that may be about to
                                // end
        return state::rank(to) > state::rank(task.state());
    }
    verdict.sure = verdict.sure && newer;
    return newer;
}

void Comparer::find_gone_tasks() {
    std::vector<Difference> gone;
    fold_.tasks_.each_live([&](Slot slot) {
        const Task& task = fold_.tasks_[slot];
        const std::string name = fold_.tasks_.name_of(slot);
        const std::string& app = fold_.books_.apps[task.app].name;
        const bool may_be_pod = !snapshot_.has_pods && is_of_pod(name, app);
        if (may_be_pod) {
            apps_kept_.insert(app);
        } else if (!snapshot_.has_pods) {
            of_app_.insert(task.instance);
        }
        if (!how_.other_cluster && (seen_.shows_task(slot) || may_be_pod ||
                                    heard_later(task.heard) || is_kept(task.instance))) {
            kept_.insert(task.instance);
            return;
        }
        if (task.legacy) {
            health_ended_.insert(task.instance);
        }
        add_gone(gone, Difference::Kind::task, name, app, low_of(task.heard, task.since()));
    });
    append_by_name(gone);
}

/// Whether its absence among the tasks says nothing of a task of that instance: it is a pod's, whose containers do not
/// tell their tasks.
bool Comparer::is_kept(Slot instance) const {
    const SeenInstance* const seen = seen_.find_instance(instance);
    return seen != nullptr && !seen->pod_instance.empty() &&
           (!seen->has_all_tasks || (seen->tasks == 0 && !seen->awaits_launch));
}

bool Comparer::is_of_pod(std::string_view task, std::string_view app) const {
    return !apps_.contains(app) && !is_task_of_app(task);
}

}  // namespace tally::model
