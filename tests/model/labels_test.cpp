#include <algorithm>

#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

class UnknownNamesTest : public StoryTest {
  protected:
    /// TASK_0 ... TASK_(n-1), each by a task of its own.
    void hear_states(int n) {
        for (int i = 0; i < n; ++i) {
            const std::string number = std::to_string(i);
            hear(status("a." + number, "TASK_" + number, at(1s), {.app = "/a"}));
        }
    }

    [[nodiscard]] std::int64_t seen(std::string_view state) {
        return number(Family::task_transitions, {.app = "/a", .a = "none", .b = state});
    }
};

TEST_F(UnknownNamesTest, TheFirst64AreLabelsAndTheRestIsOther) {
    hear_states(70);
    EXPECT_EQ(seen("TASK_0"), 1);
    EXPECT_EQ(seen("TASK_63"), 1);
    EXPECT_EQ(seen("TASK_64"), -1);
    EXPECT_EQ(seen("other"), 6);
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "other"}), 6);
}

TEST_F(UnknownNamesTest, SqlKeepsEveryName) {
    hear_states(70);
    EXPECT_EQ(task_row("a.69").state, "TASK_69");
    EXPECT_EQ(transitions("a.69"), std::vector<std::string>{"none -> TASK_69"});
}

TEST_F(UnknownNamesTest, KnownNamesTakeNoneOfThe64) {
    hear_all(status("k.1", "TASK_RUNNING", at(1s)), status("k.2", "TASK_GONE_BY_OPERATOR", at(1s)));
    hear_states(64);
    EXPECT_EQ(seen("TASK_63"), 1);
}

TEST_F(UnknownNamesTest, TwoStatesCountedAsOtherAreTwoStates) {
    hear_states(64);
    hear_all(
        status("t.1", "TASK_X", at(1s), {.app = "/a"}),
        status("t.1", "TASK_X", at(2s), {.app = "/a"}),
        status("t.1", "TASK_Y", at(3s), {.app = "/a"}),
        status("t.1", "TASK_RUNNING", at(4s), {.app = "/a"})
    );
    EXPECT_EQ(
        transitions("t.1"),
        (std::vector<std::string>{
            "none -> TASK_X",
            "TASK_X -> TASK_Y after 2000 unexpected",
            "TASK_Y -> TASK_RUNNING after 1000 unexpected"})
    );
    EXPECT_EQ(number(Family::task_transitions, {.app = "/a", .a = "other", .b = "other"}), 1);
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "other"}), 0);
    EXPECT_EQ(observed_sum(HistogramFamily::task_state_duration, "other"), 3000);
}

TEST_F(UnknownNamesTest, TheyAreKeptOverARestart) {
    hear_states(66);
    Story next = restarted();
    next.hear_all(
        status("t.1", "TASK_3", at(1s), {.app = "/a"}),
        status("t.2", "TASK_NEW", at(1s), {.app = "/a"}),
        status("a.65", "TASK_65", at(5s), {.app = "/a"}),
        status("a.64", "TASK_65", at(6s), {.app = "/a"})
    );
    EXPECT_EQ(next.number(Family::task_transitions, {.app = "/a", .a = "none", .b = "TASK_3"}), 2);
    EXPECT_EQ(next.number(Family::task_transitions, {.app = "/a", .a = "none", .b = "other"}), 3);
    EXPECT_EQ(next.transitions("a.65").size(), 1U) << "a repeat, though both are `other`";
    EXPECT_EQ(next.transitions("a.64").back(), "TASK_64 -> TASK_65 after 5000 unexpected");
}

TEST_F(UnknownNamesTest, EachKindHasItsOwn64) {
    hear_states(64);
    hear_all(
        instance("a.instance-1", "Mystery", at(1s)),
        plain("mystery_event", at(1s)),
        failure("a.instance-1", {.protocol = "GRPC"}, at(1s))
    );
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "Mystery"}), 1);
    EXPECT_EQ(number(Family::events, {.a = "mystery_event"}), 1);
    EXPECT_EQ(number(Family::health_check_failures, {.app = "/a", .a = "GRPC"}), 1);
}

TEST_F(UnknownNamesTest, EventTypesPastThe64thKeepTheirNameInTheRow) {
    for (int i = 0; i < 66; ++i) {
        hear(plain("type_" + std::to_string(i), at(1s)));
    }
    EXPECT_EQ(number(Family::events, {.a = "type_63"}), 1);
    EXPECT_EQ(number(Family::events, {.a = "other"}), 2);
    EXPECT_EQ(ledger().texts("event").back(), "type_65");
}

TEST_F(UnknownNamesTest, ConditionsPastThe64thAreTwoConditions) {
    for (int i = 0; i < 64; ++i) {
        hear(instance("a.instance-" + std::to_string(i), "C" + std::to_string(i), at(1s)));
    }
    const char* id = "a.instance-x";
    hear_all(instance(id, "Cx", at(1s)), instance(id, "Cx", at(2s)), instance(id, "Cy", at(3s)));
    EXPECT_EQ(
        instance_transitions(id), (std::vector<std::string>{"none -> Cx", "Cx -> Cy after 2000"})
    );
    EXPECT_EQ(instance_row(id).condition, "Cy");
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "other"}), 1);
}

TEST_F(UnknownNamesTest, ANameOver256BytesIsOther) {
    const std::string fits(256, 'x');
    const std::string too_long(257, 'x');
    hear_all(
        status("t.1", fits, at(1s), {.app = "/a"}), status("t.2", too_long, at(1s), {.app = "/a"})
    );
    EXPECT_EQ(seen(fits), 1);
    EXPECT_EQ(seen("other"), 1);
    EXPECT_EQ(task_row("t.2").state, too_long);
}

