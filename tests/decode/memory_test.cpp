#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "decode/allocations.hpp"
#include "decode/describe.hpp"
#include "decode/json_texts.hpp"
#include "decode/shape_bodies.hpp"

namespace tally::decode {

TEST(DecoderMemoryTest, DoesNotAllocateInTheSteadyState) {
    std::vector<PaddedBody> bodies{
        PaddedBody(
            R"({"eventType":"status_update_event","taskId":"product_web.3f80d17a","taskStatus":"TASK_RUNNING"})"
        ),
        PaddedBody(
            R"({"eventType":"deployment_info","plan":{"id":"d","steps":[{"actions":[{"action":"A","app":"/a"}]}]},"currentStep":{"action":"A","app":"/a"}})"
        ),
        PaddedBody(
            R"({"eventType":"pod_updated_event","uri":"/v2/pods/a-pod-with-a-long-name/of/several/parts"})"
        ),
        PaddedBody(
            R"({"eventType":"failed_health_check_event","taskId":"a.1","healthCheck":{"protocol":"TCP"},"message":"\u00e9"})"
        ),
        PaddedBody(R"({"eventType":"an_event_of_tomorrow","appId":"/a"})"),
    };
    for (const std::string_view body : shape_bodies) {
        bodies.emplace_back(body);
    }
    Decoder decoder;
    for (const PaddedBody& body : bodies) {
        ASSERT_TRUE(decoder.decode(body.view()));
    }
    const std::size_t before = allocations.calls;
    for (int round = 0; round < 10; ++round) {
        for (const PaddedBody& body : bodies) {
            ASSERT_TRUE(decoder.decode(body.view()));
        }
    }
    const std::size_t calls = allocations.calls - before;  // the macro itself allocates
    EXPECT_EQ(calls, 0U);
}

TEST(DecoderMemoryTest, GivesTheBuffersOfALargeEventBack) {
    const PaddedBody small(R"({"eventType":"x"})");
    const PaddedBody large(
        R"({"eventType":"x","message":")" + std::string(std::size_t{2} << 20, 'm') + R"("})"
    );
    Decoder decoder;
    ASSERT_TRUE(decoder.decode(small.view()));
    ASSERT_TRUE(decoder.decode(large.view()));
    allocations.largest = 0;
    const std::size_t before = allocations.calls;
    ASSERT_TRUE(decoder.decode(large.view()));
    const std::size_t kept = allocations.calls;
    ASSERT_TRUE(decoder.decode(small.view()));
    const std::size_t renewed = allocations.calls;
    const std::size_t largest = allocations.largest;
    ASSERT_TRUE(decoder.decode(small.view()));
    const std::size_t steady = allocations.calls;
    EXPECT_EQ(kept, before) << "while large events come";
    EXPECT_GT(renewed, kept);
    EXPECT_LT(largest, std::size_t{1} << 20);
    EXPECT_EQ(steady, renewed);
}

TEST(DecoderMemoryTest, GivesTheStepsOfALargePlanBack) {
    const PaddedBody large(
        R"({"eventType":"deployment_info","plan":{"id":"d","steps":[)" +
        repeated(R"({"action":"A","app":"/a"},)", 100'000) + R"({}]}})"
    );
    const PaddedBody small(
        R"({"eventType":"deployment_info","plan":{"id":"d","steps":[{"action":"A"}]}})"
    );
    Decoder decoder;
    ASSERT_TRUE(decoder.decode(large.view()));
    ASSERT_TRUE(decoder.decode(small.view()));
    const std::size_t before = allocations.calls;
    ASSERT_TRUE(decoder.decode(large.view()));
    const std::size_t grown = allocations.calls - before;
    EXPECT_GT(grown, 20U) << "from nothing";
}

TEST(DecoderMemoryTest, CallsABodyTooLargeThatThereIsNoMemoryFor) {
    const std::string large =
        R"({"eventType":"x","message":")" + std::string(4 << 20, 'm') + R"("})";
    const PaddedBody padded(large);
    Decoder decoder;
    allocations.limit = std::size_t{4} << 20;
    const auto refused = decoder.decode(padded.view());
    allocations.limit = static_cast<std::size_t>(-1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, RejectReason::too_large);
    EXPECT_EQ(decoded(decoder, R"({"eventType":"x"})"), "unknown | type_name=x");
    EXPECT_TRUE(decoder.decode(padded.view()));
}

}  // namespace tally::decode
