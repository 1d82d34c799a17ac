#include "record/stored_rows.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace tally::record {

namespace {

constexpr std::size_t columns_before = 3;  // id, name, end

/// From index alone, ascending.
std::vector<std::int64_t> ids_of(Database& db, model::SourceId source, const StoredRows::Table& table, model::Seq forgotten) {
    std::vector<std::int64_t> ids;
    Statement rows = db.prepare(fmt::format(
        "SELECT {0} FROM {1} WHERE source_id = ?1 AND {2} > ?2 UNION ALL SELECT {0} FROM {1} WHERE source_id = ?1 AND {2} IS NULL",
        table.id, table.name, table.end
    ));
    rows.bind_all(source, forgotten);
    while (rows.step()) {
        ids.push_back(rows.integer(0));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

/// From where on it is cheaper to read all rows between than to look for each: where every fourth at least is wanted.
/// What is before has lived long.
std::size_t begin_of_run(const std::vector<std::int64_t>& ids) {
    constexpr std::int64_t sparse = 4;
    std::size_t begin = 0;
    while (ids.back() - ids[begin] >= static_cast<std::int64_t>(ids.size() - begin) * sparse) {
        ++begin;
    }
    return begin;
}

}  // namespace

StoredRows::StoredRows(Database& db, model::SourceId source, const Table& table, model::Seq forgotten)
    : width_(table.width + 2) {
    const std::vector<std::int64_t> ids = ids_of(db, source, table, forgotten);
    if (ids.empty()) {
        return;
    }
    reserve(ids.size());
    const std::string select =
        fmt::format("SELECT {}, name, {}, {} FROM {}", table.id, table.end, table.numbers, table.name);
    Statement one = db.prepare(fmt::format("{} WHERE {} = ?", select, table.id));
    const std::size_t begin = begin_of_run(ids);
    for (std::size_t i = 0; i < begin; ++i) {
        one.bind_all(ids[i]);
        read(one);
        one.reset();
    }
    Statement run = db.prepare(fmt::format(
        "{0} NOT INDEXED WHERE {1} >= ?1 AND source_id = ?2 AND ({2} > ?3 OR {2} IS NULL) ORDER BY {1}", select, table.id, table.end
    ));
    run_begin_ = ids[begin];
    run_end_ = ids.back() + 1;
    run.bind_all(run_begin_, source, forgotten);
    read(run);
    // By id they are already.
    std::stable_sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.end < b.end; });
}

void StoredRows::reserve(std::size_t rows) {
    numbers_.reserve(rows * width_);
    names_.reserve(rows);
    places_.reserve(rows);
}

void StoredRows::read(Statement& rows) {
    while (rows.step()) {
        places_.push_back({.end = rows.integer(2), .at = names_.size()});
        names_.push_back(text_.keep(rows.text(1)));
        numbers_.push_back(rows.integer(0));
        numbers_.push_back(rows.integer(2));
        for (std::size_t i = 2; i < width_; ++i) {
            const int column = static_cast<int>(i - 2 + columns_before);
            const std::int64_t value = rows.integer(column);
            numbers_.push_back(value == 0 && rows.is_null(column) ? model::no_time : value);
        }
    }
}

}  // namespace tally::record
