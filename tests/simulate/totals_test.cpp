#include "simulate/totals.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "collector.hpp"

namespace tally::simulate {
namespace {

using Table = std::map<std::string, std::uint64_t>;

/// A family of the totals as "name name ...": n.
Table family(const std::string& totals, std::string_view name) {
    simdjson::dom::parser parser;
    const simdjson::dom::element root = parser.parse(totals);
    Table table;
    simdjson::dom::object members;
    if (!root[name].get(members)) {
        for (const auto member : members) {
            table[std::string(member.key)] = member.value.get_uint64();
        }
        return table;
    }
    for (const simdjson::dom::element row : root[name].get_array()) {
        std::string key;
        std::string_view text;
        for (const simdjson::dom::element cell : row.get_array()) {
            if (!cell.get(text)) {
                (key += key.empty() ? "" : " ") += text;
            } else {
                table[key] = cell.get_uint64();
            }
        }
    }
    return table;
}

Table without_zeros(Table table) {
    std::erase_if(table, [](const auto& entry) { return entry.second == 0; });
    return table;
}

/// Counts from the JSON text alone, without what the generator knows: simple things only.
class Recount {
  public:
    void read(const std::string& body) {
        simdjson::dom::element root;
        simdjson::dom::object event;
        std::string_view type;
        if (parser_.parse(body).get(root)) {
            ++rejected["not_json"];
        } else if (root.get(event)) {
            ++rejected["not_object"];
        } else if (event["eventType"].get(type) || type.empty()) {
            ++rejected["no_event_type"];
        } else {
            ++events[std::string(type)];
            whole(event, type);
        }
    }

    Recount() { EXPECT_FALSE(parser_.allocate(1 << 20, 512)); }

    Table events;
    Table rejected;
    Table task_transitions;
    Table late;
    Table instance_transitions;
    Table failures;
    Table health;
    Table flaps;
    Table kills;
    Table framework;
    std::set<std::string> finished;  // ids of deployments with a final event

  private:
    using Event = simdjson::dom::object;

    static std::string text(const Event& event, std::string_view key) {
        std::string_view value;
        return event[key].get(value) ? std::string() : std::string(value);
    }

    void whole(const Event& event, std::string_view type) {
        const std::string app = text(event, "appId") + text(event, "runSpecId");
        const TimeMs time = parse_timestamp(text(event, "timestamp")).value_or(0);
        bool complete = true;
        if (type == "status_update_event") {
            complete = task(app, text(event, "taskId"), text(event, "taskStatus"), time);
        } else if (type == "instance_changed_event") {
            complete = instance(app, text(event, "instanceId"), text(event, "condition"), time);
        } else if (type == "failed_health_check_event") {
            std::string_view protocol;
            complete = !event["healthCheck"]["protocol"].get(protocol);
            failures[app + " " + std::string(protocol)] += complete ? 1 : 0;
        } else if (type == "health_status_changed_event" || type == "instance_health_changed_event") {
            complete = health_event(app, event, type);
        } else if (type == "unhealthy_task_kill_event" || type == "unhealthy_instance_kill_event") {
            ++kills[app];
        } else if (type == "deployment_success" || type == "deployment_failed") {
            complete = !text(event, "id").empty();
            if (complete) {
                finished.insert(text(event, "id"));
            }
        } else if (type == "group_change_success") {
            complete = !text(event, "groupId").empty();
        } else if (type == "app_terminated_event") {
            complete = !app.empty();
        } else if (type == "framework_message_event") {
            ++framework["messages"];
            framework["bytes"] += event["message"].get_array().size();
        }
        rejected["missing_field"] += complete ? 0 : 1;
    }

    static bool is_final(const std::string& state) {
        static const std::set<std::string> finals{
            "TASK_FINISHED",
            "TASK_FAILED",
            "TASK_KILLED",
            "TASK_ERROR",
            "TASK_DROPPED",
            "TASK_GONE",
            "Finished",
            "Failed",
            "Killed",
            "Error",
            "Gone",
            "Dropped",
            "Unknown"};
        return finals.contains(state);
    }

    static int rank(const std::string& state) {
        static const std::map<std::string, int> ranks{
            {"TASK_STAGING", 1},
            {"TASK_STARTING", 2},
            {"TASK_RUNNING", 3},
            {"TASK_KILLING", 4},
            {"TASK_LOST", 4},
            {"TASK_UNREACHABLE", 4},
            {"TASK_UNKNOWN", 4},
            {"TASK_GONE_BY_OPERATOR", 4}};
        return is_final(state) ? 5 : ranks.at(state);
    }

