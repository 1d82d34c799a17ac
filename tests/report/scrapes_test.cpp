#include <algorithm>
#include <array>
#include <deque>
#include <prometheus/collectable.h>
#include <random>
#include <zlib.h>

#include <gtest/gtest.h>

#include "report/small_world.hpp"

namespace tally::report {

namespace {

using model::Family;
using model::no_app;
using testing::full_snapshot;
using testing::lines_of;
using testing::snapshot_of;

/// Inflates one gzip member, checksum and length included; empty when it is none.
std::string unpacked(const std::string& packed) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string text;
    int result = Z_OK;
    while (result == Z_OK) {
        std::array<char, 10'000> piece{};
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        result = inflate(&stream, Z_NO_FLUSH);
        text.append(piece.data(), piece.size() - stream.avail_out);
    }
    EXPECT_EQ(result, Z_STREAM_END) << (stream.msg == nullptr ? "" : stream.msg);
    EXPECT_EQ(stream.avail_in, 0U);
    inflateEnd(&stream);
    return text;
}

/// Scrapes that tell of new series only, each compared with a scrape that tells all.
class ScrapesTest : public ::testing::Test {
  protected:
    /// What World::snapshot(known) gives of a source whose snapshot with all labels is `whole`.
    [[nodiscard]] model::Snapshot told(const model::Snapshot& whole) const {
        return told(whole, exposition_.known());
    }

    [[nodiscard]] static model::Snapshot told(
        const model::Snapshot& whole, const model::KnownSeries& known_series
    ) {
        const auto found = known_series.find(whole.source);
        const std::size_t known = found == known_series.end() ? 0 : found->second;
        model::Snapshot snapshot = whole;
        const auto first_told = snapshot.samples.begin() + static_cast<std::ptrdiff_t>(known);
        for (auto sample = snapshot.samples.begin(); sample != first_told; ++sample) {
            snapshot.values.push_back(sample->value);
        }
        snapshot.samples.erase(snapshot.samples.begin(), first_told);
        return snapshot;
    }

    std::string scrape(std::vector<model::Snapshot> sources, const Options& options = {}) {
        return exposition_.render(std::move(sources), {}, {}, Format::text, options);
    }

    /// Scrapes the sources in both formats, plain and packed.
    void expect_as_at_once(const std::vector<model::Snapshot>& sources, Options options = {}) {
        for (const Format format : {Format::text, Format::openmetrics}) {
            options.packing = Packing::plain;
            const std::string expected = report::render(sources, {}, {}, format, options);
            std::vector<model::Snapshot> now;
            for (const model::Snapshot& source : sources) {
                now.push_back(told(source));
            }
            EXPECT_EQ(exposition_.render(now, {}, {}, format, options), expected);
            options.packing = Packing::gzip;
            now.clear();
            for (const model::Snapshot& source : sources) {
                now.push_back(told(source));
            }
            EXPECT_EQ(unpacked(exposition_.render(now, {}, {}, format, options)), expected);
        }
    }

