#include "tally/record/questions.hpp"

#include <set>

#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "tally/record/history.hpp"
#include "tally/record/query.hpp"

namespace tally::record {
namespace {

TEST(QuestionsTest, AreReadFromTheSchemaFolder) {
    const Question* slowest = find_question("slowest");
    ASSERT_NE(slowest, nullptr);
    EXPECT_EQ(slowest->parameters, "t");
    EXPECT_EQ(slowest->what, "the slowest deployments since t");
    EXPECT_TRUE(slowest->sql.starts_with("SELECT ts, deployment_id"));
    EXPECT_TRUE(slowest->sql.ends_with("LIMIT 10"));
    EXPECT_EQ(find_question("nothing"), nullptr);
}

TEST(QuestionsTest, EachHasANameOfItsOwnAndAnswersWithTheParametersItNames) {
    const test::Scratch scratch;
    const std::string path = scratch.file("t.db");
    const History made(path);
    std::set<std::string_view> names;
    for (const Question& question : questions()) {
        EXPECT_TRUE(names.insert(question.name).second) << question.name;
        std::vector<std::pair<std::string, std::string>> values;
        for (std::string_view rest = question.parameters; !rest.empty();) {
            const std::size_t blank = rest.find(' ');
            values.emplace_back(std::string(rest.substr(0, blank)), "1");
            rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
        }
        const auto answer = query(path, std::string(question.sql), values, {});
        EXPECT_TRUE(answer) << question.name << ": " << (answer ? "" : answer.error().what);
    }
    EXPECT_GE(names.size(), 12U);
}

}  // namespace
}  // namespace tally::record
