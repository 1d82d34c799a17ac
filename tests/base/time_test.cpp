#include "tally/base/time.hpp"

#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tally {

namespace {

struct Row {
    std::string_view text;
    std::optional<TimeMs> time;
};

void expect(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        EXPECT_EQ(parse_timestamp(row.text), row.time) << row.text;
    }
}

constexpr TimeMs day_ms = 86'400'000;

}  // namespace

TEST(TimestampTest, HasTheFormThatMarathonWrites) {
    expect({
        {"1970-01-01T00:00:00.000Z", 0},
        {"1970-01-01T00:00:00.001Z", 1},
        {"2019-08-20T10:00:00.001Z", 1'566'295'200'001},
        {"2016-02-29T23:59:59.999Z", 1'456'790'399'999},
        {"2038-01-19T03:14:08.000Z", 2'147'483'648'000},
        {"9999-12-31T23:59:59.999Z", 253'402'300'799'999},
    });
}

TEST(TimestampTest, MayLieBeforeTheEpochButInNoNegativeYear) {
    expect({
        {"1969-12-31T23:59:59.999Z", -1},
        {"1900-03-01T00:00:00Z", -25'508 * day_ms},
        {"0000-01-01T00:00:00.000Z", -719'528 * day_ms},
        {"-001-01-01T00:00:00.000Z", std::nullopt},
        {"-0001-01-01T00:00:00.000Z", std::nullopt},
        {"+2019-08-20T10:00:00.001Z", std::nullopt},
    });
}

TEST(TimestampTest, CutsDigitsPastTheThirdAndTakesFewer) {
    expect({
        {"1970-01-01T00:00:01Z", 1000},
        {"1970-01-01T00:00:01.5Z", 1500},
        {"1970-01-01T00:00:01.05Z", 1050},
        {"1970-01-01T00:00:01.0019Z", 1001},
        {"1970-01-01T00:00:01.999999999Z", 1999},
        {"1969-12-31T23:59:59.9999Z", -1},
        {"1970-01-01T00:00:01.Z", std::nullopt},
        {"1970-01-01T00:00:01,5Z", std::nullopt},
        {"1970-01-01T00:00:01.5.5Z", std::nullopt},
        {"1970-01-01T00:00:01.-5Z", std::nullopt},
    });
    const std::string many = "1970-01-01T00:00:01." + std::string(10'000, '9');
    EXPECT_EQ(parse_timestamp(many + "Z"), 1999);
    EXPECT_EQ(parse_timestamp(many), std::nullopt);
}

TEST(TimestampTest, NeedsAnOffset) {
    expect({
        {"2019-08-20T12:00:00.001+02:00", 1'566'295'200'001},
        {"2019-08-20T12:00:00.001+0200", 1'566'295'200'001},
        {"2019-08-20T04:30:00.001-05:30", 1'566'295'200'001},
        {"2019-08-20T04:30:00.001-0530", 1'566'295'200'001},
        {"2019-08-20T10:00:00+00:00", 1'566'295'200'000},
        {"2019-08-20T10:00:00-0000", 1'566'295'200'000},
        {"1970-01-01T23:59:00+23:59", 0},
        {"2019-08-20T10:00:00.001", std::nullopt},
        {"2019-08-20T10:00:00", std::nullopt},
        {"2019-08-20T10:00:00+02", std::nullopt},
        {"2019-08-20T10:00:00+2:00", std::nullopt},
        {"2019-08-20T10:00:00+02:0", std::nullopt},
        {"2019-08-20T10:00:00+02-00", std::nullopt},
        {"2019-08-20T10:00:00+24:00", std::nullopt},
        {"2019-08-20T10:00:00+02:60", std::nullopt},
        {"2019-08-20T10:00:00 02:00", std::nullopt},
        {"2019-08-20T10:00:00.+02:00", std::nullopt},
        {"2019-08-20T10:00:00z", std::nullopt},
        {"2019-08-20T10:00:00Z ", std::nullopt},
        {"2019-08-20T10:00:00ZZ", std::nullopt},
        {"2019-08-20T10:00:00Z+02:00", std::nullopt},
        {"2019-08-20T10:00:00+02:00Z", std::nullopt},
    });
}

TEST(TimestampTest, IsADateThatExists) {
    expect({
        {"2016-02-29T00:00:00Z", 1'456'704'000'000},
        {"2000-02-29T00:00:00Z", 951'782'400'000},
        {"2017-02-29T00:00:00Z", std::nullopt},
        {"1900-02-29T00:00:00Z", std::nullopt},
        {"2017-02-30T00:00:00Z", std::nullopt},
        {"2017-04-31T00:00:00Z", std::nullopt},
        {"2017-01-32T00:00:00Z", std::nullopt},
        {"2017-00-10T00:00:00Z", std::nullopt},
        {"2017-13-10T00:00:00Z", std::nullopt},
        {"2017-01-00T00:00:00Z", std::nullopt},
        {"2017-01-01T24:00:00Z", std::nullopt},
        {"2017-01-01T23:60:00Z", std::nullopt},
        {"2016-12-31T23:59:60Z", std::nullopt},
    });
}

TEST(TimestampTest, HasNoOtherForm) {
    expect({
        {"", std::nullopt},
        {"Z", std::nullopt},
        {"1566295200001", std::nullopt},
        {"2019-08-20", std::nullopt},
        {"2019-08-20 10:00:00Z", std::nullopt},
        {"2019-08-20t10:00:00Z", std::nullopt},
        {"20190820T100000Z", std::nullopt},
        {"2019/08/20T10:00:00Z", std::nullopt},
        {"2019-8-20T10:00:00.00Z", std::nullopt},
        {"2019-08-20T10:00Z", std::nullopt},
        {"2019-08-20T10-00-00Z", std::nullopt},
        {" 2019-08-20T10:00:00Z", std::nullopt},
        {"2019-08-20T1x:00:00Z", std::nullopt},
        {"2019-08-20T10:00:+1Z", std::nullopt},
        {"2019-0 -20T10:00:00Z", std::nullopt},
        {"\xEF\xBC\x92"
         "19-08-20T10:00:00Z",
         std::nullopt},
        {std::string_view("2019-08-20T10:00:00\0Z", 21), std::nullopt},
    });
}

TEST(TimestampTest, IsRefusedWhereverItIsCutOff) {
    const std::string_view text = "2019-08-20T10:00:00.001+02:00";
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_EQ(parse_timestamp(text.substr(0, size)), std::nullopt) << text.substr(0, size);
    }
}

TEST(TimestampTest, IsWrittenAsMarathonWritesIt) {
    EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_timestamp(-1), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(format_timestamp(1'566'295'200'001), "2019-08-20T10:00:00.001Z");
    EXPECT_EQ(format_timestamp(-719'528 * day_ms), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(format_timestamp(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
}

TEST(TimestampTest, ReadsBackWhatItWrites) {
    std::mt19937_64 random(1);
    std::uniform_int_distribution<TimeMs> times(-719'528 * day_ms, 253'402'300'799'999);
    for (int round = 0; round < 20'000; ++round) {
        const TimeMs time = times(random);
        ASSERT_EQ(parse_timestamp(format_timestamp(time)), time) << time;
    }
}

TEST(TimestampTest, CountsEveryDayOfFourCenturiesOnce) {
    const TimeMs begin = *parse_timestamp("1800-01-01T00:00:00Z");
    TimeMs next = begin;
    for (int month = 1800 * 12; month < 2200 * 12; ++month) {
        for (int day = 1; day <= 31; ++day) {
            char text[32];
            std::snprintf(
                text, sizeof text, "%04d-%02d-%02dT00:00:00Z", month / 12, month % 12 + 1, day
            );
            if (const auto time = parse_timestamp(text)) {
                ASSERT_EQ(*time, next) << text;
                next += day_ms;
            }
        }
    }
    EXPECT_EQ(next - begin, 146'097 * day_ms);
    EXPECT_EQ(format_timestamp(next), "2200-01-01T00:00:00.000Z");
}

TEST(TimestampTest, IsWrittenAsItIsFormatted) {
    for (const TimeMs time : {TimeMs{0}, TimeMs{1'577'836'800'007}, TimeMs{-1}, TimeMs{-62'167'219'200'000}, TimeMs{253'402'300'799'999}}) {
        char text[timestamp_size];
        ASSERT_TRUE(write_timestamp(time, text));
        EXPECT_EQ(std::string(text, timestamp_size), format_timestamp(time));
        EXPECT_EQ(parse_timestamp({text, timestamp_size}), time);
    }
}

TEST(TimestampTest, OfAYearOfAnotherWidthIsNotWritten) {
    char text[timestamp_size];
    EXPECT_FALSE(write_timestamp(-62'167'219'200'001, text));
    EXPECT_FALSE(write_timestamp(253'402'300'800'000, text));
    EXPECT_EQ(format_timestamp(253'402'300'800'000), "10000-01-01T00:00:00.000Z");
}

}  // namespace tally
