#include "tally/report/exposition.hpp"

#include <algorithm>
#include <cmath>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <gtest/gtest.h>

#include "report/number_text.hpp"
#include "report/small_world.hpp"

namespace tally::report {

namespace {

using model::Family;
using model::HistogramFamily;
using model::no_app;
using testing::full_snapshot;
using testing::full_stream;
using testing::histogram_of;
using testing::lines_of;
using testing::render_text;
using testing::snapshot_of;

constexpr TimeMs minute = 60'000;

std::string openmetrics(const model::Snapshot& snapshot) {
    return render(std::span(&snapshot, 1), {}, {}, Format::openmetrics, {});
}

class Ready final : public prometheus::Collectable {
  public:
    explicit Ready(std::vector<prometheus::MetricFamily> families)
        : families_(std::move(families)) {}

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
        return families_;
    }

  private:
    std::vector<prometheus::MetricFamily> families_;
};

prometheus::MetricFamily family_of(
    std::string name, prometheus::MetricType type, prometheus::ClientMetric metric
) {
    return {.name = std::move(name), .help = "Help.", .type = type, .metric = {std::move(metric)}};
}

std::string render_other(const prometheus::MetricFamily& family, Format format) {
    const Ready ready({family});
    const prometheus::Collectable* const others[]{&ready};
    return render({}, {}, others, format, {});
}

TEST(ExpositionTest, WritesACounterWithItsLabelsInContractOrder) {
    model::Snapshot snapshot = snapshot_of({"/a"});
    snapshot.samples = {{Family::task_transitions, 1, "TASK_STAGING", "TASK_RUNNING", 12}};
    EXPECT_EQ(
        lines_of(render_text(snapshot), "marathon_task_transitions_total"),
        "# HELP marathon_task_transitions_total Task state transitions; a task seen for the first "
        "time comes from "
        "none.\n"
        "# TYPE marathon_task_transitions_total counter\n"
        "marathon_task_transitions_total{source=\"default\",app=\"/"
        "a\",from=\"TASK_STAGING\",to=\"TASK_RUNNING\"} "
        "12\n"
    );
}

TEST(ExpositionTest, SortsSeriesByAppThenByTheOtherLabelsWhateverTheOrderOfTheSamples) {
    model::Snapshot snapshot = snapshot_of({"/b", "/a"});
    std::vector<model::Sample> samples{
        {Family::task_transitions, 1, "x", "z", 1},
        {Family::task_transitions, 2, "y", "a", 2},
        {Family::task_transitions, 1, "x", "a", 3},
        {Family::task_transitions, 2, "x", "q", 4},
    };
    const std::string expected =
        "marathon_task_transitions_total{source=\"default\",app=\"/a\",from=\"x\",to=\"q\"} 4\n"
        "marathon_task_transitions_total{source=\"default\",app=\"/a\",from=\"y\",to=\"a\"} 2\n"
        "marathon_task_transitions_total{source=\"default\",app=\"/b\",from=\"x\",to=\"a\"} 3\n"
        "marathon_task_transitions_total{source=\"default\",app=\"/b\",from=\"x\",to=\"z\"} 1\n";
    const auto by_value = [](const auto& left, const auto& right) {
        return left.value < right.value;
    };
    std::sort(samples.begin(), samples.end(), by_value);
    do {
        snapshot.samples = samples;
        EXPECT_TRUE(
            lines_of(render_text(snapshot), "marathon_task_transitions_total").ends_with(expected)
        );
    } while (std::next_permutation(samples.begin(), samples.end(), by_value));
}

TEST(ExpositionTest, AddsUpSamplesThatBearTheSameLabels) {
    model::Snapshot snapshot = snapshot_of({"/a"});
    const std::string other_place = "other";  // not the same place in memory as the literal
    snapshot.samples = {
        {Family::tasks, 1, "other", {}, 2},
        {Family::tasks, 1, "b", {}, 1},
        {Family::tasks, 1, other_place, {}, 3}};
    EXPECT_TRUE(lines_of(render_text(snapshot), "marathon_tasks")
                    .ends_with("marathon_tasks{source=\"default\",app=\"/a\",state=\"b\"} 1\n"
                               "marathon_tasks{source=\"default\",app=\"/a\",state=\"other\"} 5\n")
    );
}

TEST(ExpositionTest, ShowsClosedLabelSetsWithZeroFromTheStart) {
    const std::string text = render_text(snapshot_of());
    for (const char* line : {
             "marathon_events_rejected_total{source=\"default\",reason=\"missing_field\"} 0\n",
             "marathon_events_duplicate_total{source=\"default\",path=\"callback\"} 0\n",
             "marathon_deployments_total{source=\"default\",outcome=\"rejected\",kind=\"unknown\"} "
             "0\n",
             "marathon_deployment_corrections_total{source=\"default\",from=\"success\",to="
             "\"failed\"} 0\n",
             "marathon_api_calls_total{source=\"default\",verb=\"pod_deleted\"} 0\n",
             "marathon_group_changes_total{source=\"default\",result=\"failed\"} 0\n",
             "marathon_scheduler_events_total{source=\"default\",event=\"disconnected\"} 0\n",
             "marathon_framework_messages_total{source=\"default\"} 0\n",
             "marathon_framework_message_bytes_total{source=\"default\"} 0\n",
             "marathon_deployment_duration_seconds_count{source=\"default\",outcome=\"canceled\"} "
             "0\n",
             "marathon_task_start_duration_seconds_bucket{source=\"default\",le=\"0.5\"} 0\n",
             "marathon_stream_lag_seconds_sum{source=\"default\"} 0\n",
         }) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
    const std::string deployments = lines_of(text, "marathon_deployments_total");
    EXPECT_EQ(std::count(deployments.begin(), deployments.end(), '\n'), 2 + 5 * 7);
}

TEST(ExpositionTest, ReplacesTheZeroOfAClosedSetByItsCount) {
    model::Snapshot snapshot = snapshot_of();
    snapshot.samples = {{Family::duplicates, no_app, "replay", {}, 9}};
    EXPECT_TRUE(
        lines_of(render_text(snapshot), "marathon_events_duplicate_total")
            .ends_with("marathon_events_duplicate_total{source=\"default\",path=\"callback\"} 0\n"
                       "marathon_events_duplicate_total{source=\"default\",path=\"replay\"} 9\n"
                       "marathon_events_duplicate_total{source=\"default\",path=\"stream\"} 0\n")
    );
}

TEST(ExpositionTest, ShowsEveryOutcomeOfAnAppFromItsFirstDeployment) {
    model::Snapshot snapshot = snapshot_of({"/a", "/b"});
    snapshot.samples = {{Family::app_deployments, 1, "success", {}, 1}};
    const std::string text = lines_of(render_text(snapshot), "marathon_app_deployments_total{");
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
    EXPECT_NE(text.find("app=\"/a\",outcome=\"failed\"} 0\n"), std::string::npos);
    EXPECT_EQ(text.find("/b"), std::string::npos);
}

TEST(ExpositionTest, LeavesOutFamiliesAndGaugesWithoutAValue) {
    const std::string text = render_text(snapshot_of({"/a"}));
    EXPECT_EQ(lines_of(text, "marathon_deployment_oldest_start_timestamp_seconds"), "");
    EXPECT_EQ(lines_of(text, "marathon_app_last_deployment"), "");
    EXPECT_EQ(lines_of(text, "marathon_instances_unhealthy"), "");
    EXPECT_EQ(lines_of(text, "marathon_stream_connected"), "");
    EXPECT_EQ(lines_of(text, "marathon_tasks"), "");
    EXPECT_EQ(text.find("app=\"other\""), std::string::npos);
}

TEST(ExpositionTest, ShowsTheAppOtherWhereItHasSeries) {
    model::Snapshot snapshot = snapshot_of();
    snapshot.samples = {{Family::unhealthy_kills, 0, {}, {}, 4}};
    EXPECT_TRUE(
        lines_of(render_text(snapshot), "marathon_unhealthy_kills_total")
            .ends_with("marathon_unhealthy_kills_total{source=\"default\",app=\"other\"} 4\n")
    );
}

TEST(ExpositionTest, HidesAnEndedAppTenMinutesAfterItsLastEventInEveryFamily) {
    model::Snapshot snapshot = full_snapshot();
    snapshot.apps[1].ended = true;
    snapshot.apps[1].last_received = 1'000'000;
    EXPECT_NE(
        render_text(snapshot, {.now = 1'000'000 + 10 * minute - 1}).find("/shop/cart"),
        std::string::npos
    );
    EXPECT_EQ(
        render_text(snapshot, {.now = 1'000'000 + 10 * minute}).find("/shop/cart"),
        std::string::npos
    );
    EXPECT_NE(
        render_text(snapshot, {.now = 1'000'000 + 10 * minute}).find("/search"), std::string::npos
    );
    EXPECT_EQ(
        render_text(snapshot, {.now = 1'000'000'000, .show_all = true}),
        render_text(snapshot, {.now = 0})
    );
}

TEST(ExpositionTest, WritesMillisecondsAsExactSeconds) {
    const std::vector<std::pair<TimeMs, std::string>> table{
        {0, "0"},
        {1, "0.001"},
        {10, "0.01"},
        {100, "0.1"},
        {999, "0.999"},
        {1000, "1"},
        {1500, "1.5"},
        {12345, "12.345"},
        {-1, "-0.001"},
        {-1000, "-1"},
        {-61'500, "-61.5"},
        {1'566'295'200'001, "1566295200.001"},
        {INT64_MAX, "9223372036854775.807"},
        {INT64_MIN, "-9223372036854775.808"},
    };
    for (const auto& [ms, text] : table) {
        std::string out;
        append_seconds(out, ms);
        EXPECT_EQ(out, text);
    }
}

TEST(ExpositionTest, WritesDoublesShortAndReadable) {
    const std::vector<std::pair<double, std::string>> table{
        {0, "0"},
        {1, "1"},
        {0.1, "0.1"},
        {1e6, "1000000"},
        {123456789, "123456789"},
        {1e22, "1e+22"},
        {-2.5, "-2.5"},
        {1e-9, "1e-09"},
        {1.0 / 3, "0.3333333333333333"},
        {INFINITY, "+Inf"},
        {-INFINITY, "-Inf"},
        {NAN, "NaN"},
    };
    for (const auto& [value, text] : table) {
        std::string out;
        append_double(out, value);
        EXPECT_EQ(out, text);
    }
}

TEST(ExpositionTest, WritesHistogramsCumulatively) {
    model::Snapshot snapshot = snapshot_of();
    snapshot.histograms = {histogram_of(HistogramFamily::stream_lag, {}, {3, 5, 6, 70'000})};
    EXPECT_EQ(
        lines_of(render_text(snapshot), "marathon_stream_lag_seconds"),
        "# HELP marathon_stream_lag_seconds From the time an event of the stream bears to its "
        "arrival.\n"
        "# TYPE marathon_stream_lag_seconds histogram\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.005\"} 2\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.01\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.025\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.05\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.1\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.25\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.5\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"1\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"2.5\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"5\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"10\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"30\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"60\"} 3\n"
        "marathon_stream_lag_seconds_bucket{source=\"default\",le=\"+Inf\"} 4\n"
        "marathon_stream_lag_seconds_sum{source=\"default\"} 70.014\n"
        "marathon_stream_lag_seconds_count{source=\"default\"} 4\n"
    );
}

TEST(ExpositionTest, WritesTaskStartsOfAnAppAsSumAndCount) {
    EXPECT_EQ(
        lines_of(render_text(full_snapshot()), "marathon_app_task_start_seconds"),
        "# HELP marathon_app_task_start_seconds The same by app, as sum and count only.\n"
        "# TYPE marathon_app_task_start_seconds summary\n"
        "marathon_app_task_start_seconds_sum{source=\"default\",app=\"/shop/cart\"} 12.345\n"
        "marathon_app_task_start_seconds_count{source=\"default\",app=\"/shop/cart\"} 2\n"
    );
}

TEST(ExpositionTest, WritesTheNumbersOfAnAppsHealthAndDeployments) {
    const std::string text = render_text(full_snapshot());
    for (const char* line : {
             "marathon_unhealthy_seconds_total{source=\"default\",app=\"/search\"} 1.5\n",
             "marathon_health_observed_seconds_total{source=\"default\",app=\"/search\"} 90\n",
             "marathon_instances_unhealthy{source=\"default\",app=\"/search\"} 1\n",
             "marathon_app_last_deployment_duration_seconds{source=\"default\",app=\"/shop/cart\"} "
             "61.5\n",
             "marathon_app_last_deployment_timestamp_seconds{source=\"default\",app=\"/shop/"
             "cart\"} 1566295200.001\n",
             "marathon_deployments_running{source=\"default\"} 2\n",
             "marathon_deployment_oldest_start_timestamp_seconds{source=\"default\"} 1566295100\n",
         }) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

TEST(ExpositionTest, WritesWhatTheConnectionHasToShow) {
    const StreamNumbers streams[]{full_stream()};
    const std::string text = render({}, streams, {}, Format::text, {});
    EXPECT_NE(text.find("\nmarathon_stream_connected{source=\"default\"} 1\n"), std::string::npos);
    EXPECT_NE(
        text.find(
            "\nmarathon_stream_last_event_timestamp_seconds{source=\"default\"} 1566295200.123\n"
        ),
        std::string::npos
    );
    EXPECT_NE(
        text.find("\nmarathon_stream_last_byte_timestamp_seconds{source=\"default\"} 1566295201\n"),
        std::string::npos
    );
}

TEST(ExpositionTest, WritesTheLifeOfTheStreamWithEveryCause) {
    const std::string text = render_text(full_snapshot());
    const std::string reconnects = lines_of(text, "marathon_stream_reconnects_total{");
    EXPECT_EQ(std::count(reconnects.begin(), reconnects.end(), '\n'), 20);
    EXPECT_NE(reconnects.find("cause=\"reset\"} 2\n"), std::string::npos);
    EXPECT_NE(reconnects.find("cause=\"http_5xx\"} 0\n"), std::string::npos);
    for (const char* line : {
             "\nmarathon_stream_gaps_total{source=\"default\"} 3\n",
             "\nmarathon_stream_gap_seconds_total{source=\"default\"} 61.5\n",
             "\nmarathon_stream_observed_seconds_total{source=\"default\"} 61.5\n",
             "\nmarathon_reconciliations_total{source=\"default\",result=\"other_cluster\"} 0\n",
             "\nmarathon_reconcile_differences_total{source=\"default\",kind=\"task\"} 5\n",
             "\nmarathon_deployments_inferred_total{source=\"default\",outcome=\"unknown\",kind=\"restart\"} 1\n",
             "\nmarathon_health_transitions_inferred_total{source=\"default\",app=\"/search\",to=\"unhealthy\"} 1\n",
         }) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

TEST(ExpositionTest, ShowsTheLifeOfTheStreamWithZeroFromTheStart) {
    const std::string text = render_text(snapshot_of());
    for (const char* line : {
             "\nmarathon_stream_reconnects_total{source=\"default\",cause=\"leader_changed\"} 0\n",
             "\nmarathon_stream_gaps_total{source=\"default\"} 0\n",
             "\nmarathon_stream_gap_seconds_total{source=\"default\"} 0\n",
             "\nmarathon_stream_observed_seconds_total{source=\"default\"} 0\n",
             "\nmarathon_reconciliations_total{source=\"default\",result=\"failed\"} 0\n",
             "\nmarathon_reconcile_differences_total{source=\"default\",kind=\"app\"} 0\n",
             "\nmarathon_deployments_inferred_total{source=\"default\",outcome=\"unknown\",kind=\"none\"} 0\n",
         }) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
    }
}

TEST(ExpositionTest, PutsTheSeriesOfAllSourcesOfAFamilyTogether) {
    model::Snapshot sources[]{snapshot_of(), snapshot_of()};
    sources[0].source = "west";
    sources[1].source = "east";
    EXPECT_EQ(
        lines_of(render(sources, {}, {}, Format::text, {}), "marathon_deployments_running"),
        "# HELP marathon_deployments_running Deployments that have begun and not ended.\n"
        "# TYPE marathon_deployments_running gauge\n"
        "marathon_deployments_running{source=\"west\"} 0\n"
        "marathon_deployments_running{source=\"east\"} 0\n"
    );
}

TEST(ExpositionTest, EscapesAppsLabelsAndSourcesSoThatNoInputBreaksTheText) {
    model::Snapshot snapshot = snapshot_of({"/a\"b\\c\nd"});
    snapshot.source = "s\xFF";
    const std::string_view type("x\0y\"", 4);
    snapshot.samples = {
        {Family::tasks, 1, "\xC3\xA9\n", {}, 1}, {Family::events, no_app, type, {}, 2}};
    const std::string text = render_text(snapshot);
    EXPECT_NE(
        text.find("marathon_tasks{source=\"s\xEF\xBF\xBD\",app=\"/"
                  "a\\\"b\\\\c\\nd\",state=\"\xC3\xA9\\n\"} 1\n"),
        std::string::npos
    );
    EXPECT_NE(
        text.find(
            "marathon_events_total{source=\"s\xEF\xBF\xBD\",event_type=\"x\xEF\xBF\xBDy\\\"\"} 2\n"
        ),
        std::string::npos
    );
}

TEST(ExpositionTest, NamesCountersInOpenMetricsWithoutTotal) {
    model::Snapshot snapshot = snapshot_of();
    snapshot.samples = {{Family::framework_message_bytes, no_app, {}, {}, 77}};
    const std::string text = openmetrics(snapshot);
    EXPECT_EQ(
        lines_of(text, "marathon_framework_message_bytes"),
        "# HELP marathon_framework_message_bytes Bytes of these messages.\n"
        "# TYPE marathon_framework_message_bytes counter\n"
        "# UNIT marathon_framework_message_bytes bytes\n"
        "marathon_framework_message_bytes_total{source=\"default\"} 77\n"
    );
    EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

TEST(ExpositionTest, WritesBoundsInOpenMetricsWithAPoint) {
    const std::string text = openmetrics(snapshot_of());
    EXPECT_NE(
        text.find("marathon_stream_lag_seconds_bucket{source=\"default\",le=\"1.0\"} 0\n"),
        std::string::npos
    );
    EXPECT_NE(
        text.find("marathon_stream_lag_seconds_bucket{source=\"default\",le=\"0.005\"} 0\n"),
        std::string::npos
    );
    EXPECT_NE(
        text.find("marathon_stream_lag_seconds_bucket{source=\"default\",le=\"+Inf\"} 0\n"),
        std::string::npos
    );
}

TEST(ExpositionTest, TakesOverFamiliesOfPrometheusCpp) {
    prometheus::ClientMetric metric;
    metric.label = {{"q", "a\"b"}};
    metric.gauge.value = 1.5;
    EXPECT_EQ(
        render_other(family_of("x_depth", prometheus::MetricType::Gauge, metric), Format::text),
        "# HELP x_depth Help.\n# TYPE x_depth gauge\nx_depth{q=\"a\\\"b\"} 1.5\n"
    );
    prometheus::ClientMetric counter;
    counter.counter.value = 3;
    EXPECT_EQ(
        render_other(
            family_of("x_seen", prometheus::MetricType::Counter, counter), Format::openmetrics
        ),
        "# HELP x_seen Help.\n# TYPE x_seen counter\nx_seen_total 3\n# EOF\n"
    );
    prometheus::ClientMetric untyped;
    untyped.untyped.value = 4;
    EXPECT_EQ(
        render_other(
            family_of("x_any", prometheus::MetricType::Untyped, untyped), Format::openmetrics
        ),
        "# HELP x_any Help.\n# TYPE x_any unknown\nx_any 4\n# EOF\n"
    );
    prometheus::ClientMetric histogram;
    histogram.histogram = {
        .sample_count = 3,
        .sample_sum = 1.25,
        .bucket = {{.cumulative_count = 2, .upper_bound = 1}}};
    EXPECT_EQ(
        render_other(
            family_of("x_seconds", prometheus::MetricType::Histogram, histogram),
            Format::openmetrics
        ),
        "# HELP x_seconds Help.\n# TYPE x_seconds histogram\n# UNIT x_seconds seconds\n"
        "x_seconds_bucket{le=\"1.0\"} 2\nx_seconds_bucket{le=\"+Inf\"} 3\nx_seconds_sum "
        "1.25\nx_seconds_count 3\n"
        "# EOF\n"
    );
    prometheus::ClientMetric summary;
    summary.summary = {
        .sample_count = 2, .sample_sum = 8, .quantile = {{.quantile = 0.5, .value = 4}}};
    EXPECT_EQ(
        render_other(family_of("x_bytes", prometheus::MetricType::Summary, summary), Format::text),
        "# HELP x_bytes Help.\n# TYPE x_bytes summary\nx_bytes{quantile=\"0.5\"} 4\nx_bytes_sum "
        "8\nx_bytes_count 2\n"
    );
}

TEST(ExpositionTest, JoinsFamiliesOfOneNameFromSeveralCollectables) {
    prometheus::ClientMetric one;
    one.label = {{"n", "1"}};
    prometheus::ClientMetric two;
    two.label = {{"n", "2"}};
    const Ready first(
        {family_of("x", prometheus::MetricType::Gauge, one),
         family_of("y", prometheus::MetricType::Gauge, {})}
    );
    const Ready second({family_of("x", prometheus::MetricType::Gauge, two)});
    const prometheus::Collectable* const others[]{&first, &second};
    EXPECT_EQ(
        render({}, {}, others, Format::text, {}),
        "# HELP x Help.\n# TYPE x gauge\nx{n=\"1\"} 0\nx{n=\"2\"} 0\n# HELP y Help.\n# TYPE y "
        "gauge\ny 0\n"
    );
}

TEST(ExpositionTest, CountsItsOwnSeriesByFamily) {
    model::Snapshot snapshot = snapshot_of({"/a"});
    snapshot.samples = {{Family::tasks, 1, "x", {}, 1}, {Family::tasks, 1, "y", {}, 1}};
    const std::string text = render_text(snapshot, {.count_series = true});
    EXPECT_NE(
        text.find("\nmarathon_tally_series{family=\"marathon_tasks\"} 2\n"), std::string::npos
    );
    EXPECT_NE(
        text.find("\nmarathon_tally_series{family=\"marathon_stream_lag_seconds\"} 16\n"),
        std::string::npos
    );
}

TEST(ExpositionTest, OfNothingIsNothing) {
    EXPECT_EQ(render({}, {}, {}, Format::text, {}), "");
    EXPECT_EQ(render({}, {}, {}, Format::openmetrics, {}), "# EOF\n");
}

}  // namespace

}  // namespace tally::report
