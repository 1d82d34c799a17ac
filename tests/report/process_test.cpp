#include "report/process.hpp"

#include <map>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <gtest/gtest.h>

#include "tally/report/self.hpp"

namespace tally::report {

namespace {

constexpr std::string_view stat_line =
    "4242 (a ) b) S 1 4242 4242 0 -1 4194560 1111 0 3 0 250 30 0 0 20 0 5 0 987654 123456789 4321 "
    "18446744073709551615 1 1 0 0 0 0 0 4096 17642 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

TEST(ProcessTest, ReadsTheFieldsBehindANameWithParentheses) {
    const auto stat = parse_process_stat(stat_line);
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->cpu_ticks, 280U);
    EXPECT_EQ(stat->start_ticks, 987654U);
    EXPECT_EQ(stat->virtual_bytes, 123456789U);
    EXPECT_EQ(stat->resident_pages, 4321U);
}

TEST(ProcessTest, RefusesAStatLineThatIsCutShort) {
    const std::size_t fields_end = stat_line.find(" 18446744073709551615") - 4;
    for (std::size_t size = 0; size < fields_end; ++size) {
        EXPECT_FALSE(parse_process_stat(stat_line.substr(0, size))) << size;
    }
}

TEST(ProcessTest, FindsTheBootTime) {
    EXPECT_EQ(parse_boot_time("cpu  1 2\nctxt 5\nbtime 1566295200\nprocesses 9\n"), 1566295200U);
    EXPECT_FALSE(parse_boot_time("cpu  1 2\nctxt 5\n"));
    EXPECT_FALSE(parse_boot_time("cpu  1 2\nbtime x\n"));
}

TEST(ProcessTest, ShowsThisProcess) {
    std::map<std::string, double> shown;
    for (const auto& family : process_collectable()->Collect()) {
        ASSERT_EQ(family.metric.size(), 1U);
        shown[family.name] = family.metric[0].gauge.value;
    }
    EXPECT_EQ(shown.size(), 6U);
    EXPECT_GT(shown["process_resident_memory_bytes"], 100'000);
    EXPECT_GE(shown["process_virtual_memory_bytes"], shown["process_resident_memory_bytes"]);
    EXPECT_GE(shown["process_open_fds"], 1);
    EXPECT_GT(shown["process_max_fds"], shown["process_open_fds"]);
    EXPECT_GT(shown["process_start_time_seconds"], 1.5e9);
}

}  // namespace

}  // namespace tally::report
