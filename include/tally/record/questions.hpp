#pragma once

#include <span>
#include <string_view>

namespace tally::record {

/// A question operators ask often, by name: schema/questions.sql.
struct Question {
    std::string_view name;
    std::string_view parameters;  ///< names, separated by blanks; may be empty
    std::string_view what;        ///< what it answers, one line
    std::string_view sql;         ///< one SELECT
};

/// All of them, in the order of the file. Thread: any.
[[nodiscard]] std::span<const Question> questions();

/// The one of that name; nullptr: there is none.
[[nodiscard]] const Question* find_question(std::string_view name);

}  // namespace tally::record
