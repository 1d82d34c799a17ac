#include "record/statement_verb.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tally::record {

namespace {

constexpr std::array<std::string_view, 3> reading{"SELECT", "WITH", "VALUES"};
constexpr std::array<std::string_view, 19> changing{
    "ALTER",
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "COMMIT",
    "CREATE",
    "DELETE",
    "DETACH",
    "DROP",
    "END",
    "INSERT",
    "PRAGMA",
    "REINDEX",
    "RELEASE",
    "REPLACE",
    "ROLLBACK",
    "SAVEPOINT",
    "UPDATE",
    "VACUUM"};

template <class Words>
bool holds(const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Removes blanks, semicolons and comments from the front; a comment that never ends takes all.
void skip_blanks(std::string_view& sql) {
    for (;;) {
        const std::size_t blanks = std::min(sql.find_first_not_of(" \t\n\f\r;"), sql.size());
        sql.remove_prefix(blanks);
        if (sql.starts_with("--")) {
            sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
        } else if (sql.starts_with("/*")) {
            const std::size_t end = sql.find("*/", 2);
            sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
        } else {
            return;
        }
    }
}

/// Takes the first word away, in capitals; empty when there is none.
std::string take_word(std::string_view& sql) {
    skip_blanks(sql);
    std::string word;
    while (word.size() < sql.size()) {
        const char c = sql[word.size()];
        const bool small = c >= 'a' && c <= 'z';
        if (!small && !(c >= 'A' && c <= 'Z')) {
            break;
        }
        word += small ? static_cast<char>(c - 'a' + 'A') : c;
    }
    sql.remove_prefix(word.size());
    return word;
}

}  // namespace

Verb verb_of(std::string_view sql) {
    std::string word = take_word(sql);
    if (word == "EXPLAIN") {
        word = take_word(sql);
        if (word == "QUERY") {
            (void)take_word(sql);  // PLAN
            word = take_word(sql);
        }
    }
    if (holds(reading, word)) {
        return Verb::reads;
    }
    return holds(changing, word) ? Verb::changes : Verb::unknown;
}

}  // namespace tally::record
