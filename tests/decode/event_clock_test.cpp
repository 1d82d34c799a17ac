#include "decode/event_clock.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tally::decode {

namespace {

/// One clock for all, so that each day is remembered when the next text comes.
constexpr std::string_view timestamps[] = {
    "2019-08-20T10:00:00.001Z",
    "2019-08-20T23:59:59.999Z",
    "2019-08-20T00:00:00.000Z",
    "2019-08-20T24:00:00.000Z",
    "2019-08-20T10:60:00.000Z",
    "2019-08-20T10:00:60.000Z",
    "2019-08-20T10:00:00.00Z",
    "2019-08-20T10:00:00.0019Z",
    "2019-08-20T10:00:00,001Z",
    "2019-08-20T10-00:00.001Z",
    "2019-08-20T10:00-00.001Z",
    "2019-08-20T1/:00:00.001Z",
    "2019-08-20T10:00:00.00:Z",
    "2019-08-20T10:00:00+0200",
    "2019-08-20T10:00:00+02:00",
    "2019-08-20T10:00:00.1+02Z",
    "2019-08-20t10:00:00.001Z",
    "2019-08-21T00:00:00.000Z",
    "2019-02-29T00:00:00.000Z",
    "2020-02-29T12:00:00.500Z",
    "2020-02-29T12:00:00.500z",
    "1970-01-01T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z",
    "1969-12-31T00:00:00.000Z",
    "0000-01-01T00:00:00.001Z",
    "0000-01-01T13:00:00.001Z",
    "9999-12-31T23:59:59.999Z",
    "",
    "yesterday",
};

}  // namespace

TEST(EventClockTest, ReadsWhatParseTimestampReads) {
    EventClock clock;
    for (int round = 0; round < 2; ++round) {
        for (const std::string_view text : timestamps) {
            EXPECT_EQ(clock.read(text), parse_timestamp(text)) << text;
            EXPECT_EQ(clock.read(text), parse_timestamp(text)) << text << ", the day remembered";
        }
    }
}

TEST(EventClockTest, KnowsNoDayBeforeItHasReadOne) {
    EXPECT_EQ(EventClock().read("1970-01-01T00:00:01.000Z"), 1000);
    EXPECT_EQ(EventClock().read(std::string(23, '\0') + "Z"), std::nullopt);
}

TEST(EventClockTest, ReadsEachByteInEachPlaceAsParseTimestampDoes) {
    EventClock clock;
    const std::string whole = "2019-08-20T10:11:12.345Z";
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string text = whole;
            text[at] = static_cast<char>(byte);
            ASSERT_EQ(clock.read(whole), parse_timestamp(whole));
            ASSERT_EQ(clock.read(text), parse_timestamp(text)) << text;
        }
    }
}

}  // namespace tally::decode
