#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;
using decode::RejectReason;
using ::testing::ElementsAre;

class RejectedTest : public StoryTest {
  protected:
    [[nodiscard]] std::size_t samples() {
        const auto texts = ledger().texts("rejected");
        return texts.size() - static_cast<std::size_t>(std::count(texts.begin(), texts.end(), ""));
    }

    void reject_many(int n, RejectReason reason, TimeMs received) {
        for (int i = 0; i < n; ++i) {
            reject(reason, "{bad", received);
        }
    }
};

TEST_F(RejectedTest, RejectedInputIsCountedByReasonAndKept) {
    reject(RejectReason::not_json, "{bad", at(1s));
    reject(RejectReason::too_large, "{big", at(2s));
    EXPECT_EQ(number(Family::rejected, {.a = "not_json"}), 1);
    EXPECT_EQ(number(Family::rejected, {.a = "too_large"}), 1);
    EXPECT_THAT(
        ledger().lines("rejected"),
        ElementsAre(
            "not_json: {bad (" + std::to_string(at(1s)) + " fault)",
            "too_large: {big (" + std::to_string(at(2s)) + " fault)"
        )
    );
}

TEST_F(RejectedTest, AMissingFieldCountsAsEventAndAsRejectedAndMakesNoFact) {
    decode::Event event = status("a.1f", "TASK_RUNNING", at(1s));
    event.missing = "taskStatus";
    hear(event);
    EXPECT_EQ(number(Family::events, {.a = "status_update_event"}), 1);
    EXPECT_EQ(number(Family::rejected, {.a = "missing_field"}), 1);
    EXPECT_EQ(ledger().texts("event").size(), 1U);
    EXPECT_THAT(ledger().texts("rejected"), ElementsAre("{}"));
    EXPECT_TRUE(ledger().tasks.empty());
    EXPECT_TRUE(ledger().texts("task_transition").empty());
}

TEST_F(RejectedTest, After100OfAReasonWithinAMinuteTheSampleIsLeftOut) {
    reject_many(103, RejectReason::not_json, at(1s));
    EXPECT_EQ(ledger().texts("rejected").size(), 103U);
    EXPECT_EQ(samples(), 100U);
    EXPECT_EQ(number(Family::rejected, {.a = "not_json"}), 103);
}

TEST_F(RejectedTest, EachReasonHasItsOwn100) {
    reject_many(100, RejectReason::not_json, at(1s));
    reject_many(100, RejectReason::not_object, at(2s));
    EXPECT_EQ(samples(), 200U);
}

TEST_F(RejectedTest, TheNextMinuteHas100Again) {
    reject_many(150, RejectReason::not_json, at(1s));
    reject_many(150, RejectReason::not_json, at(61s));
    EXPECT_EQ(samples(), 200U);
}

TEST_F(RejectedTest, ASampleIsTheFirst4096Bytes) {
    reject(RejectReason::not_json, std::string(5000, 'x'), at(1s));
    EXPECT_EQ(ledger().texts("rejected").front(), std::string(4096, 'x'));
}

struct Utf8Case {
    std::string bytes;
    std::string kept;
};

/// `?` stands for U+FFFD. One per maximal part of a character, as Unicode recommends and others
/// decode.
TEST_F(RejectedTest, InvalidUtf8BecomesTheReplacementCharacter) {
    for (const Utf8Case& row : std::vector<Utf8Case>{
             {"plain", "plain"},
             {"\xC3\xA4", "\xC3\xA4"},
             {"\xE2\x82\xAC", "\xE2\x82\xAC"},
             {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
             {"\xFF\xFE", "??"},
             {"a\x80z", "a?z"},
             {"\xC3", "?"},
             {"\xC3x", "?x"},
             {"\xC0\xAF", "??"},
             {"\xC1\xBF", "??"},
             {"\xE2\x82", "?"},
             {"\xE2\x82x", "?x"},
             {"\xE0\x80\x80", "???"},
             {"\xED\xA0\x80", "???"},
             {"\xF0\x9F\x98", "?"},
             {"\xF0\x9F\x98x", "?x"},
             {"\xF0\x80\x80\x80", "????"},
             {"\xF4\x90\x80\x80", "????"},
             {"\xF5\x80", "??"},
             {"\xF0\x9F\xC3\xA4", "?\xC3\xA4"},
         }) {
        std::string expected;
        for (const char c : row.kept) {
            expected += c == '?' ? std::string("\xEF\xBF\xBD") : std::string(1, c);
        }
        Story story;
        story.reject(RejectReason::not_json, row.bytes, at(1s));
        EXPECT_THAT(story.ledger().texts("rejected"), ElementsAre(expected))
            << ::testing::PrintToString(row.bytes);
    }
}

TEST_F(RejectedTest, ACharacterCutAt4096BytesIsOneReplacement) {
    reject(RejectReason::not_json, std::string(4094, 'x') + "\xE2\x82\xAC", at(1s));
    EXPECT_EQ(ledger().texts("rejected").front(), std::string(4094, 'x') + "\xEF\xBF\xBD");
}

TEST_F(RejectedTest, TheLimitOfAMinuteSurvivesARestart) {
    reject_many(100, RejectReason::not_json, at(1s));
    Story next = restarted();
    next.reject(RejectReason::not_json, "{bad", at(2s));
    EXPECT_EQ(next.ledger().texts("rejected").back(), "");
    next.reject(RejectReason::not_json, "{bad", at(61s));
    EXPECT_EQ(next.ledger().texts("rejected").back(), "{bad");
}

}  // namespace
}  // namespace tally::model
