#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/database.hpp"
#include "tally/base/arena.hpp"
#include "tally/base/prefetch.hpp"
#include "tally/model/facts.hpp"

namespace tally::record {

/// The rows of a table (task, instance) that a World is to be restored from: those that live, by id, then the ended ones
/// that are remembered, in the order of their end.
///
/// They are read as they lie in the file, a third of the time that the way along an index takes, and kept until all are
/// there: about 200 bytes a row for so long. Throws SqliteError.
class StoredRows {
  public:
    struct Table {
        std::string_view name;
        std::string_view id;       ///< its INTEGER PRIMARY KEY
        std::string_view end;      ///< the column with the seq of the end; NULL: it lives
        std::string_view numbers;  ///< further columns, none of them text
        std::size_t width;         ///< how many
    };

    /// Of the ended ones those with an end behind `forgotten`.
    StoredRows(Database& db, model::SourceId source, const Table& table, model::Seq forgotten);

    class Row {
      public:
        Row(const std::int64_t* numbers, std::string_view text) : name(text), numbers_(numbers) {}

        [[nodiscard]] std::int64_t id() const { return numbers_[0]; }
        [[nodiscard]] model::Seq end() const { return numbers_[1]; }  ///< 0: it lives
        /// Of the further columns, from 0. NULL is 0, or no_time.
        [[nodiscard]] std::int64_t integer(std::size_t column) const {
            const TimeMs value = time(column);
            return value == model::no_time ? 0 : value;
        }
        [[nodiscard]] TimeMs time(std::size_t column) const { return numbers_[column + 2]; }

        std::string_view name;

      private:
        const std::int64_t* numbers_;
    };

    template <class Take>
    void each(const Take& take) const {
        // They lie in the order of ids.
        constexpr std::size_t ahead = 4;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (i + 2 * ahead < places_.size()) {
                const std::size_t at = places_[i + 2 * ahead].at;
                prefetch(names_[at]);
                prefetch(numbers_[at * width_]);
                prefetch(numbers_[at * width_ + width_ - 1]);
                prefetch_bytes(names_[places_[i + ahead].at]);
            }
            const std::size_t at = places_[i].at;
            take(Row(numbers_.data() + at * width_, names_[at]));
        }
    }
    /// Most ids lie densely in [run_begin, run_end).
    [[nodiscard]] std::int64_t run_begin() const { return run_begin_; }
    [[nodiscard]] std::int64_t run_end() const { return run_end_; }

  private:
    struct Place {
        model::Seq end;
        std::size_t at;
    };

    void reserve(std::size_t rows);
    void read(Statement& rows);

    std::size_t width_;
    std::int64_t run_begin_ = 0, run_end_ = 0;
    std::vector<std::int64_t> numbers_;
    std::vector<std::string_view> names_;
    Arena text_;
    std::vector<Place> places_;
};

}  // namespace tally::record
