#include "model/keyed_pool.hpp"

#include <deque>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace tally::model {
namespace {

struct Thing : Keyed {
    int value = 0;
};

Hash128 key(int n) {
    return hash128(std::to_string(n));
}

TEST(KeyedPoolTest, AnEmptyPoolHasNothing) {
    EXPECT_EQ(KeyedPool<Thing>().find(key(1)), no_slot);
}

TEST(KeyedPoolTest, WhatWasInsertedIsFound) {
    KeyedPool<Thing> pool;
    const Slot slot = pool.insert(key(1));
    pool[slot].value = 7;
    EXPECT_EQ(pool.find(key(1)), slot);
    EXPECT_EQ(pool[pool.find(key(1))].value, 7);
    EXPECT_EQ(pool.find(key(2)), no_slot);
}

TEST(KeyedPoolTest, AGuessIsWhatIsFoundUnlessTagsAreEqual) {
    KeyedPool<Thing> pool;
    EXPECT_EQ(pool.guess(key(1)), no_slot);
    constexpr int things = 5000;
    for (int n = 0; n < things; ++n) {
        (void)pool.insert(key(n));
    }
    int right = 0;
    for (int n = 0; n < things; ++n) {
        right += pool.guess(key(n)) == pool.find(key(n)) ? 1 : 0;
    }
    EXPECT_GT(right, things * 99 / 100);
}

TEST(KeyedPoolTest, AFreedSlotIsUsedAgainOnlyAfterTheRelease) {
    KeyedPool<Thing> pool;
    const Slot slot = pool.insert(key(1));
    pool[slot].value = 7;
    pool.erase(slot);
    EXPECT_EQ(pool.find(key(1)), no_slot);
    EXPECT_NE(pool.insert(key(2)), slot);
    pool.release_freed();
    EXPECT_EQ(pool.insert(key(3)), slot);
    EXPECT_EQ(pool[slot].value, 0);
}

TEST(KeyedPoolTest, TheIdleFrontIsTheOneIdleTheLongest) {
    KeyedPool<Thing> pool;
    const Slot one = pool.insert(key(1));
    const Slot two = pool.insert(key(2));
    const Slot three = pool.insert(key(3));
    pool.make_idle(two);
    pool.make_idle(one);
    pool.make_idle(three);
    pool.make_idle(two);
    EXPECT_EQ(pool.idle_front(), two) << "it keeps its place";
    pool.make_busy(two);
    EXPECT_EQ(pool.idle_front(), one);
    pool.make_idle(two);
    pool.make_busy(one);
    EXPECT_EQ(pool.idle_front(), three);
    EXPECT_EQ(pool.idle_count(), 2U);
}

TEST(KeyedPoolTest, AnErasedRecordLeavesTheIdleList) {
    KeyedPool<Thing> pool;
    const Slot one = pool.insert(key(1));
    pool.make_idle(one);
    pool.erase(one);
    EXPECT_EQ(pool.idle_count(), 0U);
    EXPECT_EQ(pool.idle_front(), no_slot);
}

TEST(KeyedPoolTest, ItAgreesWithAMapOverManyRandomChanges) {
    KeyedPool<Thing> pool;
    std::map<int, Slot> expected;
    std::deque<int> idle;
    std::mt19937 random(3);
    for (int i = 0; i < 40'000; ++i) {
        const int n = static_cast<int>(random() % 3000);
        const auto found = expected.find(n);
        ASSERT_EQ(pool.find(key(n)), found == expected.end() ? no_slot : found->second);
        const unsigned act = random() % 4;
        if (found == expected.end()) {
            expected[n] = pool.insert(key(n));
        } else if (act == 0) {
            pool.erase(found->second);
            expected.erase(found);
            std::erase(idle, n);
        } else if (act == 1 && !pool[found->second].idle) {
            pool.make_idle(found->second);
            idle.push_back(n);
        } else if (act == 2) {
            pool.make_busy(found->second);
            std::erase(idle, n);
        } else if (random() % 16 == 0) {
            pool.release_freed();
        }
        ASSERT_EQ(pool.size(), expected.size());
        ASSERT_EQ(pool.idle_count(), idle.size());
        ASSERT_EQ(pool.idle_front(), idle.empty() ? no_slot : expected.at(idle.front()));
    }
}

}  // namespace
}  // namespace tally::model