TEST_F(UnknownNamesTest, AStateLiterallyOtherSharesTheSeriesAndKeepsItsName) {
    hear_all(
        status("t.1", "other", at(1s), {.app = "/a"}), status("t.1", "other", at(2s), {.app = "/a"})
    );
    EXPECT_EQ(seen("other"), 1);
    EXPECT_EQ(task_row("t.1").state, "other");
    EXPECT_EQ(transitions("t.1").size(), 1U);
}

TEST_F(UnknownNamesTest, AnEventTypeLiterallyNoneIsAName) {
    hear(plain("none", at(1s)));
    EXPECT_EQ(number(Family::events, {.a = "none"}), 1);
    Story next = restarted();
    next.hear(plain("none", at(1s)));
    EXPECT_EQ(next.number(Family::events, {.a = "none"}), 2);
}

TEST_F(UnknownNamesTest, AStateLiterallyNoneIsAStateAndSharesTheSeriesOfNoState) {
    hear_all(
        status("t.1", "none", at(1s), {.app = "/a"}),
        status("t.1", "none", at(2s), {.app = "/a"}),
        status("t.1", "TASK_RUNNING", at(3s), {.app = "/a"}),
        status("t.2", "TASK_RUNNING", at(3s), {.app = "/a"})
    );
    EXPECT_EQ(
        transitions("t.1"),
        (std::vector<std::string>{"none -> none", "none -> TASK_RUNNING after 2000 unexpected"})
    );
    EXPECT_EQ(number(Family::task_transitions, {.app = "/a", .a = "none", .b = "none"}), 1);
    EXPECT_EQ(number(Family::task_transitions, {.app = "/a", .a = "none", .b = "TASK_RUNNING"}), 2);
    EXPECT_EQ(number(Family::task_unexpected, {.a = "none", .b = "TASK_RUNNING"}), 1);
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "none"}), 0);
    EXPECT_EQ(observed_sum(HistogramFamily::task_state_duration, "none"), 2000);
}

TEST_F(UnknownNamesTest, AStateLiterallyNoneIsTheSameStateAfterARestart) {
    hear_all(
        status("t.1", "none", at(1s), {.app = "/a"}),
        status("t.2", "none", at(1s), {.app = "/a"}),
        status("t.2", "TASK_RUNNING", at(2s), {.app = "/a"})
    );
    Story next = restarted();
    next.hear_all(
        status("t.1", "none", at(2s), {.app = "/a"}),
        status("t.1", "TASK_RUNNING", at(3s), {.app = "/a"})
    );
    EXPECT_EQ(next.transitions("t.1").back(), "none -> TASK_RUNNING after 2000 unexpected");
    EXPECT_EQ(
        next.number(Family::task_transitions, {.app = "/a", .a = "none", .b = "TASK_RUNNING"}), 2
    );
    EXPECT_EQ(next.observed(HistogramFamily::task_state_duration, "none"), 2U);
    EXPECT_EQ(next.number(Family::tasks, {.app = "/a", .a = "none"}), 0);
}

TEST_F(UnknownNamesTest, AConditionLiterallyNoneIsACondition) {
    const char* id = "a.instance-1";
    hear_all(instance(id, "none", at(1s)), instance(id, "none", at(2s)));
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "none"}), 1);
    Story next = restarted();
    next.hear_all(instance(id, "none", at(3s)), instance(id, "Running", at(4s)));
    EXPECT_EQ(
        next.instance_transitions(id),
        (std::vector<std::string>{"none -> none", "none -> Running after 3000"})
    );
    EXPECT_EQ(
        next.number(Family::instance_transitions, {.app = "/a", .a = "none", .b = "Running"}), 1
    );
    EXPECT_EQ(next.number(Family::instances, {.app = "/a", .a = "none"}), 0);
}

TEST_F(UnknownNamesTest, ANameWithNulIsOtherSinceItsLabelWouldReadAsAnother) {
    const std::string odd("TASK_X\0Y", 8);
    hear_all(
        status("t.1", odd, at(1s), {.app = "/a"}),
        status("t.2", "TASK_X", at(1s), {.app = "/a"}),
        instance("a.instance-1", odd, at(1s)),
        plain(odd, at(1s)),
        failure("a.instance-1", {.protocol = odd}, at(1s)),
        success("d", {.version = {}, .steps = {{{keep(odd + " /a")}}}}, at(1s))
    );
    EXPECT_EQ(seen("other"), 1);
    EXPECT_EQ(seen("TASK_X"), 1);
    EXPECT_EQ(task_row("t.1").state, odd);
    EXPECT_EQ(number(Family::instances, {.app = "/a", .a = "other"}), 1);
    EXPECT_EQ(number(Family::events, {.a = "other"}), 1);
    EXPECT_EQ(number(Family::health_check_failures, {.app = "/a", .a = "other"}), 1);
    const std::vector<std::string> rows = ledger().dump();
    EXPECT_TRUE(std::none_of(rows.begin(), rows.end(), [](const std::string& row) {
        return row.starts_with("label") && row.find('\0') != std::string::npos;
    }));
}

TEST_F(UnknownNamesTest, AnAppWithNulIsCountedAsOther) {
    const std::string odd("/a\0b", 4);
    hear_all(
        status("t.1", "TASK_RUNNING", at(1s), {.app = odd}),
        status("t.2", "TASK_RUNNING", at(1s), {.app = "/a"})
    );
    EXPECT_EQ(number(Family::tasks, {.app = "other", .a = "TASK_RUNNING"}), 1);
    EXPECT_EQ(number(Family::tasks, {.app = "/a", .a = "TASK_RUNNING"}), 1);
}

}  // namespace
}  // namespace tally::model
