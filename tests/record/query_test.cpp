#include "tally/record/query.hpp"

#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "tally/record/history.hpp"

namespace tally::record {
namespace {

class QueryTest : public testing::Test {
  protected:
    QueryTest() { const History made(path_); }

    std::string error_of(const std::string& sql) {
        const auto table = query(path_, sql, {}, {});
        return table ? "" : table.error().what;
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
};

TEST_F(QueryTest, ReadsAndComputes) {
    for (const char* sql :
         {"SELECT 1", "WITH x AS (SELECT 1) SELECT * FROM x", "EXPLAIN SELECT * FROM v_events", "SELECT 1 -- done",
          "SELECT count(*) FROM v_app_health_hourly;  ", "EXPLAIN QUERY PLAN SELECT 1"}) {
        EXPECT_EQ(error_of(sql), "") << sql;
    }
}

TEST_F(QueryTest, RefusesAllElse) {
    for (const char* sql :
         {"DELETE FROM event", "UPDATE app SET name = 'x'", "INSERT INTO text VALUES (1, 'x')", "DROP TABLE event",
          "CREATE TABLE t(x)", "PRAGMA journal_mode", "PRAGMA user_version = 7", "ATTACH ':memory:' AS m", "VACUUM",
          "BEGIN", "SELECT 1; SELECT 2", "SELECT load_extension('x')", "", "-- nothing", "nonsense"}) {
        EXPECT_NE(error_of(sql), "") << sql;
    }
}

TEST_F(QueryTest, BindsParametersByNameAndNumbersAsNumbers) {
    const auto table = query(path_, "SELECT typeof(:a), typeof(:b), typeof(:c), typeof(:d)",
                             {{"a", "12"}, {"b", "1.5"}, {"c", "012"}, {"d", "x"}}, {});
    ASSERT_TRUE(table);
    const std::vector<Value> expected{"integer", "real", "text", "text"};
    EXPECT_EQ(table->rows.at(0), expected);
    EXPECT_FALSE(query(path_, "SELECT 1", {{"no", "1"}}, {}));
}

TEST_F(QueryTest, StopsAtItsLimitsAndSaysSo) {
    const std::string many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) SELECT i FROM n";
    const auto whole = query(path_, many, {}, {.rows_max = 50});
    EXPECT_EQ(whole->rows.size(), 50U);
    EXPECT_FALSE(whole->truncated);
    const auto cut = query(path_, many, {}, {.rows_max = 49});
    EXPECT_EQ(cut->rows.size(), 49U);
    EXPECT_TRUE(cut->truncated);
}

TEST_F(QueryTest, ShowsEveryTypeOfValue) {
    const auto table = query(path_, "SELECT NULL, 7, 0.5, 'text', x'00ff'", {}, {});
    const std::vector<Value> expected{std::monostate{}, std::int64_t{7}, 0.5, "text", "00ff"};
    EXPECT_EQ(table->rows.at(0), expected);
}

}  // namespace
}  // namespace tally::record
