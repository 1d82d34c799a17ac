#include "simulate/backlog.hpp"

#include <gtest/gtest.h>

namespace tally::simulate {
namespace {

std::shared_ptr<const Broadcast> event(std::string type, std::string body, std::string light = {}) {
    return std::make_shared<const Broadcast>(Broadcast{
        std::move(type), std::move(body), std::move(light)});
}

constexpr std::size_t plenty = 1 << 20;

TEST(BacklogTest, FramesEndEachLineWithCarriageReturnAndLineFeed) {
    Backlog backlog(Dialect::v1_8, 10, {});
    backlog.offer(event("a", "{}"));
    EXPECT_EQ(backlog.take(plenty), "event: a\r\ndata: {}\r\n\r\n");
    EXPECT_TRUE(backlog.empty());
}

TEST(BacklogTest, UpToOnePointSevenWhatIsNewIsDroppedOverTheLimit) {
    Backlog backlog(Dialect::v1_5, 2, {});
    for (const char* type : {"a", "b", "c"}) {
        backlog.offer(event(type, "{}"));
    }
    EXPECT_FALSE(backlog.given_up());
    EXPECT_EQ(backlog.dropped(), 1U);
    EXPECT_EQ(backlog.take(plenty), "event: a\r\ndata: {}\r\n\r\nevent: b\r\ndata: {}\r\n\r\n");
    backlog.offer(event("d", "{}"));
    EXPECT_EQ(backlog.take(plenty), "event: d\r\ndata: {}\r\n\r\n");
}

TEST(BacklogTest, SinceOnePointEightAConsumerOverTheLimitIsGivenUpWithAllItWaitedFor) {
    Backlog backlog(Dialect::v1_8, 2, {});
    for (const char* type : {"a", "b", "c"}) {
        backlog.offer(event(type, "{}"));
    }
    EXPECT_TRUE(backlog.given_up());
    EXPECT_TRUE(backlog.empty());
    EXPECT_EQ(backlog.dropped(), 3U);
}

TEST(BacklogTest, TheFilterWorksWhenEventsAreSentSoUnwantedOnesFillTheLimit) {
    Backlog backlog(Dialect::v1_5, 2, {.types = {"wanted"}});
    backlog.offer(event("other", "{}"));
    backlog.offer(event("wanted", "1"));
    backlog.offer(event("wanted", "2"));
    EXPECT_EQ(backlog.take(plenty), "event: wanted\r\ndata: 1\r\n\r\n");
}

TEST(BacklogTest, LightBodiesAreForThoseWhoAskAndOnlyWhereThereAreTwo) {
    Backlog heavy(Dialect::v1_5, 9, {});
    Backlog light(Dialect::v1_5, 9, {.types = {}, .light = true});
    for (Backlog* backlog : {&heavy, &light}) {
        backlog->offer(event("d", "heavy", "light"));
        backlog->offer(event("s", "same"));
    }
    EXPECT_EQ(heavy.take(plenty), "event: d\r\ndata: heavy\r\n\r\nevent: s\r\ndata: same\r\n\r\n");
    EXPECT_EQ(light.take(plenty), "event: d\r\ndata: light\r\n\r\nevent: s\r\ndata: same\r\n\r\n");
}

TEST(BacklogTest, AClosedOneKeepsWhatItHasAndTakesNoMore) {
    Backlog backlog(Dialect::v1_8, 2, {});
    backlog.offer(event("a", "{}"));
    backlog.close();
    backlog.offer(event("b", "{}"));
    EXPECT_EQ(backlog.take(plenty), "event: a\r\ndata: {}\r\n\r\n");
}

TEST(BacklogTest, TakesAboutAsManyBytesAsAskedFor) {
    Backlog backlog(Dialect::v1_8, 10, {});
    for (int i = 0; i < 4; ++i) {
        backlog.offer(event("a", "{}"));  // 23 bytes as a frame
    }
    EXPECT_EQ(backlog.take(30).size(), 44U);
    EXPECT_EQ(backlog.take(1).size(), 22U);
}

}  // namespace
}  // namespace tally::simulate
