#include "tally/record/query.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "tally/record/history.hpp"

namespace tally::record {
namespace {

using namespace std::chrono_literals;

class QueryTest : public testing::Test {
  protected:
    QueryTest() { const History made(path_); }

    std::string error_of(const std::string& sql) {
        const auto table = query(path_, sql, {}, {});
        return table ? "" : table.error().what;
    }

    const std::string endless_ =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
};

TEST_F(QueryTest, ReadsAndComputes) {
    for (const char* sql :
         {"SELECT 1",
          "WITH x AS (SELECT 1) SELECT * FROM x",
          "EXPLAIN SELECT * FROM v_events",
          "SELECT 1 -- done",
          "SELECT count(*) FROM v_app_health_hourly;  ",
          "EXPLAIN QUERY PLAN SELECT 1",
          "SELECT 1; ; /* done */ ;",
          "VALUES (1), (2)",
          "SELECT sum(i) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
          "LIMIT 5) SELECT i FROM n)",
          "SELECT * FROM json_each('[1,2]'), json_tree('{}')"}) {
        EXPECT_EQ(error_of(sql), "") << sql;
    }
}

TEST_F(QueryTest, RefusesWhatWouldDoMoreThanRead) {
    for (const char* sql :
         {"DELETE FROM input",
          "UPDATE app SET name = 'x'",
          "INSERT INTO text VALUES (1, 'x')",
          "DROP TABLE event",
          "DELETE FROM v_events",
          "CREATE TABLE t(x)",
          "PRAGMA journal_mode",
          "PRAGMA user_version = 7",
          "ATTACH ':memory:' AS m",
          "DETACH main",
          "VACUUM",
          "VACUUM INTO '/tmp/x'",
          "BEGIN",
          "ANALYZE",
          "REINDEX",
          "EXPLAIN DELETE FROM input",
          "EXPLAIN VACUUM",
          "WITH x AS (SELECT 1) DELETE FROM input",
          "WITH x AS (SELECT 1) INSERT INTO text SELECT 1, 'x'",
          "SELECT load_extension('x')",
          "SELECT * FROM pragma_user_version",
          "SELECT 1; DELETE FROM input",
          "CREATE nonsense"}) {
        const auto result = query(path_, sql, {}, {});
        ASSERT_FALSE(result) << sql;
        EXPECT_EQ(result.error().kind, QueryError::Kind::refused)
            << sql << ": " << result.error().what;
        EXPECT_NE(result.error().what, "") << sql;
    }
}

TEST_F(QueryTest, TellsWrongSqlFromRefusedSql) {
    for (const std::string sql :
         {"",
          "-- nothing",
          "nonsense",
          "SELECT",
          "SELEC 1",
          "SELECT 1; SELECT 2",
          "SELECT 1; nonsense",
          "SELECT x",
          "SELECT 1 FROM nowhere",
          "SELECT no_such_function()",
          "SELECT json('{')",
          "SELECT 'open",
          "SELECT 1 /* x */ 2;",
          "SELECT abs(-9223372036854775807 - 1)"}) {
        const auto result = query(path_, sql, {}, {});
        ASSERT_FALSE(result) << sql;
        EXPECT_EQ(result.error().kind, QueryError::Kind::wrong)
            << sql << ": " << result.error().what;
    }
    EXPECT_FALSE(query(path_, std::string("SELECT 1\0SELECT 2", 17), {}, {}));
}

TEST_F(QueryTest, EndsAtItsDeadlineByTheClockHandedIn) {
    const auto begin = QueryLimits::Clock::time_point{};
    int looks = 0;
    QueryLimits limits{.deadline = begin + 100ms};
    limits.now = [&] { return begin + ++looks * 1ms; };
    const auto result = query(path_, endless_, {}, limits);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, QueryError::Kind::deadline);
    EXPECT_EQ(looks, 100);
}

TEST_F(QueryTest, DoesNotBeginPastItsDeadline) {
    const QueryLimits limits{.deadline = QueryLimits::Clock::now() - 1s};
    EXPECT_EQ(query(path_, "SELECT 1", {}, limits).error().kind, QueryError::Kind::deadline);
}

TEST_F(QueryTest, EndsWhenItIsCancelled) {
    int looks = 0;
    const auto result =
        query(path_, endless_, {}, {.cancelled = [&looks] { return ++looks == 50; }});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, QueryError::Kind::cancelled);
    EXPECT_EQ(looks, 50);
}

