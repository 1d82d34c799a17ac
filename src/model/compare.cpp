#include "compare.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "sightings.hpp"
#include "tally/base/ids.hpp"

// What a snapshot shows against what is known (live.md section 3). In doubt nothing is said: an event later than the
// request, a state the snapshot was too early for, a container nobody has heard of, absence where it proves nothing.
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

/// Whether the condition that a task tells is news to an instance in another one.
bool is_news(Code known, Code told) {
    if (known == none_code || condition::is_final(known)) {
        return true;  // an id may be launched again
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

/// 104 for 1.4.8; 0: not told.
int version_of(std::string_view text) {
    int major = 0;
    int minor = 0;
    const char* const end = text.data() + text.size();
    const auto [dot, error] = std::from_chars(text.data(), end, major);
    if (error != std::errc{} || dot == end || *dot != '.' ||
        std::from_chars(dot + 1, end, minor).ec != std::errc{}) {
        return 0;
    }
    return std::clamp(major, 0, 99) * 100 + std::clamp(minor, 0, 99);
}

constexpr int first_version_with_instances = 104;

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

class Comparer {
  public:
    Comparer(const Fold& fold, const decode::Snapshot& snapshot, const World::Comparison& how)
        : fold_(fold),
          snapshot_(snapshot),
          how_(how),
          seen_(fold, snapshot),
          version_(version_of(snapshot.version)),
          verdicts_(seen_.instances().size()) {
        for (const decode::Snapshot::App& app : snapshot.apps) {
            if (!app.pod) {
                apps_.insert(app.id);
            }
        }
        for (const SeenTask& task : seen_.tasks()) {
            look_at(task);
        }
    }

    /// In the order in which they are to be applied: what begins again, what has ended, what is so now. An instance
    /// comes after its tasks, its health after both, since either may end it or let it live again.
    std::vector<Difference> differences() {
        find_apps(Life::again);
        find_gone_tasks();
        if (how_.other_cluster) {
            find_gone_instances();
            find_gone_deployments();
        }
        append(news_);
        if (!how_.other_cluster) {
            find_gone_instances();
        }
        for (std::uint32_t at = 0; at < verdicts_.size(); ++at) {
            compare_condition(at);
        }
        for (std::uint32_t at = 0; at < verdicts_.size(); ++at) {
            compare_health(at);
        }
        if (!how_.other_cluster) {
            find_gone_deployments();
        }
        find_running_deployments();
        find_apps(Life::gone);
        return std::move(found_);
    }

    [[nodiscard]] bool has_unsettled_health() const {
        for (std::uint32_t at = 0; at < verdicts_.size(); ++at) {
            if (!seen_.instances()[at].healthy && health_before(at).value_or(Health::unknown) != Health::unknown) {
                return true;
            }
        }
        return false;
    }

  private:
    enum class Life { again, gone };

    /// What the tasks, and then the condition, of a seen instance say of it.
    struct Verdict {
        bool sure = true;    ///< nothing of it is older than what is known
        bool lives = false;  ///< a difference lets it live again
        bool ends = false;   ///< a difference ends it
        Code told = other_code;  ///< state of its last task
    };

    [[nodiscard]] bool heard_later(const Heard& heard) const { return heard.received() > how_.sent; }

    [[nodiscard]] bool is_first() const { return !fold_.stream_.reconciled() || how_.other_cluster; }

    /// Not before the gap, nor before the last event of what is known.
    [[nodiscard]] TimeMs low_of(const Heard& heard, TimeMs since) const {
        return std::min(how_.sent, std::max({how_.gap_start, heard.time(), since}));
    }

    /// Of what was not known.
    [[nodiscard]] TimeMs low_of_new(TimeMs told) const {
        return is_first() ? no_time : std::min(how_.sent, told == no_time ? how_.gap_start : told);
    }

    void append(std::vector<Difference>& differences) {
        found_.insert(
            found_.end(),
            std::make_move_iterator(differences.begin()),
            std::make_move_iterator(differences.end())
        );
    }

    void add_gone(
        std::vector<Difference>& to, Difference::Kind kind, std::string_view id, std::string_view app, TimeMs low
    ) {
        to.push_back(
            {.kind = kind,
             .id = std::string(id),
             .app = std::string(app),
             .to = kind == Difference::Kind::deployment ? "unknown" : "none",
             .time_low = low}
        );
    }

    /// Those that are gone lie in memory by slot, which a restart changes.
    void append_by_name(std::vector<Difference>& gone) {
        std::sort(gone.begin(), gone.end(), [](const Difference& one, const Difference& other) {
            return one.id < other.id;
        });
        append(gone);
    }

    void look_at(const SeenTask& seen) {
        Verdict& verdict = verdicts_[seen.instance];
        const Code to = fold_.books_.labels.find(LabelKind::task_state, seen.state)
                            .value_or(seen.state == "none" ? sent_none_code : other_code);
        verdict.told = to;
        if (seen.state.empty() || to == sent_none_code) {
            verdict.sure = false;
            return;
        }
        const bool is_known = seen.slot != no_slot;
        const bool lives = fold_.tasks_.live().has(seen.slot) && !how_.other_cluster;
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
             .time_low = task != nullptr ? low_of(task->heard, task->since) : low_of_new(began),
             .since = seen.since,
             .host = std::string(seen.host),
             .version = std::string(seen.version)}
        );
    }

    /// Whether the state of a known task is news; what is older makes its instance unsure.
    [[nodiscard]] bool is_newer(const SeenTask& seen, Code to, bool lives, Verdict& verdict) const {
        const Task& task = fold_.tasks_[seen.slot];
        if (state::is_final(task.state) || (heard_later(task.heard) && !how_.other_cluster)) {
            verdict.sure = false;
            return false;
        }
        if (!lives) {
            return true;
        }
        if (fold_.tasks_.is_state(seen.slot, to, seen.state)) {
            return false;
        }
        const bool returns = state::is_recoverable(task.state) && to == state::running;
        const bool newer = state::rank(to) >= state::rank(task.state) || returns;
        if (!seen.state_is_told) {  // it has begun, which says little of one that may be about to end
            return state::rank(to) > state::rank(task.state);
        }
        verdict.sure = verdict.sure && newer;
        return newer;
    }

    void find_gone_tasks() {
        std::vector<Difference> gone;
        const LiveNames& live = fold_.tasks_.live();
        live.each([&](Slot slot) {
            const Task& task = fold_.tasks_[slot];
            const std::string& app = fold_.books_.apps[task.app].name;
            const bool may_be_pod = !snapshot_.has_pods && is_of_pod(live[slot], app);
            if (may_be_pod) {
                apps_kept_.insert(app);
            } else if (!snapshot_.has_pods) {
                of_app_.insert(task.instance);
            }
            if (!how_.other_cluster && (seen_.shows_task(slot) || may_be_pod || heard_later(task.heard) ||
                                        is_kept(task.instance))) {
                kept_.insert(task.instance);
                return;
            }
            if (task.legacy) {
                health_ended_.insert(task.instance);
            }
            add_gone(gone, Difference::Kind::task, live[slot], app, low_of(task.heard, task.since));
        });
        append_by_name(gone);
    }

    /// Whether its absence among the tasks says nothing of a task of that instance.
    [[nodiscard]] bool is_kept(Slot instance) const {
        const SeenInstance* const seen = seen_.find_instance(instance);
        if (seen != nullptr && !seen->pod_instance.empty()) {
            return seen->tasks == 0 || !seen->has_all_tasks;
        }
        return fold_.instances_[instance].condition == condition::unreachable_inactive;
    }

    [[nodiscard]] bool is_of_pod(std::string_view task, std::string_view app) const {
        return !apps_.contains(app) && !is_task_of_app(task);
    }

    void find_gone_instances() {
        std::vector<Difference> gone;
        const LiveNames& live = fold_.instances_.live();
        live.each([&](Slot slot) {
            const Instance& instance = fold_.instances_[slot];
            const std::string& app = fold_.books_.apps[instance.app].name;
            if (!how_.other_cluster && !is_absent(slot, live[slot], app)) {
                return;
            }
            const bool has_condition =
                instance.condition != none_code && !condition::is_final(instance.condition);
            const bool has_health = instance.health != Health::unknown && !health_ended_.contains(slot);
            if (has_condition || has_health) {
                health_ended_.insert(slot);
                add_gone(
                    gone, Difference::Kind::instance, live[slot], app, low_of(instance.heard, instance.since)
                );
            }
        });
        append_by_name(gone);
    }

    [[nodiscard]] bool is_absent(Slot slot, std::string_view name, const std::string& app) {
        const Instance& instance = fold_.instances_[slot];
        if (seen_.find_instance(slot) != nullptr || kept_.contains(slot) || heard_later(instance.heard) ||
            absence_proves_nothing(instance.condition)) {
            return false;
        }
        const bool may_be_pod = !snapshot_.has_pods && !apps_.contains(app) && !of_app_.contains(slot) &&
                                (version_ == 0 || version_ >= first_version_with_instances) &&
                                ids::parse(name).prefix == "instance-";
        if (may_be_pod) {
            apps_kept_.insert(app);
        }
        return !may_be_pod;
    }

    /// A snapshot of Marathon 1.4 or later, or an instance that had an event of its own.
    [[nodiscard]] bool has_conditions(Slot slot) const {
        if (version_ >= first_version_with_instances || slot == no_slot) {
            return version_ >= first_version_with_instances;
        }
        const Instance& instance = fold_.instances_[slot];
        return instance.condition != none_code || instance.gone || instance.has_instance_health;
    }

    void compare_condition(std::uint32_t at) {
        const SeenInstance& seen = seen_.instances()[at];
        Verdict& verdict = verdicts_[at];
        const Code told = condition_of(verdict.told);
        if (!verdict.sure || seen.tasks != 1 || !seen.has_all_tasks || told == other_code ||
            !has_conditions(seen.slot)) {
            return;
        }
        const std::string_view name = fold_.books_.labels.name(LabelKind::condition, told);
        const Instance* const known = seen.slot == no_slot ? nullptr : &fold_.instances_[seen.slot];
        const bool lives = known != nullptr && known->condition != none_code && !how_.other_cluster;
        if (known != nullptr && !how_.other_cluster && heard_later(known->heard)) {
            return;
        }
        if (known != nullptr && known->condition == told && (lives || condition::is_final(told))) {
            return;
        }
        if (lives && !is_news(known->condition, told)) {
            return;
        }
        (condition::is_final(told) ? verdict.ends : verdict.lives) = true;
        const SeenTask& task = seen_.tasks()[seen.task];
        const TimeMs began = task.started != no_time ? task.started : task.staged;
        found_.push_back(
            {.kind = Difference::Kind::instance,
             .id = seen_.name_of(seen),
             .app = std::string(seen.app),
             .to = std::string(name),
             .time_low = lives ? low_of(known->heard, known->since) : low_of_new(began),
             .since = task.since,
             .host = std::string(seen.host)}
        );
    }

    /// Its health once its other differences are applied; nothing where the snapshot may not move it.
    [[nodiscard]] std::optional<Health> health_before(std::uint32_t at) const {
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

    void compare_health(std::uint32_t at) {
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
             .time_low = is_known ? low_of(fold_.instances_[seen.slot].heard, fold_.instances_[seen.slot].health_since)
                                  : low_of_new(no_time)}
        );
    }

    /// As health events name it: by its instance, before 1.4 by its task.
    [[nodiscard]] std::string health_entity(const SeenInstance& seen) const {
        const bool by_task = seen.pod_instance.empty() && !has_conditions(seen.slot) &&
                             ids::parse(seen_.tasks()[seen.task].id).form == ids::Parsed::Form::legacy_task;
        return by_task ? std::string(seen_.tasks()[seen.task].id) : seen_.name_of(seen);
    }

    void find_running_deployments() {
        boost::unordered_flat_set<std::string_view> told;
        for (const decode::Snapshot::Deployment& seen : snapshot_.deployments) {
            if (seen.id.empty() || !told.insert(seen.id).second) {
                continue;
            }
            const Slot slot = fold_.deployments_.find(hash128(seen.id));
            if (slot != no_slot &&
                (fold_.deployments_[slot].closed() ||
                 (fold_.deployments_[slot].is_open() && !how_.other_cluster))) {
                continue;
            }
            Difference running{
                .kind = Difference::Kind::deployment,
                .id = std::string(seen.id),
                .to = "running",
                .time_low = low_of_new(no_time),
                .requested = parse_timestamp(seen.version).value_or(no_time),
                .steps_done = std::max<std::int64_t>(0, seen.current_step - 1)};
            for (const decode::Step step : seen.steps) {
                auto& actions = running.steps.emplace_back();
                for (const decode::Action& action : step) {
                    actions.push_back({.name = std::string(action.name), .app = std::string(action.app)});
                }
            }
            found_.push_back(std::move(running));
        }
    }

    void find_gone_deployments() {
        boost::unordered_flat_set<Slot> running;
        for (const decode::Snapshot::Deployment& seen : snapshot_.deployments) {
            running.insert(fold_.deployments_.find(hash128(seen.id)));
        }
        std::vector<Difference> gone;
        const LiveNames& live = fold_.deployments_.live();
        live.each([&](Slot slot) {
            const Deployment& deployment = fold_.deployments_[slot];
            if (how_.other_cluster || (!running.contains(slot) && !heard_later(deployment.heard))) {
                const TimeMs low = low_of(deployment.heard, deployment.started);
                add_gone(gone, Difference::Kind::deployment, live[slot], {}, low);
            }
        });
        append_by_name(gone);
    }

    void find_apps(Life life) {
        const Apps& apps = fold_.books_.apps;
        for (Apps::Index index = 1; index < apps.size(); ++index) {
            const App& app = apps[index];
            const bool is_there = seen_.shows_app(app.name);
            if (app.last_received > how_.sent && !(how_.other_cluster && life == Life::gone)) {
                continue;
            }
            if (life == Life::again ? app.ended && is_there
                                    : !app.ended && !is_there &&
                                          (how_.other_cluster || !apps_kept_.contains(app.name))) {
                found_.push_back(
                    {.kind = Difference::Kind::app,
                     .id = app.name,
                     .to = life == Life::again ? "live" : "none",
                     .time_low = std::min(how_.sent, how_.gap_start)}
                );
            }
        }
    }

    const Fold& fold_;
    const decode::Snapshot& snapshot_;
    const World::Comparison& how_;
    Sightings seen_;
    int version_;
    std::vector<Verdict> verdicts_;  ///< as seen_.instances()
    boost::unordered_flat_set<std::string_view> apps_;       ///< that are no pods
    boost::unordered_flat_set<std::string_view> apps_kept_;  ///< may be pods, of which the snapshot says nothing
    boost::unordered_flat_set<Slot> kept_;    ///< instances with tasks that are there or of which nothing is known
    boost::unordered_flat_set<Slot> of_app_;  ///< instances with a task that is no pod's
    boost::unordered_flat_set<Slot> health_ended_;  ///< instances that are gone, or whose legacy task is
    std::vector<Difference> news_;            ///< of tasks
    std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> compare(
    const Fold& fold, const decode::Snapshot& snapshot, const World::Comparison& how
) {
    return Comparer(fold, snapshot, how).differences();
}

bool has_unsettled_health(const Fold& fold, const decode::Snapshot& snapshot) {
    const World::Comparison how{.sent = std::numeric_limits<TimeMs>::max()};
    return Comparer(fold, snapshot, how).has_unsettled_health();
}

}  // namespace tally::model
