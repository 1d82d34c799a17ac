#include "tally/report/self.hpp"

#include <prometheus/collectable.h>

#include <gtest/gtest.h>

#include "report/full_self.hpp"
#include "report/small_world.hpp"

namespace tally::report {

namespace {

std::string text_of(const SelfNumbers& numbers) {
    const auto collectable = self_collectable(numbers);
    const prometheus::Collectable* const others[]{collectable.get()};
    return render({}, {}, others, Format::text, {});
}

TEST(SelfTest, ShowsNothingOfWhatIsNotKnown) {
    EXPECT_EQ(text_of({}), "");
}

TEST(SelfTest, ShowsWhatTheDaemonFilledIn) {
    const std::string text = text_of(testing::full_self());
    for (const char* line : {
             "marathon_tally_build_info{version=\"1.2.3\",boost=\"1.81\"} 1\n",
             "marathon_tally_queue_depth{queue=\"ingest\"} 3\n",
             "marathon_tally_queue_capacity{queue=\"ingest\"} 1024\n",
             "marathon_tally_journal_bytes 0\n",
             "marathon_tally_commit_seconds_bucket{le=\"0.005\"} 1\n",
             "marathon_tally_commit_seconds_count 2\n",
             "marathon_tally_rows_written_total{table=\"events\"} 10\n",
             "marathon_tally_payloads_packed_total 6\n",
             "marathon_tally_oldest_event_timestamp_seconds 1566295100\n",
             "marathon_tally_database_bytes 4096\n",
             "marathon_tally_wal_bytes 32\n",
             "marathon_tally_disk_free_bytes 1000000\n",
             "marathon_tally_events_shed_total{source=\"default\",reason=\"disk\"} 0\n",
             "marathon_tally_events_shed_total{source=\"default\",reason=\"queue\"} 5\n",
             "marathon_tally_history_errors_total{operation=\"commit\"} 0\n",
             "marathon_tally_scrape_seconds_count 0\n",
             "marathon_tally_http_connections 2\n",
             "marathon_tally_http_responses_total{code=\"200\"} 7\n",
             "marathon_tally_config_last_reload_successful 1\n",
             "marathon_tally_config_last_reload_success_timestamp_seconds 1566295200.5\n",
         }) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

TEST(SelfTest, ATimingCountsABoundAsInItsBucket) {
    Timing timing;
    timing.observe(0.0001);
    timing.observe(0.00011);
    timing.observe(61);
    EXPECT_EQ(timing.counts.front(), 1U);
    EXPECT_EQ(timing.counts[1], 1U);
    EXPECT_EQ(timing.counts.back(), 1U);
    EXPECT_DOUBLE_EQ(timing.sum_s, 61.00021);
}

}  // namespace

}  // namespace tally::report
