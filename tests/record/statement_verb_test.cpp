#include "record/statement_verb.hpp"

#include <gtest/gtest.h>

namespace tally::record {
namespace {

TEST(StatementVerbTest, TellsReadingFromChangingByTheFirstWord) {
    struct Case {
        const char* sql;
        Verb verb;
    };

    for (const Case& one : {
             Case{"SELECT 1", Verb::reads},
             Case{"select 1", Verb::reads},
             Case{"SELECT(1)", Verb::reads},
             Case{"WITH x AS (SELECT 1) SELECT 1", Verb::reads},
             Case{"VALUES (1)", Verb::reads},
             Case{" \t\r\n;; SELECT 1", Verb::reads},
             Case{"-- DELETE\nSELECT 1", Verb::reads},
             Case{"/* DELETE */ /**/ SELECT 1", Verb::reads},
             Case{"EXPLAIN SELECT 1", Verb::reads},
             Case{"EXPLAIN QUERY PLAN SELECT 1", Verb::reads},
             Case{"DELETE FROM event", Verb::changes},
             Case{"/**/dRoP TABLE event", Verb::changes},
             Case{"EXPLAIN DELETE FROM event", Verb::changes},
             Case{"EXPLAIN QUERY PLAN VACUUM", Verb::changes},
             Case{"PRAGMA journal_mode", Verb::changes},
             Case{"", Verb::unknown},
             Case{"-- SELECT", Verb::unknown},
             Case{"/* SELECT", Verb::unknown},
             Case{"SELECTED", Verb::unknown},
             Case{"EXPLAIN", Verb::unknown},
             Case{"EXPLAIN EXPLAIN SELECT 1", Verb::unknown},
             Case{"'SELECT'", Verb::unknown},
             Case{"nonsense", Verb::unknown},
         }) {
        EXPECT_EQ(verb_of(one.sql), one.verb) << one.sql;
    }
}

}  // namespace
}  // namespace tally::record
