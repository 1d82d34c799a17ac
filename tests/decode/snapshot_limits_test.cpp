#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "decode/allocations.hpp"
#include "decode/describe_snapshot.hpp"
#include "decode/json_texts.hpp"

// What hostile bodies can do: nothing that their own size does not pay for.
namespace tally::decode {

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t nothing_read =
    2 * mebibyte;  ///< an arena's first block, and what names are remembered in

/// Bytes that reading `body` takes beside the body, at the most.
template <class Read>
std::size_t bytes_of_reading(Read read, std::string body) {
    SnapshotDecoder decoder;
    allocations.peak = allocations.live;
    const std::size_t before = allocations.live;
    const auto result = (decoder.*read)(std::move(body));
    const std::size_t peak = allocations.peak;
    EXPECT_TRUE(result) << result.error().what;
    return peak - before;
}

std::string apps_with(std::string_view member) {
    return R"({"apps":[{"id":"/a","tasks":[],)" + std::string(member) + "}]}";
}

std::string apps_error(const std::string& body) {
    return snapshot_of(&SnapshotDecoder::apps, body);
}

}  // namespace

TEST(SnapshotLimitsTest, TakesNoMemoryForWhatIsNotRead) {
    for (const std::string& many :
         {repeated("1,", 25 * mebibyte) + "1",
          repeated("[],", 4 * mebibyte) + "{}",
          repeated(R"({"id":"x","tasks":[{"id":"y"}]},)", mebibyte / 4) + "null"}) {
        EXPECT_LT(
            bytes_of_reading(&SnapshotDecoder::apps, apps_with(R"("x":[)" + many + "]")),
            nothing_read
        );
    }
    EXPECT_LT(
        bytes_of_reading(
            &SnapshotDecoder::apps, apps_with(R"("cmd":")" + repeated("x", 8 * mebibyte) + '"')
        ),
        nothing_read
    );
    EXPECT_LT(
        bytes_of_reading(&SnapshotDecoder::pods, "[" + repeated("null,{},", mebibyte) + "{}]"),
        nothing_read
    );
}

TEST(SnapshotLimitsTest, TakesForATextWithEscapesNoMoreThanTheBody) {
    const std::string body = R"({"apps":[{"id":"/)" + repeated("\\u0061", 2 * mebibyte) + R"("}]})";
    EXPECT_LT(bytes_of_reading(&SnapshotDecoder::apps, body), body.size());
}

TEST(SnapshotLimitsTest, KeepsOfTenThousandTasksAFewHundredBytesEach) {
    std::string body = R"({"tasks":[)";
    for (int i = 0; i < 10'000; ++i) {
        const std::string n = std::to_string(i);
        body += i == 0 ? "" : ",";
        body +=
            R"({"appId":"/product/web)" + std::to_string(i / 10) +
            R"(","healthCheckResults":[{"alive":true}],"host":"agent-)" + std::to_string(i % 500) +
            R"(.example.com","id":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5)" + n +
            R"(._app.1","ports":[31000],"slaveId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","state":"TASK_RUNNING","stagedAt":"2019-08-20T10:00:00.000Z","startedAt":"2019-08-20T10:00:01.000Z","version":"2019-08-20T10:00:00.000Z"})";
    }
    body += "]}";
    EXPECT_LT(bytes_of_reading(&SnapshotDecoder::tasks, std::move(body)), 10'000 * 600 + mebibyte);
}

