#include <map>

#include "model/support/script.hpp"
#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

/// A counter equals the count of the rows behind it, whatever happened. The names of the script's
/// states past the 64th are counted as `other`; what is a label is read from the counters
/// themselves.
class CountersTest : public ::testing::TestWithParam<unsigned> {
  protected:
    CountersTest() {
        for (const Line& line : random_script(GetParam(), 800)) {
            story_.hear_from(line.connection, line.event);
        }
    }

    [[nodiscard]] std::int64_t sum(std::string_view family) {
        std::int64_t total = 0;
        for (const auto& [key, value] : story_.ledger().series) {
            total += key.family == family ? value : 0;
        }
        return total;
    }

    [[nodiscard]] std::int64_t rows(std::string_view table) {
        return static_cast<std::int64_t>(story_.ledger().texts(table).size());
    }

    [[nodiscard]] std::string label(AppId app) {
        const AppRow& row = story_.ledger().apps.at(app);
        return row.counted_as_other ? "other" : std::string(row.name);
    }

    Story story_{World::Options{.max_apps = 4}};
};

TEST_P(CountersTest, EveryCounterIsTheNumberOfItsRows) {
    EXPECT_EQ(sum("events"), rows("event"));
    EXPECT_EQ(sum("rejected"), rows("rejected"));
    EXPECT_EQ(sum("task_transitions"), rows("task_transition"));
    EXPECT_EQ(sum("task_late_events"), rows("task_late"));
    EXPECT_EQ(sum("instance_transitions"), rows("instance_transition"));
    EXPECT_EQ(sum("health_transitions"), rows("health_transition"));
    EXPECT_EQ(sum("health_check_failures"), rows("health_failure"));
    EXPECT_EQ(sum("unhealthy_kills"), rows("kill"));
    EXPECT_EQ(sum("api_calls"), rows("api_call"));
    EXPECT_EQ(sum("group_changes"), rows("group_change"));
    EXPECT_EQ(sum("unknown_terminations"), rows("unknown_termination"));
    EXPECT_EQ(sum("framework_messages"), rows("framework_message"));
    EXPECT_EQ(sum("deployment_corrections"), rows("correction"));
}

TEST_P(CountersTest, UnexpectedTransitionsAreTheMarkedRows) {
    std::int64_t marked = 0;
    for (const std::string& text : story_.ledger().texts("task_transition")) {
        marked += text.ends_with(" unexpected") ? 1 : 0;
    }
    EXPECT_EQ(sum("task_unexpected"), marked);
}

TEST_P(CountersTest, RowsWithAnOutcomeAreThoseCountedLessThoseCorrectedAway) {
    std::map<std::string, std::int64_t> expected;
    for (const auto& [key, value] : story_.ledger().series) {
        if (key.family == "deployments") {
            expected[key.a] += value;
        } else if (key.family == "deployment_corrections") {
            expected[key.a] -= value;
            expected[key.b] += value;
        }
    }
    std::map<std::string, std::int64_t> found;
    for (const auto& [id, row] : story_.ledger().deployments) {
        if (row.outcome != "running") {
            ++found[std::string(row.outcome)];
        }
    }
    std::erase_if(expected, [](const auto& entry) { return entry.second == 0; });
    EXPECT_EQ(found, expected);
}

TEST_P(CountersTest, AppDeploymentsAreTheCountedApps) {
    std::map<std::pair<std::string, std::string>, std::set<std::string>> counted;
    for (const auto& [key, is_counted] : story_.ledger().deployment_apps) {
        const auto& [deployment, app, action] = key;
        if (is_counted) {
            counted[{deployment, app}].insert(action);
        }
    }
    EXPECT_EQ(sum("app_deployments"), static_cast<std::int64_t>(counted.size()));
}

TEST_P(CountersTest, GaugesAreTheRowsThatLive) {
    std::map<std::string, std::int64_t> tasks;
    for (const auto& [name, row] : story_.ledger().tasks) {
        tasks[label(row.app)] += row.ended == no_time ? 1 : 0;
        EXPECT_EQ(row.ended == no_time, row.ended_seq == 0) << name;
    }
    std::map<std::string, std::int64_t> instances;
    std::map<std::string, std::int64_t> unhealthy;
    for (const auto& [name, row] : story_.ledger().instances) {
        instances[label(row.app)] += row.condition.empty() || row.ended != no_time ? 0 : 1;
        unhealthy[label(row.app)] += row.health == Health::unhealthy ? 1 : 0;
    }
    std::map<std::string, std::int64_t> task_gauge;
    std::map<std::string, std::int64_t> instance_gauge;
    for (const auto& [key, value] : story_.ledger().series) {
        EXPECT_GE(value, 0) << key.family << " " << key.app << " " << key.a;
        task_gauge[key.app] += key.family == "tasks" ? value : 0;
        instance_gauge[key.app] += key.family == "instances" ? value : 0;
    }
    for (const auto& [app, n] : tasks) {
        EXPECT_EQ(task_gauge[app], n) << app;
    }
    for (const auto& [app, n] : instances) {
        EXPECT_EQ(instance_gauge[app], n) << app;
        EXPECT_EQ(story_.app(app).unhealthy_now, unhealthy[app]) << app;
    }
}

TEST_P(CountersTest, TheHoursAddUpToTheAppsTotals) {
    std::map<std::string, std::pair<TimeMs, TimeMs>> sums;
    for (const auto& [key, hour] : story_.ledger().hours) {
        sums[key.first].first += hour.unhealthy_ms;
        sums[key.first].second += hour.observed_ms;
    }
    for (const auto& [id, row] : story_.ledger().apps) {
        EXPECT_EQ(sums[std::string(row.name)], std::pair(row.unhealthy_ms, row.observed_ms))
            << row.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Scripts, CountersTest, ::testing::Range(1U, 9U));

}  // namespace
}  // namespace tally::model