    Exposition exposition_;
};

TEST_F(ScrapesTest, ALaterScrapeShowsTheLabelsOfTheFirstWithTheNewValues) {
    model::Snapshot snapshot = full_snapshot();
    expect_as_at_once({snapshot});
    EXPECT_EQ(exposition_.known().at("default"), snapshot.samples.size());
    for (model::Sample& sample : snapshot.samples) {
        sample.value += 1'000'000'007;
        sample.a = {};
        sample.b = {};
    }
    const std::string text = scrape({told(snapshot)});
    EXPECT_NE(
        text.find("{source=\"default\",app=\"/search\",from=\"TASK_STAGING\",to=\"TASK_RUNNING\"} "
                  "1000000009\n"),
        std::string::npos
    );
}

TEST_F(ScrapesTest, ASeriesBornBetweenScrapesStandsInItsPlace) {
    model::Snapshot snapshot = snapshot_of({"/m"});
    snapshot.samples = {{Family::task_transitions, 1, "m", "m", 1}};
    expect_as_at_once({snapshot});
    std::uint32_t value = 1;
    for (const std::string_view label : {"a", "z", "l", "n", "m0"}) {
        snapshot.samples.push_back({Family::task_transitions, 1, label, "m", ++value});
        expect_as_at_once({snapshot});
        snapshot.samples.push_back({Family::task_transitions, 1, "m", label, ++value});
        expect_as_at_once({snapshot});
    }
    for (const std::string_view app : {"/a", "/z", "/l", "/n"}) {
        snapshot.apps.emplace_back().label = app;
        const auto index = static_cast<std::uint32_t>(snapshot.apps.size() - 1);
        snapshot.samples.push_back({Family::task_transitions, index, "m", "m", ++value});
        snapshot.samples.push_back({Family::tasks, index, "m", {}, ++value});
        expect_as_at_once({snapshot});
    }
}

TEST_F(ScrapesTest, ASeriesTakesThePlaceOfTheZeroShownForIt) {
    model::Snapshot snapshot = snapshot_of({"/a"});
    expect_as_at_once({snapshot});
    snapshot.samples.push_back({Family::duplicates, no_app, "replay", {}, 5});
    expect_as_at_once({snapshot});
    snapshot.samples.push_back({Family::app_deployments, 1, "failed", {}, 6});
    expect_as_at_once({snapshot});
    snapshot.samples.push_back({Family::app_deployments, 1, "success", {}, 7});
    expect_as_at_once({snapshot});
}

TEST_F(ScrapesTest, SeriesThatBearTheSameLabelsAreAddedUpInEveryScrape) {
    model::Snapshot snapshot = snapshot_of({"/a"});
    snapshot.samples = {{Family::tasks, 1, "other", {}, 1}};
    expect_as_at_once({snapshot});
    snapshot.samples.push_back({Family::tasks, 1, "other", {}, 10});
    snapshot.samples.push_back({Family::tasks, 1, "other", {}, 100});
    expect_as_at_once({snapshot});
    snapshot.samples[0].value = 2;
    EXPECT_EQ(
        lines_of(scrape({told(snapshot)}), "marathon_tasks{"),
        "marathon_tasks{source=\"default\",app=\"/a\",state=\"other\"} 112\n"
    );
}

TEST_F(ScrapesTest, AnAppThatEndsIsHiddenAndOneThatIsRevivedIsBack) {
    model::Snapshot snapshot = full_snapshot();
    const Options later{.now = 10 * 60'000};
    const std::string shown = scrape({told(snapshot)}, later);
    snapshot.apps[1].ended = true;
    EXPECT_EQ(scrape({told(snapshot)}, later).find("/shop/cart"), std::string::npos);
    expect_as_at_once({snapshot}, later);
    snapshot.samples.push_back({Family::tasks, 1, "TASK_KILLING", {}, 1});  // born while hidden
    expect_as_at_once({snapshot}, later);
    snapshot.apps[1].ended = false;
    expect_as_at_once({snapshot}, later);
    const std::string revived = scrape({told(snapshot)}, later);
    EXPECT_NE(revived.find("/shop/cart\",state=\"TASK_KILLING\"} 1\n"), std::string::npos);
    EXPECT_NE(revived.find(lines_of(shown, "marathon_instances{")), std::string::npos);
}

TEST_F(ScrapesTest, SourcesComeAndGoAndKeepWhatIsKnownOfThem) {
    model::Snapshot east = full_snapshot();
    east.source = "east \"1\"\n";
    const model::Snapshot west = full_snapshot();
    expect_as_at_once({west, east});
    const std::size_t known = exposition_.known().at(east.source);
    expect_as_at_once({west});
    EXPECT_EQ(exposition_.known().at(east.source), known);
    east.samples.push_back({Family::tasks, 1, "TASK_KILLING", {}, 1});
    expect_as_at_once({east, west});
}

TEST_F(ScrapesTest, ScrapesThatWereTakenAtTheSameTimeMayTellTheSameTwice) {
    model::Snapshot snapshot = full_snapshot();
    const model::KnownSeries none;
    (void)scrape({told(snapshot, none)});
    snapshot.samples.push_back({Family::tasks, 1, "TASK_KILLING", {}, 1});
    EXPECT_EQ(
        scrape({told(snapshot, none)}), report::render({&snapshot, 1}, {}, {}, Format::text, {})
    );
    EXPECT_EQ(scrape({told(snapshot)}), report::render({&snapshot, 1}, {}, {}, Format::text, {}));
}

TEST_F(ScrapesTest, OfNothingPackedIsAGoodMember) {
    EXPECT_EQ(
        unpacked(exposition_.render({}, {}, {}, Format::text, {.packing = Packing::gzip})), ""
    );
    EXPECT_EQ(
        unpacked(exposition_.render({}, {}, {}, Format::openmetrics, {.packing = Packing::gzip})),
        "# EOF\n"
    );
}

TEST_F(ScrapesTest, ALargeClusterIsPackedToANinthAndIsTheSameText) {
    std::deque<std::string> names;
    model::Snapshot snapshot = snapshot_of();
    for (std::uint32_t app = 1; app <= 2000; ++app) {
        names.push_back("/shop/backend/service-" + std::to_string(app * 7919 % 2000));
        snapshot.apps.emplace_back().label = names.back();
        snapshot.apps.back().health_seen = true;
        // Rare states: they stood too far before, if at all.
        const std::string_view rare = app % 700 == 0 ? "TASK_GONE_BY_OPERATOR" : "TASK_KILLED";
        for (const std::string_view to : {"TASK_RUNNING", "TASK_FINISHED", rare.data()}) {
            snapshot.samples.push_back({Family::task_transitions, app, "TASK_STAGING", to, app % 50}
            );
        }
    }
    expect_as_at_once({snapshot});
    const std::string plain = scrape({told(snapshot)});
    EXPECT_LT(scrape({told(snapshot)}, {.packing = Packing::gzip}).size() * 9, plain.size());
}

TEST_F(ScrapesTest, LabelsLongerThanAnyPieceOfMemoryComeOutWhole) {
    const std::string app(100'000, 'a');
    const std::string state = std::string(70'000, 'x') + '"' + std::string(40'000, 'x');
    model::Snapshot snapshot = snapshot_of({app, "/b"});
    for (const std::uint32_t index : {1U, 2U}) {
        snapshot.samples.push_back({Family::task_transitions, index, state, "a", 1});
        snapshot.samples.push_back({Family::task_transitions, index, state, "b", 1});
        snapshot.samples.push_back({Family::tasks, index, state, {}, -1});
    }
    expect_as_at_once({snapshot});
    EXPECT_NE(
        scrape({told(snapshot)}).find(app + "\",from=\"" + state.substr(0, 70'000) + "\\\""),
        std::string::npos
    );
}

/// A cluster in which anything may happen between two scrapes.
class Life {
  public:
    explicit Life(unsigned seed) : random_(seed) {
        snapshot_ = snapshot_of();
        snapshot_.source = "s" + std::to_string(seed);
    }

    const model::Snapshot& next() {
        const std::size_t births = up_to(40);
        for (std::size_t i = 0; i < births; ++i) {
            bear();
        }
        for (model::Sample& sample : snapshot_.samples) {
            sample.value += up_to(3) == 0 ? static_cast<std::int64_t>(up_to(1'000'000)) : 0;
        }
        for (model::AppSample& app : snapshot_.apps) {
            app.ended = up_to(4) == 0;
            app.health_seen = app.health_seen || up_to(3) == 0;
            app.unhealthy_ms += static_cast<TimeMs>(up_to(5000));
        }
        return snapshot_;
    }

  private:
    std::size_t up_to(std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random_);
    }

    void bear() {
        static constexpr std::array families{
            Family::task_transitions,
            Family::tasks,
            Family::instances,
            Family::app_deployments,
            Family::unhealthy_kills,
            Family::app_task_starts,
            Family::app_task_start_ms,
            Family::deployments,
            Family::events};
        static constexpr std::array<std::string_view, 8> labels{
            "none", "other", "success", "failed", "a\"b", "x\ny", "\xFF", "TASK_RUNNING"};
        if (snapshot_.apps.size() == 1 || up_to(5) == 0) {
            names_.push_back(
                "/" + std::to_string(up_to(1'000'000)) + "/\\" + std::to_string(names_.size())
            );
            snapshot_.apps.emplace_back().label = names_.back();
        }
        const Family family = families[up_to(families.size() - 1)];
        const bool by_app = family != Family::deployments && family != Family::events;
        const bool has_a = family != Family::unhealthy_kills && family != Family::app_task_starts &&
                           family != Family::app_task_start_ms;
        const bool has_b = family == Family::task_transitions || family == Family::deployments;
        const auto app = static_cast<std::uint32_t>(up_to(snapshot_.apps.size() - 1));
        const model::Sample sample{
            .family = family,
            .app = by_app ? app : no_app,
            .a = has_a ? labels[up_to(labels.size() - 1)] : std::string_view{},
            .b = has_b ? labels[up_to(labels.size() - 1)] : std::string_view{},
            .value = static_cast<std::int64_t>(up_to(100))};
        const bool is_there = std::any_of(
            snapshot_.samples.begin(),
            snapshot_.samples.end(),
            [&sample](const model::Sample& other) {
                return other.family == sample.family && other.app == sample.app &&
                       other.a == sample.a && other.b == sample.b;
            }
        );
        if (!is_there) {
            snapshot_.samples.push_back(sample);
        }
    }

    std::mt19937 random_;
    std::deque<std::string> names_;
    model::Snapshot snapshot_;
};

TEST_F(ScrapesTest, WhateverHappensEveryScrapeIsAsOneThatTellsAllAndAsPrometheusCppHasIt) {
    std::vector<Life> lives;
    for (unsigned seed = 1; seed <= 3; ++seed) {
        lives.emplace_back(seed);
    }
    const Options options{.now = 10 * 60'000, .count_series = true};
    for (int round = 0; round < 40; ++round) {
        std::vector<model::Snapshot> sources;
        for (Life& life : lives) {
            sources.push_back(life.next());
        }
        expect_as_at_once(sources, options);
        const auto collectable = make_collectable(sources, {}, options);
        const prometheus::Collectable* const others[]{collectable.get()};
        ASSERT_EQ(
            report::render(sources, {}, {}, Format::text, options),
            report::render({}, {}, others, Format::text, options)
        );
    }
}

}  // namespace

}  // namespace tally::report
