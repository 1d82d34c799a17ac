#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "model/support/script.hpp"
#include "model/support/shown.hpp"
#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using shown::Shown;

const World::Options forgetful{.max_apps = 4, .ended_max = 3, .closed_max = 3, .closed_apps_max = 6};
const World::Options remembering{.max_apps = 4};
constexpr unsigned seeds = 12;

/// A snapshot of the careless cluster of random_script: what it shows fits the events now and then.
class RandomSnapshot {
  public:
    explicit RandomSnapshot(unsigned seed) : random_(seed) {}

    Shown next() {
        Shown shown(one_of({"1.3.0", "1.5.0", "1.8.222", ""}));
        for (const char* app : {"/a", "/b", "/c/d", "/e", "/f", "/elsewhere", "/odd"}) {
            if (pick(3) != 0) {
                shown.app(app);
            }
        }
        for (std::uint32_t i = pick(25); i > 0; --i) {
            shown.task(task_id(), state(), fields());
        }
        for (std::uint32_t i = pick(4); i > 0; --i) {
            pod(shown);
        }
        for (std::uint32_t i = pick(6); i > 0; --i) {
            shown.deployment(
                "d" + std::to_string(pick(12)), start_plan("/a", std::chrono::seconds(pick(1000))), pick(4)
            );
        }
        return pick(4) == 0 ? shown.without_pods() : shown;
    }

    std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  private:
    template <std::size_t N>
    const char* one_of(const char* const (&names)[N]) {
        return names[pick(N)];
    }

    std::string number() { return std::to_string(pick(5)); }

    std::string app() { return one_of({"a", "b", "c_d", "e", "f"}); }

    std::string task_id() {
        switch (pick(6)) {  // those of pods are told by their instances
            case 0:
            case 1:
            case 2:
                return app() + ".instance-" + number() + "._app." + number();
            case 3:
                return "oddity" + number();
            default:
                return app() + "." + number();
        }
    }

    std::string state() {
        return pick(10) == 0 ? "TASK_ODD_" + std::to_string(pick(90))
                             : one_of(
                                   {"TASK_STAGING",
                                    "TASK_STARTING",
                                    "TASK_RUNNING",
                                    "TASK_RUNNING",
                                    "TASK_KILLING",
                                    "TASK_FAILED",
                                    "TASK_UNREACHABLE",
                                    "TASK_LOST",
                                    "other",
                                    "none",
                                    ""}
                               );
    }

    shown::TaskFields fields() {
        shown::TaskFields fields;
        fields.app = pick(6) == 0 ? "/elsewhere" : "";
        fields.host = pick(2) == 0 ? "h9" : "";
        if (pick(2) == 0) {
            fields.staged = at(std::chrono::seconds(pick(1000)));
        }
        if (pick(2) == 0) {
            fields.started = at(std::chrono::seconds(pick(1000)));
        }
        if (pick(2) == 0) {
            fields.alive = pick(2) == 0;
        }
        return fields;
    }

    void pod(Shown& shown) {
        const std::string id = app() + ".instance-" + number();
        std::vector<std::string_view> containers;
        for (std::uint32_t i = pick(3); i > 0; --i) {
            const std::string name = "c" + number();
            containers.push_back(keep(
                name + (pick(2) == 0 ? "" : "=" + id + "." + name + (pick(2) == 0 ? "" : ".1")) + " " + state()
            ));
        }
        shown.pod(id, containers, pick(2) == 0 ? std::optional<bool>{} : pick(2) == 0);
    }

    std::mt19937 random_;
};

std::string difference(const std::vector<std::string>& one, const std::vector<std::string>& other) {
    const auto [a, b] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
    if (a == one.end() && b == other.end()) {
        return {};
    }
    return "\n  one:   " + (a == one.end() ? "nothing" : *a) + "\n  other: " + (b == other.end() ? "nothing" : *b);
}

std::string difference(Story& one, Story& other, Seq after) {
    const std::string in_rows = difference(one.ledger().dump(after), other.ledger().dump(after));
    return in_rows.empty() ? difference(one.snapshot(), other.snapshot()) : in_rows;
}

std::string words(const std::vector<Difference>& differences) {
    std::string text;
    for (const Difference& one : differences) {
        text += std::string(to_string(one.kind)) + " " + one.id + " " + one.to + "; ";
    }
    return text;
}

/// An event heard before, at or after any request.
void hear_some(Story& story, const std::vector<Line>& script, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        story.hear_live(script[i].event, at(std::chrono::seconds(i)));
    }
}

World::Comparison how_at(RandomSnapshot& random, std::size_t i) {
    const auto seconds = [](std::size_t n) { return at(std::chrono::seconds(n)); };
    return {
        .sent = seconds(i + 3 - random.pick(5)),
        .gap_start = random.pick(3) == 0 ? no_time : seconds(i > 9 ? i - 9 : 0),
        .health_is_settled = random.pick(3) == 0,
        .other_cluster = random.pick(8) == 0};
}