TEST(SnapshotLimitsTest, FreesTheBodyOnceItIsRead) {
    SnapshotDecoder decoder;
    const std::size_t before = allocations.live;
    ASSERT_TRUE(decoder.apps(apps_with(R"("cmd":")" + repeated("x", 8 * mebibyte) + '"')));
    EXPECT_FALSE(decoder.apps(apps_with(R"("cmd":")" + repeated("x", 8 * mebibyte))));
    EXPECT_LT(allocations.live - before, 2 * mebibyte);
}

TEST(SnapshotLimitsTest, KeepsNothingOfBodiesThatFail) {
    SnapshotDecoder decoder;
    const std::string body =
        R"({"apps":[)" + repeated(R"({"id":"/a-name-that-is-not-short","version":"v"},)", 10'000) +
        "x";
    const std::size_t before = allocations.live;
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(decoder.apps(body));
    }
    EXPECT_LT(allocations.live - before, mebibyte / 4);
}

TEST(SnapshotLimitsTest, RefusesMoreEntriesThanAnyClusterHas) {
    const std::size_t million = mebibyte;
    const std::pair<std::string, bool> rows[] = {
        {R"({"apps":[{"id":"/a","tasks":[)" + repeated(R"({"id":"t"},)", million - 1) +
             R"({"id":"t"}]}]})",
         true},
        {R"({"apps":[{"id":"/a","tasks":[)" + repeated(R"({"id":"t"},)", million) +
             R"({"id":"t"}]}]})",
         false},
        {R"({"apps":[)" + repeated(R"({"id":"t"},)", million) + R"({"id":"t"}]})", false},
    };
    for (const auto& [body, accepted] : rows) {
        SnapshotDecoder decoder;
        const auto result = decoder.apps(body);
        ASSERT_EQ(result.has_value(), accepted);
        EXPECT_EQ(
            accepted ? "" : result.error().what,
            accepted ? "" : "/v2/apps: over 1048576 entries of a kind"
        );
        EXPECT_EQ(decoder.take().tasks.size(), accepted ? million : 0U);
    }
    const std::string steps = R"([{"id":"d","steps":[)";
    EXPECT_EQ(
        snapshot_of(&SnapshotDecoder::deployments, steps + repeated("[],", million) + "[]]}]"),
        "/v2/deployments: over 1048576 entries of a kind"
    );
    EXPECT_EQ(
        snapshot_of(
            &SnapshotDecoder::deployments,
            steps + "[" + repeated(R"({"app":"a"},)", million) + R"({"app":"a"}]]}])"
        ),
        "/v2/deployments: over 1048576 entries of a kind"
    );
    EXPECT_EQ(
        snapshot_of(
            &SnapshotDecoder::pods,
            R"([{"id":"/p","instances":[{"id":"i","containers":[)" +
                repeated(R"({"name":"c"},)", million) + R"({"name":"c"}]}]}])"
        ),
        "/v2/pods/::status: over 1048576 entries of a kind"
    );
}

TEST(SnapshotLimitsTest, RefusesNestingOver512WhereverItStands) {
    const std::string deep = repeated("[", 510) + repeated("]", 510);
    EXPECT_EQ(
        apps_error(apps_with(R"("x":[)" + repeated("[", 508) + repeated("]", 508) + "]")), "app /a"
    );
    EXPECT_EQ(
        apps_error(apps_with(R"("x":)" + deep)), "/v2/apps: not JSON: nesting over 512 at byte 544"
    );
    EXPECT_EQ(
        apps_error(R"({"apps":)" + repeated("[", 10 * mebibyte)),
        "/v2/apps: not JSON: nesting over 512 at byte 519"
    );
    EXPECT_TRUE(apps_error(R"({"apps":)" + repeated(R"([{"tasks":)", mebibyte))
                    .starts_with("/v2/apps: not JSON: "));
    EXPECT_TRUE(snapshot_of(
                    &SnapshotDecoder::deployments,
                    R"([{"id":"d","steps":[)" + repeated(R"({"actions":[)", mebibyte)
    )
                    .starts_with("/v2/deployments: not JSON: "));
}

TEST(SnapshotLimitsTest, ReadsNumbersOfAnySize) {
    EXPECT_EQ(
        apps_error(
            apps_with(R"("cpus":)" + repeated("9", 4 * mebibyte) + "e-" + repeated("9", mebibyte))
        ),
        "app /a"
    );
}

}  // namespace tally::decode