    bool task(const std::string& app, const std::string& id, const std::string& to, TimeMs time) {
        if (id.empty() || to.empty()) {
            return false;
        }
        auto& [state, entered] = tasks_[id];
        if (state == to) {
            return true;
        }
        if (!state.empty() && (is_final(state) || (time < entered && rank(to) < rank(state)))) {
            ++late[app];
            return true;
        }
        ++task_transitions[app + " " + (state.empty() ? "none" : state) + " " + to];
        state = to;
        entered = time;
        if (id.find(".instance-") ==
            std::string::npos) {  // a legacy id: app.UUID, entity app.marathon-UUID
            const std::size_t dot = id.size() - 37;
            ended_[id.substr(0, dot) + ".marathon-" + id.substr(dot + 1)] = is_final(to);
        }
        return true;
    }

    bool instance(
        const std::string& app, const std::string& id, const std::string& to, TimeMs time
    ) {
        if (id.empty() || to.empty()) {
            return false;
        }
        auto& [state, entered] = instances_[id];
        if (state == to || (!state.empty() && time < entered)) {
            return true;
        }
        ++instance_transitions[app + " " + (state.empty() ? "none" : state) + " " + to];
        state = to;
        entered = time;
        ended_[id] = is_final(to);
        return true;
    }

    bool health_event(const std::string& app, const Event& event, std::string_view type) {
        const bool of_instance = type == "instance_health_changed_event";
        bool good = false;
        const bool absent = event[of_instance ? "healthy" : "alive"].get(good);
        std::string id = text(event, "instanceId") + text(event, "taskId");
        if (id.empty() || (absent && !of_instance)) {
            return false;
        }
        if (id.find(".instance-") == std::string::npos &&
            id.find(".marathon-") == std::string::npos) {
            id = id.substr(0, id.size() - 37) + ".marathon-" + id.substr(id.size() - 36);
        }
        if (of_instance) {
            speaks_for_itself_.insert(id);
        } else if (speaks_for_itself_.contains(id)) {
            return true;
        }
        const std::string to = absent ? "unknown" : good ? "healthy" : "unhealthy";
        std::string& now = health_[id];
        if (ended_[id]) {
            return true;
        }
        if (revived(id) || now.empty()) {
            now = "unknown";
        }
        if (now == to) {
            return true;
        }
        ++health[app + " " + to];
        flaps[app] += now == "healthy" && to == "unhealthy" ? 1 : 0;
        now = to;
        return true;
    }

    /// The number of ends of an entity is not kept here: an end resets the health when it is next
    /// looked at.
    bool revived(const std::string& id) { return reset_.erase(id) > 0; }

    simdjson::dom::parser parser_;
    std::map<std::string, std::pair<std::string, TimeMs>> tasks_;
    std::map<std::string, std::pair<std::string, TimeMs>> instances_;
    std::map<std::string, std::string> health_;
    std::set<std::string> speaks_for_itself_;
    std::set<std::string> reset_;

    /// Remembers which entities ended since their health was last looked at.
    class Ended {
      public:
        explicit Ended(std::set<std::string>& reset) : reset_(reset) {}

        struct Proxy {
            bool& value;
            std::set<std::string>& reset;
            const std::string& id;

            Proxy& operator=(bool ends) {
                value = ends;
                if (ends) {
                    reset.insert(id);
                }
                return *this;
            }

            operator bool() const { return value; }  // NOLINT(google-explicit-constructor)
        };

        Proxy operator[](const std::string& id) { return {values_[id], reset_, id}; }

      private:
        std::map<std::string, bool> values_;
        std::set<std::string>& reset_;
    };