TEST(DifferencesPropertyTest, WhatWasAppliedIsNoDifferenceAnyMore) {
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        RandomSnapshot random(seed);
        const std::vector<Line> script = random_script(300 + seed, 400);
        Story story(remembering);
        std::size_t told = 0;
        for (std::size_t i = 20; i <= script.size(); i += 20) {
            hear_some(story, script, told, i);
            told = i;
            const Shown shown = random.next();
            World::Comparison how = how_at(random, i);
            const auto first = story.reconcile(shown.snapshot(), how);
            how.other_cluster = false;
            const auto again = story.world().compare(shown.snapshot(), how);
            ASSERT_EQ(words(again), "") << "seed " << seed << ", event " << i << ", after " << words(first);
        }
    }
}

TEST(DifferencesPropertyTest, AStoppedWorldGoesOnAsIfItHadNeverStopped) {
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        RandomSnapshot random(500 + seed);
        const std::vector<Line> script = random_script(600 + seed, 200);
        Story steady(forgetful);
        std::vector<Story> lives;
        lives.reserve(script.size());
        lives.emplace_back(forgetful);
        std::size_t told = 0;
        for (std::size_t i = 10; i <= script.size(); i += 10) {
            hear_some(steady, script, told, i);
            hear_some(lives.back(), script, told, i);
            told = i;
            const Shown shown = random.next();
            World::Comparison how = how_at(random, i);
            how.sent = at(std::chrono::seconds(i));  // who was stopped has heard nothing later
            const Mark mark{
                .kind = Mark::Kind::reconciled,
                .time = how.sent,
                .cause = "ok",
                .differences = steady.world().compare(shown.snapshot(), how)};
            const Seq before = steady.seq();
            steady.mark(mark);
            lives.back().mark(mark);
            ASSERT_EQ(difference(steady, lives.back(), before - 10), "")
                << "seed " << seed << ", event " << i << ", " << words(mark.differences);
            lives.push_back(lives.back().restarted());
        }
    }
}

/// Every observed series and histogram is what the events alone gave, where no snapshot moved a state.
TEST(DifferencesPropertyTest, NoSnapshotMovesAnObservedCounter) {
    constexpr Family inferred[]{
        Family::task_transitions_inferred,
        Family::instance_transitions_inferred,
        Family::deployments_inferred,
        Family::health_transitions_inferred,
        Family::reconciliations,
        Family::reconcile_differences,
        Family::tasks,
        Family::instances};
    const auto observed_lines = [&inferred](const Story& story) {
        std::vector<std::string> lines = story.snapshot();
        std::erase_if(lines, [&inferred](const std::string& line) {
            return !line.starts_with("sample ") && !line.starts_with("histogram ")
                       ? true
                       : std::any_of(std::begin(inferred), std::end(inferred), [&line](Family family) {
                             return line.starts_with("sample " + std::to_string(static_cast<int>(family)) + " ");
                         });
        });
        return lines;
    };
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        RandomSnapshot random(700 + seed);
        const std::vector<Line> script = random_script(800 + seed, 200);
        Story story(remembering);
        hear_some(story, script, 0, script.size());
        const auto before = observed_lines(story);
        for (int i = 0; i < 5; ++i) {
            const Shown shown = random.next();
            (void)story.reconcile(shown.snapshot(), how_at(random, script.size()));
        }
        ASSERT_EQ(difference(before, observed_lines(story)), "") << "seed " << seed;
    }
}

/// The gauges count what the rows say.
TEST(DifferencesPropertyTest, GaugesCountTheRowsOfTheCurrentSet) {
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        RandomSnapshot random(900 + seed);
        const std::vector<Line> script = random_script(1000 + seed, 200);
        Story story(remembering);
        std::size_t told = 0;
        for (std::size_t i = 20; i <= script.size(); i += 20) {
            hear_some(story, script, told, i);
            told = i;
            (void)story.reconcile(random.next().snapshot(), how_at(random, i));
        }
        std::int64_t tasks = 0;
        std::int64_t instances = 0;
        std::int64_t running = 0;
        for (const auto& [name, row] : story.ledger().tasks) {
            tasks += row.ended_seq == 0 ? 1 : 0;
        }
        for (const auto& [name, row] : story.ledger().instances) {
            instances += !row.condition.empty() && row.ended == no_time ? 1 : 0;
        }
        for (const auto& [name, row] : story.ledger().deployments) {
            running += row.outcome == "running" ? 1 : 0;
        }
        for (const auto& [series, value] : story.ledger().series) {
            tasks -= series.family == "tasks" ? value : 0;
            instances -= series.family == "instances" ? value : 0;
        }
        ASSERT_EQ(tasks, 0) << "seed " << seed;
        ASSERT_EQ(instances, 0) << "seed " << seed;
        ASSERT_EQ(running, story.world().snapshot().deployments_running) << "seed " << seed;
    }
}

}  // namespace
}  // namespace tally::model
