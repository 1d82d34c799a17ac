#pragma once

#include <string>
#include <string_view>

#include "record/database.hpp"

namespace tally::record {

/// INSERT of many rows into one table, 16 to a statement while there are so many: a quarter less time a row
/// than one by one (bench/README.md). `values` is the group of one row: "(?,?,0)".
class Insert {
  public:
    Insert(const Database& db, std::string_view into, std::string_view values)
        : one_(db.prepare(sql(into, values, 1))), many_(db.prepare(sql(into, values, rows))) {}

    /// The parameters of one row, in order.
    class Row {
      public:
        Row(Statement& statement, int& index) : statement_(statement), index_(index) {}

        template <class... Values>
        void operator()(const Values&... values) {
            (statement_.bind(++index_, values), ...);
        }

      private:
        Statement& statement_;
        int& index_;
    };

    /// Calls bind(fact, row), which calls row(values...) once, for each fact. Text must live until the return.
    template <class Facts, class Bind>
    void run(const Facts& facts, Bind&& bind) {
        const std::size_t whole = facts.size() / rows * rows;
        std::size_t i = 0;
        while (i < whole) {
            int index = 0;
            for (const std::size_t end = i + rows; i < end; ++i) {
                bind(facts[i], Row(many_, index));
            }
            (void)many_.step();
            many_.reset();
        }
        for (; i < facts.size(); ++i) {
            int index = 0;
            bind(facts[i], Row(one_, index));
            (void)one_.step();
            one_.reset();
        }
    }

  private:
    static constexpr std::size_t rows = 16;

    static std::string sql(std::string_view into, std::string_view values, std::size_t count) {
        // OR ROLLBACK: a row that is refused ends the transaction, as our callers do anyway; with OR ABORT SQLite would
        // keep a copy of every page a statement touches.
        std::string text = "INSERT OR ROLLBACK INTO " + std::string(into) + " VALUES ";
        for (std::size_t i = 0; i < count; ++i) {
            text += i == 0 ? "" : ",";
            text += values;
        }
        return text;
    }

    Statement one_, many_;
};

}  // namespace tally::record