    Ended ended_{reset_};
};

class TotalsTest : public ::testing::TestWithParam<Dialect> {};

void expect_recount_agrees(const Shape& shape) {
    Collector heard;
    const std::string totals = live(shape, 12'000, heard);
    Recount recount;
    for (const std::string& body : heard.bodies) {
        recount.read(body);
    }
    EXPECT_EQ(family(totals, "events"), recount.events);
    EXPECT_EQ(without_zeros(family(totals, "rejected")), without_zeros(recount.rejected));
    EXPECT_EQ(family(totals, "task_transitions"), recount.task_transitions);
    EXPECT_EQ(family(totals, "late_events"), recount.late);
    EXPECT_EQ(family(totals, "instance_transitions"), recount.instance_transitions);
    EXPECT_EQ(family(totals, "health_failures"), without_zeros(recount.failures));
    EXPECT_EQ(family(totals, "health_transitions"), recount.health);
    EXPECT_EQ(family(totals, "flaps"), without_zeros(recount.flaps));
    EXPECT_EQ(family(totals, "kills"), recount.kills);
    EXPECT_EQ(family(totals, "framework"), recount.framework);
    std::uint64_t counted = 0;
    for (const auto& [kind, n] : family(totals, "deployments")) {
        counted += n;
    }
    EXPECT_EQ(counted, recount.finished.size());
    EXPECT_GT(counted, 10U);
}

TEST_P(TotalsTest, AgreeWithARecountOfTheJson) {
    expect_recount_agrees(small_cluster(GetParam()));
}

TEST_P(TotalsTest, AgreeWithARecountOfADisorderedStream) {
    Shape shape = small_cluster(GetParam());
    shape.duplicates = 0.02;
    shape.reorder = 0.05;
    shape.bad = 0.02;
    expect_recount_agrees(shape);
}

TEST_P(TotalsTest, ALifeInOrderHasNoLateAndNoUnexpectedTransition) {
    Collector heard;
    const std::string totals = live(small_cluster(GetParam()), 12'000, heard);
    EXPECT_EQ(family(totals, "late_events"), Table{});
    EXPECT_EQ(family(totals, "unexpected"), Table{});
}

std::string dialect_title(const ::testing::TestParamInfo<Dialect>& info) {
    return "Marathon1" + std::string(name_of(info.param).substr(2));
}

INSTANTIATE_TEST_SUITE_P(Of, TotalsTest, ::testing::ValuesIn(all_dialects), dialect_title);

// --- the rules of deployments, by hand
// -----------------------------------------------------------------------

class DeploymentTotalsTest : public ::testing::Test {
  protected:
    static std::shared_ptr<const Plan> plan(
        std::uint64_t serial, TimeMs version, std::vector<Step> steps
    ) {
        return std::make_shared<const Plan>(Plan{
            .serial = serial,
            .id = std::to_string(serial),
            .version = version,
            .steps = std::move(steps)});
    }

    static Said said(
        EventType type, std::shared_ptr<const Plan> of, TimeMs time, std::size_t step = 0
    ) {
        Said event;
        event.type = type;
        event.plan = std::move(of);
        event.time = time;
        event.step = step;
        return event;
    }

    void info(const std::shared_ptr<const Plan>& of, TimeMs time, std::size_t step = 0) {
        totals.info(said(EventType::deployment_info, of, time, step));
    }

    void step_success(const std::shared_ptr<const Plan>& of, TimeMs time, std::size_t step = 0) {
        totals.step_ended(said(EventType::deployment_step_success, of, time, step));
    }

    void success(const std::shared_ptr<const Plan>& of, TimeMs time) {
        totals.final_event(said(EventType::deployment_success, of, time));
    }

    void failed(const std::shared_ptr<const Plan>& of, TimeMs time) {
        totals.final_event(said(EventType::deployment_failed, of, time));
    }

    [[nodiscard]] std::uint64_t counted(Outcome outcome, Kind kind = Kind::restart) const {
        const auto found = totals.deployments.find(
            pack(0, static_cast<std::uint64_t>(outcome), static_cast<std::uint64_t>(kind))
        );
        return found == totals.deployments.end() ? 0 : found->second;
    }

    [[nodiscard]] std::uint64_t corrected(Outcome from, Outcome to) const {
        const auto found = totals.corrections.find(
            pack(0, static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to))
        );
        return found == totals.corrections.end() ? 0 : found->second;
    }

    const std::vector<Step> restart{{{.verb = Verb::restart, .app = 1}}};
    DeploymentTotals totals;
};

TEST_F(DeploymentTotalsTest, ASuccessIsCountedOnceWithItsDuration) {
    const auto one = plan(1, 1000, restart);
    info(one, 1010);
    step_success(one, 5000);
    success(one, 5010);
    success(one, 9000);
    EXPECT_EQ(counted(Outcome::success), 1U);
    EXPECT_EQ(totals.durations_ms(), 4000);
    EXPECT_EQ(totals.step_successes, 1U);
    EXPECT_EQ(totals.running(), 0U);
}

TEST_F(DeploymentTotalsTest, FailedWinsOverSuccessInEitherOrder) {
    const auto one = plan(1, 1000, restart);
    info(one, 1010);
    success(one, 20'000);
    failed(one, 20'001);
    const auto other = plan(2, 100'000, restart);
    info(other, 100'010);
    failed(other, 200'000);
    success(other, 200'001);
    EXPECT_EQ(counted(Outcome::success), 1U);
    EXPECT_EQ(counted(Outcome::failed), 1U);
    EXPECT_EQ(corrected(Outcome::success, Outcome::failed), 1U);
    EXPECT_EQ(totals.contradicted, 2U);
    EXPECT_EQ(totals.durations_ms(), (20'001 - 1010) + (200'000 - 100'010));
}

TEST_F(DeploymentTotalsTest, RejectedIsFailedWithoutInfoAndWithARefusalInEitherOrder) {
    failed(plan(1, 1000, restart), 1001);
    totals.group_change_failed(1000);
    totals.group_change_failed(50'000);
    failed(plan(2, 50'000, restart), 50'001);
    EXPECT_EQ(counted(Outcome::failed), 1U);
    EXPECT_EQ(corrected(Outcome::failed, Outcome::rejected), 1U);
    EXPECT_EQ(counted(Outcome::rejected), 1U);
    EXPECT_EQ(totals.durations(), 0U);
}

TEST_F(DeploymentTotalsTest, CanceledWhenAnotherOfTheSameAppWasRequestedWithinFiveSeconds) {
    const auto old = plan(1, 1000, restart);
    info(old, 1010);
    failed(old, 60'000);
    EXPECT_EQ(counted(Outcome::failed), 1U);
    const auto fresh = plan(2, 64'999, restart);
    info(fresh, 65'000);
    EXPECT_EQ(corrected(Outcome::failed, Outcome::canceled), 1U);
    success(fresh, 70'000);
    const auto lonely = plan(3, 71'000, {{{.verb = Verb::restart, .app = 2}}});
    info(lonely, 71'000);
    failed(lonely, 71'001);
    EXPECT_EQ(counted(Outcome::failed), 2U);
}

TEST_F(DeploymentTotalsTest, FiveSecondsExactlyAreTooLong) {
    const auto old = plan(1, 1000, restart);
    info(old, 1010);
    failed(old, 60'000);
    info(plan(2, 65'000, restart), 65'000);
    EXPECT_EQ(corrected(Outcome::failed, Outcome::canceled), 0U);
}

TEST_F(DeploymentTotalsTest, ANewLeaderRunningThePlanAgainIsARerunAndKeepsWhatIsDone) {
    const auto one =
        plan(1, 1000, {{{.verb = Verb::start, .app = 1}}, {{.verb = Verb::scale, .app = 1}}});
    info(one, 1010, 0);
    step_success(one, 1011, 0);
    info(one, 1020, 1);
    info(one, 30'000, 0);
    step_success(one, 30'001, 0);
    info(one, 30'002, 1);
    step_success(one, 40'000, 1);
    success(one, 40'000);
    EXPECT_EQ(totals.reruns, 2U);
    EXPECT_EQ(totals.step_successes, 2U);
    EXPECT_EQ(counted(Outcome::success, Kind::start), 1U);
    const auto scaled = pack(0, static_cast<std::uint64_t>(Verb::scale), 0);
    EXPECT_EQ(totals.steps_ms.at(scaled), 40'000U - 1020U);
}

TEST_F(DeploymentTotalsTest, KindsFollowFromTheActions) {
    const auto kind = [](std::vector<Verb> verbs) {
        Plan of;
        for (const Verb verb : verbs) {
            of.steps.push_back({{.verb = verb, .app = 1}});
        }
        return kind_of(of);
    };
    EXPECT_EQ(kind({}), Kind::none);
    EXPECT_EQ(kind({Verb::start, Verb::scale}), Kind::start);
    EXPECT_EQ(kind({Verb::scale}), Kind::scale);
    EXPECT_EQ(kind({Verb::restart, Verb::scale}), Kind::restart);
    EXPECT_EQ(kind({Verb::stop}), Kind::stop);
    EXPECT_EQ(kind({Verb::stop, Verb::scale}), Kind::mixed);
    EXPECT_EQ(kind({Verb::restart, Verb::start}), Kind::mixed);
}

}  // namespace
}  // namespace tally::simulate
