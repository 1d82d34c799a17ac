#include <sstream>

#include <gtest/gtest.h>

#include "record/database.hpp"
#include "support/scratch.hpp"
#include "tally/record/history.hpp"
#include "tally/record/query.hpp"

namespace tally::record {
namespace {

/// Sessions and gaps by their times in minutes; hour 0 is that of 1970, so that numbers can be read.
class CoverageTest : public testing::Test {
  protected:
    CoverageTest() {
        History history(path_);
        EXPECT_EQ(history.source("s"), 1);
    }

    void run(const std::string& sql) {
        Database db(path_, Database::Mode::write);
        db.execute(sql.c_str());
    }

    void session(int number, int start, int last, bool open = false) {
        run("INSERT INTO session VALUES (1, " + std::to_string(number) + ", " + ms(start) + ", " + ms(last) + ", " +
            (open ? "NULL" : ms(last)) + ", 1, " + (open ? "NULL" : "'closed'") + ", 'http://one', 7, 1000)");
    }

    void gap(int number, int start, int end, const std::string& cause = "closed") {
        run("INSERT INTO gap VALUES (1, " + std::to_string(number) + ", " + ms(start) + ", " +
            (end < 0 ? "NULL" : ms(end)) + ", '" + cause + "', NULL, 0, NULL, 0, 0)");
    }

    static std::string ms(int minutes) { return std::to_string(minutes * 60'000); }

    std::string ask(const std::string& sql) {
        const auto table = query(path_, sql, {}, {});
        if (!table) {
            return table.error().what;
        }
        std::ostringstream text;
        for (const auto& row : table->rows) {
            for (const Value& value : row) {
                const auto* whole = std::get_if<std::int64_t>(&value);
                const auto* string = std::get_if<std::string>(&value);
                const auto* number = std::get_if<double>(&value);
                whole    ? text << *whole
                : string ? text << *string
                : number ? text << *number
                         : text << "NULL";
                text << ' ';
            }
        }
        return text.str();
    }

    /// `HOUR RATIO ` of every row.
    std::string coverage() { return ask("SELECT hour / 3600, ratio FROM v_coverage_hourly ORDER BY source, hour"); }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
};

TEST_F(CoverageTest, WithoutASessionThereIsNone) {
    EXPECT_EQ(coverage(), "");
}

TEST_F(CoverageTest, AnHourThatWasSeenWholeIsOne) {
    session(1, 0, 120);
    EXPECT_EQ(coverage(), "0 1 1 1 ");
}

TEST_F(CoverageTest, TheFirstAndTheLastHourCountFromTheFirstSessionToTheLastByte) {
    session(1, 90, 140, true);
    EXPECT_EQ(coverage(), "1 1 2 1 ");
}

TEST_F(CoverageTest, AGapTakesItsShareOfEachHourItLiesIn) {
    session(1, 0, 45);
    gap(1, 45, 135);
    session(2, 135, 180, true);
    EXPECT_EQ(coverage(), "0 0.75 1 0 2 0.75 ");
}

TEST_F(CoverageTest, ALossWithinASessionIsAGapToo) {
    session(1, 0, 60, true);
    gap(1, 10, 16, "history_unwritable");
    EXPECT_EQ(coverage(), "0 0.9 ");
}

TEST_F(CoverageTest, TheShareIsOfThePartOfTheHourThatIsKnown) {
    session(1, 30, 50);
    gap(1, 50, 55);
    session(2, 55, 55, true);
    EXPECT_EQ(coverage(), "0 0.8 ");
}

TEST_F(CoverageTest, AnOpenGapIsNotKnownYet) {
    session(1, 0, 30);
    gap(1, 30, -1);
    EXPECT_EQ(coverage(), "0 1 ");
}

TEST_F(CoverageTest, ASessionOfOneMomentIsCovered) {
    session(1, 60, 60, true);
    EXPECT_EQ(coverage(), "1 1 ");
}

TEST_F(CoverageTest, SourcesDoNotMix) {
    run("INSERT INTO source(source_id, name) VALUES (2, 't')");
    run("INSERT INTO session VALUES (2, 1, 0, 3600000, NULL, 1, NULL, '', 0, 0)");
    session(1, 0, 30);
    gap(1, 30, 45);
    session(2, 45, 60, true);
    EXPECT_EQ(ask("SELECT source, ratio FROM v_coverage_hourly ORDER BY source"), "s 0.75 t 1 ");
}

TEST_F(CoverageTest, SessionsAndGapsAreShownInSeconds) {
    session(1, 0, 1);
    gap(1, 1, -1);
    EXPECT_EQ(ask("SELECT source, start, \"end\", cause, url, events, bytes, last FROM v_sessions"),
              "s 0 60 closed http://one 7 1000 60 ");
    EXPECT_EQ(ask("SELECT source, start, \"end\", cause, last_error, attempts, lost, reconciled, inferred FROM v_gaps"),
              "s 60 NULL closed NULL 0 NULL 0 0 ");
}

/// One app that was healthy for a minute of hour 2.
class HealthCoverageTest : public CoverageTest {
  protected:
    HealthCoverageTest() {
        run("INSERT INTO app VALUES (1, 1, '/a', 0, 0, 0, 0, 0, 1, NULL, 0, 60000, NULL, NULL);"
            "INSERT INTO app_hour VALUES (1, 7200000, 0, 0, 0, 0, 60000)");
    }

    std::string health_coverage() { return ask("SELECT coverage FROM v_app_health_hourly"); }
};

TEST_F(HealthCoverageTest, WhatWasReplayedIsCovered) {
    EXPECT_EQ(health_coverage(), "1 ");
}

TEST_F(HealthCoverageTest, OfCallbacksNobodyKnows) {
    run("UPDATE source SET by_callback = 1");
    EXPECT_EQ(health_coverage(), "NULL ");
}

TEST_F(HealthCoverageTest, ItIsThatOfTheStreamInThatHour) {
    session(1, 0, 120);
    gap(1, 120, 150);
    session(2, 150, 180);
    EXPECT_EQ(health_coverage(), "0.5 ");
}

TEST_F(HealthCoverageTest, AnHourBeforeTheFirstSessionWasReplayed) {
    session(1, 180, 200);
    EXPECT_EQ(health_coverage(), "1 ");
}

TEST_F(HealthCoverageTest, AnHourBehindTheLastKnownMomentIsNotKnown) {
    session(1, 0, 60);
    gap(1, 60, -1);
    EXPECT_EQ(health_coverage(), "NULL ");
}

TEST_F(HealthCoverageTest, InAnOpenGapNoTimeCounts) {
    run("UPDATE app SET healthy_now = 1, accrued_until_ms = 7260000; UPDATE source SET last_event_ms = 7320000");
    EXPECT_EQ(ask("SELECT observed_s FROM v_app_health_hourly"), "120 ");
    session(1, 0, 121);
    gap(1, 121, -1);
    EXPECT_EQ(ask("SELECT observed_s FROM v_app_health_hourly"), "60 ");
}

}  // namespace
}  // namespace tally::record
