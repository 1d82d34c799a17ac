#include "tally/record/questions.hpp"

#include <algorithm>
#include <vector>

#include "record/schema.hpp"

namespace tally::record {

namespace {

/// Up to `end`, which is cut off `text` with all before it.
std::string_view cut(std::string_view& text, std::string_view end) {
    const std::size_t at = text.find(end);
    const std::string_view before = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
    return before;
}

std::vector<Question> parse(std::string_view file) {
    constexpr std::string_view begin = "\n-- @";
    std::vector<Question> all;
    (void)cut(file, begin);
    while (!file.empty()) {
        std::string_view text = cut(file, begin);
        std::string_view title = cut(text, "\n");
        std::string_view head = cut(title, ": ");
        const std::string_view name = cut(head, " ");
        (void)cut(text, "\n");  // how it is answered
        all.push_back({.name = name, .parameters = head, .what = title, .sql = text.substr(0, text.rfind(';'))});
    }
    return all;
}

}  // namespace

std::span<const Question> questions() {
    static const std::vector<Question> all = parse(questions_sql);
    return all;
}

const Question* find_question(std::string_view name) {
    const auto all = questions();
    const auto found = std::find_if(all.begin(), all.end(), [name](const Question& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace tally::record
