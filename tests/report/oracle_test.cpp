#include <cstdlib>
#include <map>
#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "report/small_world.hpp"

namespace tally::report {

namespace {

/// Series -> value, and every comment line, of a text exposition.
struct Parsed {
    std::map<std::string, double> series;
    std::set<std::string> comments;
};

Parsed parse(const std::string& text) {
    Parsed parsed;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) {
            EXPECT_TRUE(parsed.comments.insert(line).second) << line;
            continue;
        }
        const std::size_t blank = line.rfind(' ');
        const double value = std::strtod(line.c_str() + blank, nullptr);
        EXPECT_TRUE(parsed.series.emplace(line.substr(0, blank), value).second) << line;
    }
    return parsed;
}

TEST(OracleTest, OurTextHoldsTheSamplesThatPrometheusCppWritesOfTheSameSnapshot) {
    model::Snapshot east = testing::full_snapshot();
    east.source = "east \"1\"\n";
    const std::vector<model::Snapshot> sources{testing::full_snapshot(), east};
    const std::vector<StreamNumbers> streams{testing::full_stream()};
    const auto collectable = make_collectable(sources, streams, {});
    const Parsed oracle = parse(prometheus::TextSerializer().Serialize(collectable->Collect()));
    const Parsed ours = parse(render(sources, streams, {}, Format::text, {}));
    EXPECT_EQ(ours.series, oracle.series);
    EXPECT_EQ(ours.comments, oracle.comments);
    EXPECT_GT(ours.series.size(), 400U);
}

TEST(OracleTest, OurTextOfACollectableIsOurTextOfItsSnapshot) {
    const std::vector<model::Snapshot> sources{testing::full_snapshot()};
    const std::vector<StreamNumbers> streams{testing::full_stream()};
    const auto collectable = make_collectable(sources, streams, {});
    const prometheus::Collectable* const others[]{collectable.get()};
    for (const Format format : {Format::text, Format::openmetrics}) {
        EXPECT_EQ(render({}, {}, others, format, {}), render(sources, streams, {}, format, {}));
    }
}

}  // namespace

}  // namespace tally::report
