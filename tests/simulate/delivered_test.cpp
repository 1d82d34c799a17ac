#include "simulate/delivered.hpp"

#include <gtest/gtest.h>

#include "simulate/cut_frame.hpp"

namespace tally::simulate {
namespace {

std::string text_of(const Ranges& ranges) {
    std::string out;
    Json json(out);
    ranges.write(json);
    return out;
}

TEST(DeliveredTest, AnEventIsDeliveredWithItsLastByte) {
    Delivered delivered;
    delivered.framed(7, 100);
    delivered.framed(8, 50);
    delivered.written(99);
    EXPECT_EQ(delivered.events().count(), 0U);
    delivered.written(1);
    EXPECT_EQ(text_of(delivered.events()), R"("count":1,"ranges":[[7,7]])");
    delivered.written(50);
    EXPECT_EQ(text_of(delivered.events()), R"("count":2,"ranges":[[7,8]])");
}

TEST(DeliveredTest, HeartbeatsAndEventsThatTheFilterLeavesOutTakeTheirPlace) {
    Delivered delivered;
    delivered.framed(1, 0);
    EXPECT_EQ(delivered.events().count(), 1U);
    delivered.beat(2);
    delivered.framed(2, 10);
    delivered.framed(3, 0);
    delivered.written(10);
    EXPECT_EQ(delivered.events().count(), 1U);
    delivered.written(2);
    EXPECT_EQ(delivered.events().count(), 3U);
}

TEST(RangesTest, WhatLiesApartIsARangeOfItsOwn) {
    Ranges ranges;
    for (const std::uint64_t number : {1U, 2U, 3U, 7U, 9U, 10U}) {
        ranges.add(number);
    }
    EXPECT_EQ(text_of(ranges), R"("count":6,"ranges":[[1,3],[7,7],[9,10]])");
}

TEST(RangesTest, TheyStayBoundedAndSaySo) {
    Ranges ranges;
    for (std::uint64_t i = 0; i < 3 * Ranges::ranges_max; ++i) {
        ranges.add(2 * i);
    }
    EXPECT_EQ(ranges.count(), 3 * Ranges::ranges_max);
    EXPECT_TRUE(text_of(ranges).ends_with(R"(],"cut":true)"));
}

TEST(CutFrameTest, EachPlaceToCutIsWhereItSays) {
    const std::string frame = "event: a\r\ndata: {\"m\":\"\xc3\xa9t\xc3\xa9\"}\r\n\r\n";
    EXPECT_EQ(cut_frame(frame, "body"), frame.substr(0, frame.size() / 2));
    EXPECT_EQ(cut_frame(frame, "utf8"), "event: a\r\ndata: {\"m\":\"\xc3");
    EXPECT_EQ(cut_frame(frame, "crlf"), frame.substr(0, frame.size() - 3));
    EXPECT_EQ(cut_frame(frame, "blank"), frame.substr(0, frame.size() - 2));
    EXPECT_EQ(
        cut_frame("event: a\r\ndata: {\"m\":1}\r\n\r\n", "utf8"),
        "event: a\r\ndata: {\"note\":\"caf\xc3"
    );
}

}  // namespace
}  // namespace tally::simulate
