#include <cstdio>
#include <cstdlib>
#include <prometheus/collectable.h>
#include <string>

#include <gtest/gtest.h>

#include "report/full_self.hpp"
#include "report/small_world.hpp"
#include "tally/report/families.hpp"

namespace tally::report {

namespace {

/// An exposition with a series in every family there is.
std::string full_exposition(Format format) {
    const std::vector<model::Snapshot> sources{testing::full_snapshot()};
    const std::vector<StreamNumbers> streams{testing::full_stream()};
    const auto self = self_collectable(testing::full_self());
    const auto process = process_collectable();
    const prometheus::Collectable* const others[]{self.get(), process.get()};
    return render(sources, streams, others, format, {.count_series = true});
}

TEST(PromtoolTest, TheFullExpositionHoldsEveryFamily) {
    const std::string text = full_exposition(Format::text);
    for (const FamilyInfo& family : families()) {
        const std::string type =
            "# TYPE " + std::string(family.name) + " " + std::string(to_string(family.type)) + "\n";
        EXPECT_NE(text.find(type), std::string::npos) << type;
    }
}

TEST(PromtoolTest, FindsNothingToSayAboutTheFullExposition) {
    if (std::system("command -v promtool >/dev/null") != 0) {
        GTEST_SKIP() << "promtool (package prometheus) is not installed";
    }
    const std::string printed = ::testing::TempDir() + "tally_promtool.txt";
    std::FILE* promtool = popen(("promtool check metrics >" + printed + " 2>&1").c_str(), "w");
    ASSERT_NE(promtool, nullptr);
    const std::string text = full_exposition(Format::text);
    EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), promtool), text.size());
    EXPECT_EQ(pclose(promtool), 0);
    std::FILE* file = std::fopen(printed.c_str(), "r");
    ASSERT_NE(file, nullptr);
    char said[4096];
    EXPECT_EQ(std::string(said, std::fread(said, 1, sizeof said, file)), "");
    std::fclose(file);
    std::remove(printed.c_str());
}

}  // namespace

}  // namespace tally::report