TEST_F(QueryTest, TakesValuesUpToTheirLimit) {
    const QueryLimits limits{.value_bytes_max = 1000};
    EXPECT_TRUE(query(path_, "SELECT zeroblob(1000)", {}, limits));
    const auto result = query(path_, "SELECT hex(zeroblob(501))", {}, limits);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, QueryError::Kind::wrong);
    EXPECT_EQ(result.error().what, "string or blob too big");
}

TEST_F(QueryTest, CutsBeforeTheRowThatWouldBeTooMuch) {
    const std::string sql =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) "
        "SELECT substr('xxxxxxxxxxxxxxxxxxxx', 1, 20) FROM n";  // 26 bytes a row, as JSON
    EXPECT_EQ(query(path_, sql, {}, {.bytes_max = 26 * 9})->rows.size(), 9U);
    EXPECT_FALSE(query(path_, sql, {}, {.bytes_max = 26 * 9})->truncated);
    const auto cut = query(path_, sql, {}, {.bytes_max = 26 * 9 - 1});
    EXPECT_EQ(cut->rows.size(), 8U);
    EXPECT_TRUE(cut->truncated);
    EXPECT_TRUE(query(path_, "SELECT hex(zeroblob(100))", {}, {.bytes_max = 100})->rows.empty());
}

TEST_F(QueryTest, LeavesNothingOpen) {
    const auto open_files = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
    };
    EXPECT_EQ(error_of("SELECT payload FROM v_events"), "");  // SQLite may keep what it opens once
    const auto before = open_files();
    for (const char* sql : {"SELECT payload FROM v_events", "nonsense", "DELETE FROM input", "SELECT json('{')"}) {
        (void)error_of(sql);
    }
    EXPECT_EQ(open_files(), before);
}

TEST_F(QueryTest, LetsStrangersReadEveryView) {
    const auto limits = QueryLimits::for_strangers(QueryLimits::Clock::time_point::max());
    const auto views = query(path_, "SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v_*'", {}, {});
    ASSERT_GT(views->rows.size(), 20U);
    for (const auto& row : views->rows) {
        const auto result =
            query(path_, "SELECT * FROM " + std::get<std::string>(row.at(0)), {}, limits);
        EXPECT_TRUE(result) << std::get<std::string>(row.at(0)) << ": " << result.error().what;
    }
}

TEST_F(QueryTest, BoundsTheShapeOfWhatStrangersWrite) {
    const auto limits = QueryLimits::for_strangers(QueryLimits::Clock::time_point::max());
    std::string wide = "SELECT 0";
    for (int i = 0; i < 100; ++i) {
        wide += ", hex(zeroblob(2000000))";
    }
    EXPECT_EQ(query(path_, wide, {}, limits).error().kind, QueryError::Kind::wrong);
    EXPECT_FALSE(query(path_, "SELECT 'x' LIKE '" + std::string(501, '%') + "'", {}, limits));
    EXPECT_FALSE(query(
        path_, "SELECT " + std::string(100'000, '(') + "1" + std::string(100'000, ')'), {}, limits
    ));
}

TEST_F(QueryTest, BindsParametersByNameAndNumbersAsNumbers) {
    const auto table = query(
        path_,
        "SELECT typeof(:a), typeof(:b), typeof(:c), typeof(:d)",
        {{"a", "12"}, {"b", "1.5"}, {"c", "012"}, {"d", "x"}},
        {}
    );
    ASSERT_TRUE(table);
    const std::vector<Value> expected{"integer", "real", "text", "text"};
    EXPECT_EQ(table->rows.at(0), expected);
    EXPECT_FALSE(query(path_, "SELECT 1", {{"no", "1"}}, {}));
}

TEST_F(QueryTest, AParameterWithoutAValueIsAnErrorAndNotNull) {
    for (const char* sql : {"SELECT :a", "SELECT * FROM v_tasks WHERE app = :app AND task = :b", "SELECT ?", "SELECT $x"}) {
        const auto table = query(path_, sql, {{"b", "1"}}, {});
        EXPECT_FALSE(table) << sql;
    }
    EXPECT_TRUE(query(path_, "EXPLAIN QUERY PLAN SELECT * FROM v_tasks WHERE app = :app", {}, {}));
}

TEST_F(QueryTest, StopsAtItsLimitsAndSaysSo) {
    const std::string many =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) SELECT i FROM n";
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
