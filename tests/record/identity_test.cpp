#include "tally/record/identity.hpp"

#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "tally/record/history.hpp"

namespace tally::record {
namespace {

class IdentityTest : public testing::Test {
  protected:
    IdentityTest() : history_(path_), identity_(std::make_unique<Identity>(path_)) {
        batch_.source = history_.source("s");
    }

    bool is_new(std::string_view body, std::uint64_t connection, std::optional<TimeMs> time = 1000) {
        return identity_->is_new(
            {.source = batch_.source, .connection = connection, .own_time = time, .hash = hash128(body)}, batch_
        );
    }

    /// Commits what is new and begins again with what the file says.
    void restart() {
        ASSERT_TRUE(history_.write({&batch_}));
        const auto source = batch_.source;
        batch_.clear();
        batch_.source = source;
        identity_ = std::make_unique<Identity>(path_);
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
    History history_;
    model::Batch batch_;
    std::unique_ptr<Identity> identity_;
};

TEST_F(IdentityTest, EqualBodiesOfOneConnectionAreDistinct) {
    EXPECT_TRUE(is_new("x", 1));
    EXPECT_TRUE(is_new("x", 1));
    EXPECT_TRUE(is_new("y", 1));
}

TEST_F(IdentityTest, EqualBodiesOfTwoConnectionsAreTheSame) {
    EXPECT_TRUE(is_new("x", 1));
    EXPECT_FALSE(is_new("x", 2));
}

TEST_F(IdentityTest, AConnectionThatShowsABodyMoreOftenAddsTheRest) {
    EXPECT_TRUE(is_new("x", 1));
    EXPECT_TRUE(is_new("x", 1));
    EXPECT_FALSE(is_new("x", 2));
    EXPECT_FALSE(is_new("x", 2));
    EXPECT_TRUE(is_new("x", 2));
    EXPECT_FALSE(is_new("x", 3));
}

TEST_F(IdentityTest, WhatIsStoredIsKnownAfterARestart) {
    EXPECT_TRUE(is_new("x", 1));
    EXPECT_TRUE(is_new("x", 1));
    EXPECT_TRUE(is_new("timeless", 1, std::nullopt));
    restart();
    EXPECT_FALSE(is_new("timeless", 2, std::nullopt));
    EXPECT_FALSE(is_new("x", 2));
    EXPECT_FALSE(is_new("x", 2));
    EXPECT_TRUE(is_new("x", 2));
}

TEST_F(IdentityTest, AConnectionThatGoesOnAfterARestartIsTheSameConnection) {
    EXPECT_TRUE(is_new("x", 1));
    restart();
    EXPECT_TRUE(is_new("x", 1));
}

TEST_F(IdentityTest, ItReadsNothingBeforeTheFirstCommitIfItIsToWait) {
    EXPECT_TRUE(is_new("x", 1));
    restart();
    identity_->wait_for_commit();
    identity_->commits(1, 0);
    EXPECT_TRUE(is_new("x", 2));
    identity_->commits(1, 1);
    EXPECT_TRUE(is_new("other", 2, 1'000'000));
    restart();
    EXPECT_FALSE(is_new("other", 3, 1'000'000));
}

TEST_F(IdentityTest, SourcesDoNotShareBodies) {
    EXPECT_TRUE(is_new("x", 1));
    batch_.source = history_.source("other");
    EXPECT_TRUE(is_new("x", 2));
}

TEST_F(IdentityTest, BodiesOfDifferentTimesDoNotMeet) {
    for (const TimeMs time : {TimeMs{-1}, TimeMs{0}, TimeMs{1} << 16, TimeMs{1} << 45}) {
        EXPECT_TRUE(is_new("body of " + std::to_string(time), 1, time));
    }
    restart();
    for (const TimeMs time : {TimeMs{-1}, TimeMs{0}, TimeMs{1} << 16, TimeMs{1} << 45}) {
        EXPECT_FALSE(is_new("body of " + std::to_string(time), 2, time));
    }
}

TEST_F(IdentityTest, ABucketOfAnySizeIsKnownInParts) {
    constexpr int bodies = 70'000;  // more than a bucket holds
    for (int i = 0; i < bodies; ++i) {
        ASSERT_TRUE(is_new("body " + std::to_string(i), 1));
    }
    restart();
    for (int i = 0; i < bodies; ++i) {
        ASSERT_FALSE(is_new("body " + std::to_string(i), 2)) << i;
    }
    EXPECT_TRUE(is_new("another", 2));
    for (const model::IdentityFact& fact : batch_.identities) {
        EXPECT_NE(fact.bucket, 0) << "the bucket is full";
        EXPECT_EQ(identity_bucket_of_part(fact.bucket), 0);
    }
}

TEST_F(IdentityTest, APartTellsItsBucketAlsoForTimesFarAway) {
    for (const TimeMs time : {TimeMs{0}, TimeMs{-62'135'596'800'000}, TimeMs{253'402'300'799'999}}) {
        const std::int64_t bucket = identity_bucket(time, {});
        EXPECT_EQ(identity_bucket_of_part(bucket), bucket);
    }
    EXPECT_EQ(identity_bucket_of_part(identity_bucket(std::nullopt, hash128("x"))), identity_bucket(std::nullopt, hash128("x")));
}

}  // namespace
}  // namespace tally::record
