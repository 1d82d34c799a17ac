#include "simulate/generate.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace tally::simulate {
namespace {

class GenerateTest : public ::testing::Test {
  protected:
    GenerateTest() {
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ =
            std::filesystem::path(::testing::TempDir()) / ("generate_" + std::string(info->name()));
        std::filesystem::create_directories(folder_);
    }

    ~GenerateTest() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] Generation small(std::string_view name) const {
        Generation what;
        what.shape = {.seed = 3, .rate = 20, .apps = 10, .tasks = 60, .agents = 5};
        what.out = (folder_ / name).string();
        return what;
    }

    static std::string read(const std::string& name) {
        std::ostringstream text;
        text << std::ifstream(name, std::ios::binary).rdbuf();
        return text.str();
    }

    std::filesystem::path folder_;
};

TEST_F(GenerateTest, WritesAsManyBodiesAsAskedFor) {
    Generation what = small("lines");
    what.events = 321;
    const auto done = generate(what);
    ASSERT_TRUE(done);
    const std::string text = read(what.out);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 321);
    EXPECT_EQ(done->bodies, 321U);
    EXPECT_EQ(done->bytes, text.size());
}

TEST_F(GenerateTest, StopsWithTheEventThatReachesTheSize) {
    Generation what = small("lines");
    what.bytes = 50'000;
    ASSERT_TRUE(generate(what));
    const std::string text = read(what.out);
    EXPECT_GE(text.size(), 50'000U);
    EXPECT_LT(text.rfind('\n', text.size() - 2), 50'000U);
}

TEST_F(GenerateTest, StopsAfterTheHours) {
    Generation what = small("lines");
    what.hours = 0.1;
    const auto done = generate(what);
    ASSERT_TRUE(done);
    EXPECT_GE(done->simulated, 360'000);
    EXPECT_LT(done->simulated, 420'000);
}

TEST_F(GenerateTest, SseHoldsTheSameBodiesAsNdjson) {
    Generation lines = small("lines");
    lines.events = 500;
    lines.shape.bad = 0.02;
    Generation frames = lines;
    frames.out = (folder_ / "frames").string();
    frames.format = Format::sse;
    ASSERT_TRUE(generate(lines));
    ASSERT_TRUE(generate(frames));
    std::istringstream sse(read(frames.out));
    std::string bodies;
    std::string line;
    while (std::getline(sse, line)) {
        ASSERT_TRUE(line.ends_with('\r'));
        line.pop_back();
        if (line.starts_with("data: ")) {
            bodies += line.substr(6) + "\n";
        } else {
            ASSERT_TRUE(line.empty() || line.starts_with("event: ")) << line;
        }
    }
    EXPECT_EQ(bodies, read(lines.out));
}

TEST_F(GenerateTest, CountingDoesNotChangeWhatIsWritten) {
    Generation plain = small("plain");
    plain.events = 2000;
    Generation counted = plain;
    counted.out = (folder_ / "counted").string();
    counted.totals = (folder_ / "totals").string();
    ASSERT_TRUE(generate(plain));
    ASSERT_TRUE(generate(counted));
    EXPECT_EQ(read(plain.out), read(counted.out));
    EXPECT_TRUE(read(counted.totals).starts_with("{\"events_total\":2000,"));
}

TEST_F(GenerateTest, AFileThatCannotBeWrittenIsAnError) {
    Generation what = small("no/such/folder");
    const auto done = generate(what);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().what.find("cannot write"), std::string::npos);
}

}  // namespace
}  // namespace tally::simulate
