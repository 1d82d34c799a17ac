#include "decode/json_places.hpp"

#include <gtest/gtest.h>

namespace tally::decode {

TEST(NumberOutOfRangeTest, FindsTheFirstNumberThatNeitherAnIntegerNorADoubleHolds) {
    const std::pair<std::string_view, std::optional<std::size_t>> rows[] = {
        {"[18446744073709551615,-9223372036854775808]", std::nullopt},
        {"[1, 18446744073709551616]", 4},
        {"[-9223372036854775809]", 1},
        {"[1.7e308,-1.7E308,1e-400,5E-999]", std::nullopt},
        {"[1e400]", 1},
        {R"({"1e400":"1e400\"","b":-1E400})", 23},
        {R"(["no numbers"])", std::nullopt},
    };
    for (const auto& [json, offset] : rows) {
        EXPECT_EQ(number_out_of_range(json), offset) << json;
    }
}

TEST(MemberOffsetTest, FindsTheValueOfTheFirstTopLevelMemberOfThatName) {
    EXPECT_EQ(member_offset(R"({"a":1})", "a"), 5U);
    EXPECT_EQ(member_offset(R"({"b":{"a":1},"a" : [2],"a":3})", "a"), 19U);
    EXPECT_EQ(member_offset(R"({"b":"a","c":"\"a\":1"})", "a"), std::nullopt);
    EXPECT_EQ(member_offset("{}", "a"), std::nullopt);
}

}  // namespace tally::decode
