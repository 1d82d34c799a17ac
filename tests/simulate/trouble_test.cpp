#include "simulate/trouble.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/troubles.hpp"

namespace tally::simulate {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(TroubleTest, AnOrderIsAKindAndItsArguments) {
    const auto trouble = parse_trouble("drop share=0.25 count=20 for=2m");
    ASSERT_TRUE(trouble);
    EXPECT_EQ(trouble->kind, TroubleKind::drop);
    EXPECT_EQ(trouble->share, 0.25);
    EXPECT_EQ(trouble->count, 20U);
    EXPECT_EQ(trouble->length, 2min);
    EXPECT_EQ(trouble->text, "drop share=0.25 count=20 for=2m");
}

TEST(TroubleTest, WhatIsNotSaidIsTheKindsDefault) {
    const auto trouble = parse_trouble("half_frame");
    ASSERT_TRUE(trouble);
    EXPECT_EQ(trouble->at, "body");
    EXPECT_EQ(trouble->how, "close");
    EXPECT_EQ(trouble->count, std::nullopt);
    EXPECT_EQ(parse_trouble("silence")->which, Trouble::Which::open);
    EXPECT_EQ(parse_trouble("drip")->which, Trouble::Which::all);
}

TEST(TroubleTest, EveryKindHasANameThatOrdersIt) {
    for (std::size_t i = 0; i < kinds; ++i) {
        const auto kind = static_cast<TroubleKind>(i);
        const auto trouble = parse_trouble(name_of(kind));
        ASSERT_TRUE(trouble) << name_of(kind);
        EXPECT_EQ(trouble->kind, kind);
        EXPECT_THAT(describe_troubles(), HasSubstr("\n      "));
        EXPECT_THAT(describe_troubles(), HasSubstr("  " + std::string(name_of(kind))));
    }
}

TEST(TroubleTest, AnythingElseIsRefusedByName) {
    struct Row {
        const char* order;
        const char* error;
    };

    for (const Row& row : {
             Row{"", "a fault is missing"},
             Row{"earthquake", "there is no fault 'earthquake'"},
             Row{"drop 20", "needs name=value, not '20'"},
             Row{"drop events=20", "drop takes no events=20"},
             Row{"drop share=2", "drop: cannot use share=2"},
             Row{"drop share=nan", "drop: cannot use share=nan"},
             Row{"drop count=0", "drop: cannot use count=0"},
             Row{"drop count=-1", "drop: cannot use count=-1"},
             Row{"drop for=5", "drop: cannot use for=5"},
             Row{"drop for=25h", "drop: cannot use for=25h"},
             Row{"http_error status=200", "http_error: cannot use status=200"},
             Row{"half_frame at=end", "half_frame: cannot use at=end"},
             Row{"silence which=some", "silence: cannot use which=some"},
             Row{"leader_change to=me", "leader_change: cannot use to=me"},
             Row{"buffer bytes=99999999999", "buffer: cannot use bytes=99999999999"},
         }) {
        const auto trouble = parse_trouble(row.order);
        ASSERT_FALSE(trouble) << row.order;
        EXPECT_EQ(trouble.error().what, row.error);
    }
}

TEST(TroublesTest, OneEndsByItsCount) {
    Troubles troubles;
    troubles.put(*parse_trouble("empty_200 count=2"), {});
    EXPECT_TRUE(troubles.use(TroubleKind::empty_200));
    EXPECT_TRUE(troubles.use(TroubleKind::empty_200));
    EXPECT_FALSE(troubles.use(TroubleKind::empty_200));
}

TEST(TroublesTest, OneEndsByItsLength) {
    Troubles troubles;
    const Troubles::Time start{};
    troubles.put(*parse_trouble("proxy for=3s"), start);
    troubles.put(*parse_trouble("drip"), start);
    EXPECT_EQ(troubles.next_end(), start + 3s);
    EXPECT_FALSE(troubles.expire(start + 2999ms));
    EXPECT_TRUE(troubles.expire(start + 3s));
    EXPECT_EQ(troubles.find(TroubleKind::proxy), nullptr);
    EXPECT_NE(troubles.find(TroubleKind::drip), nullptr);
    EXPECT_EQ(troubles.next_end(), std::nullopt);
    troubles.clear();
    EXPECT_EQ(troubles.find(TroubleKind::drip), nullptr);
}

TEST(TroublesTest, OneTouchesTheStreamsItIsMeantFor) {
    struct Row {
        const char* order;
        bool open;
        bool coming;
    };

    for (const Row& row : {
             Row{"silence which=open", true, false},
             Row{"silence which=coming", false, true},
             Row{"silence which=all", true, true},
         }) {
        Troubles troubles;
        const std::uint64_t before = troubles.orders();
        troubles.put(*parse_trouble(row.order), {});
        const std::uint64_t after = troubles.orders();
        const auto touched = [&troubles](std::uint64_t born) {
            return troubles.touching(TroubleKind::silence, born) != nullptr;
        };
        EXPECT_EQ(touched(before), row.open) << row.order;
        EXPECT_EQ(touched(after), row.coming) << row.order;
    }
}

}  // namespace
}  // namespace tally::simulate
