#include <algorithm>

#include "model/support/script.hpp"
#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

/// So little memory that everything is forgotten now and then.
const World::Options forgetful{.max_apps = 4, .ended_max = 3, .closed_max = 3, .closed_apps_max = 6};
constexpr unsigned seeds = 30;
constexpr int events_count = 400;

/// The first differing line of each, for a message one can read.
std::string difference(const std::vector<std::string>& one, const std::vector<std::string>& other) {
    const auto [a, b] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
    if (a == one.end() && b == other.end()) {
        return {};
    }
    return "\n  one:   " + (a == one.end() ? "nothing" : *a) +
           "\n  other: " + (b == other.end() ? "nothing" : *b);
}

std::string difference(Story& one, Story& other, Seq after) {
    const std::string in_rows = difference(one.ledger().dump(after), other.ledger().dump(after));
    return in_rows.empty() ? difference(one.snapshot(), other.snapshot()) : in_rows;
}

void tell(Story& story, const std::vector<Line>& script, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        story.hear_from(script[i].connection, script[i].event);
    }
}

TEST(RestoreTest, AStoppedWorldGoesOnAsIfItHadNeverStopped) {
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        const std::vector<Line> script = random_script(seed, events_count);
        Story steady(forgetful);
        const std::size_t stop = 20 + seed * 37 % 300;
        tell(steady, script, 0, stop);
        Story next = steady.restarted();
        ASSERT_EQ(difference(steady, next, 0), "") << "at once, seed " << seed;
        tell(steady, script, stop, script.size());
        tell(next, script, stop, script.size());
        ASSERT_EQ(difference(steady, next, static_cast<Seq>(stop)), "")
            << "seed " << seed << ", stop at " << stop;
    }
}

TEST(RestoreTest, AWorldStoppedAfterEveryEventGoesOnAsIfItHadNeverStopped) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        const std::vector<Line> script = random_script(100 + seed, 150);
        Story steady(forgetful);
        std::vector<Story> lives;
        lives.reserve(script.size() + 1);
        lives.emplace_back(forgetful);
        for (std::size_t i = 0; i < script.size(); ++i) {
            tell(steady, script, i, i + 1);
            tell(lives.back(), script, i, i + 1);
            ASSERT_EQ(difference(steady, lives.back(), static_cast<Seq>(i)), "")
                << "seed " << seed << ", event " << i;
            lives.push_back(lives.back().restarted());
        }
    }
}

TEST(RestoreTest, TheSameEventsCutIntoBatchesAnywhereGiveTheSameFacts) {
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        const std::vector<Line> script = random_script(200 + seed, events_count);
        Story single(forgetful);
        tell(single, script, 0, script.size());
        for (const std::size_t length :
             {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{50}}) {
            Story cut(forgetful);
            for (std::size_t i = 0; i < script.size(); i += length) {
                tell(cut, script, i, std::min(i + length, script.size()));
                cut.cut();
            }
            ASSERT_EQ(difference(single, cut, 0), "")
                << "seed " << seed << ", batches of " << length;
        }
    }
}

TEST(RestoreTest, TheSameEventsGiveTheSameFacts) {
    const std::vector<Line> script = random_script(1, 1000);
    Story one;
    Story other;
    tell(one, script, 0, script.size());
    tell(other, script, 0, script.size());
    EXPECT_EQ(difference(one, other, 0), "");
}

}  // namespace
}  // namespace tally::model
