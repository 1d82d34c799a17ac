#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"
#include "tally/base/time.hpp"
#include "tally/model/facts.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace tally::record {

/// A failed call of SQLite: thrown inside this room, turned into an Error or CannotStart at its doors; from reading
/// (restore, identity) it comes out as a std::exception, since without that nothing can go on.
class SqliteError : public std::runtime_error {
  public:
    SqliteError(int number, const std::string& text) : std::runtime_error(text), code(number), what(text) {}

    int code;
    std::string what;
};

/// Values that are NULL when they are not known.
struct Ms {
    TimeMs value;
};
struct Text {
    std::string_view value;
};
struct Blob {
    std::string_view value;
};
struct Id {
    std::int64_t value;  ///< 0: NULL
};

/// One prepared statement; finalized with it. Parameters are bound from 1 in order, text is not copied: it
/// must live until the step. Thread: that of its Database.
class Statement {
  public:
    Statement() = default;
    Statement(sqlite3* db, std::string_view sql);

    /// Binds all, steps once, resets. For INSERT, UPDATE, DELETE.
    template <class... Values>
    void run(const Values&... values) {
        bind_all(values...);
        (void)step();
        reset();
    }

    /// Binds all; then while (step()) { column(0) ... }; reset().
    template <class... Values>
    void bind_all(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
    }
    [[nodiscard]] bool step();
    void reset();

    void bind(int index, std::int64_t value);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, std::uint32_t value) { bind(index, std::int64_t{value}); }
    void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
    void bind(int index, bool value) { bind(index, std::int64_t{value}); }
    void bind(int index, double value);
    void bind(int index, std::string_view text);
    void bind(int index, Ms time);
    void bind(int index, Text text);
    void bind(int index, Blob blob);
    void bind(int index, Id id);

    /// Binds the columns of another statement's row.
    void bind_row(const Statement& row);

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] int columns() const;
    [[nodiscard]] TimeMs time(int column) const;  ///< no_time for NULL
    [[nodiscard]] std::string_view text(int column) const;  ///< until the next step; empty for NULL
    [[nodiscard]] std::string_view blob(int column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection. Throws SqliteError.
class Database {
  public:
    enum class Mode { write, read };

    Database(const std::string& path, Mode mode);

    void execute(const char* sql);
    [[nodiscard]] Statement prepare(std::string_view sql) const { return {db_.get(), sql}; }
    [[nodiscard]] std::int64_t pragma(const char* name);
    [[nodiscard]] std::int64_t last_id() const;
    /// Rows changed by the last INSERT, UPDATE or DELETE.
    [[nodiscard]] int changes() const;
    [[nodiscard]] sqlite3* handle() const { return db_.get(); }

  private:
    struct Close {
        void operator()(sqlite3* db) const;
    };
    std::unique_ptr<sqlite3, Close> db_;
};

/// Makes a new file ours, migrates an older one; CannotStart for a file of somebody else, a newer one, or
/// one that cannot be written.
void prepare_file(Database& db, const std::string& path);

/// For reading: CannotStart if it is not a history we can read.
void check_file(Database& db, const std::string& path);

}  // namespace tally::record
