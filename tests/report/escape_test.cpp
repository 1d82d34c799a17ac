#include "report/escape.hpp"

#include <gtest/gtest.h>

namespace tally::report {

namespace {

TEST(EscapeTest, MakesLabelValuesSafe) {
    using namespace std::string_view_literals;
    const std::vector<std::pair<std::string_view, std::string_view>> table{
        {""sv, ""sv},
        {"plain /app-1"sv, "plain /app-1"sv},
        {"a\\b"sv, "a\\\\b"sv},
        {"a\"b"sv, "a\\\"b"sv},
        {"a\nb"sv, "a\\nb"sv},
        {"a\rb\t\x01"sv, "a\rb\t\x01"sv},
        {"a\0b"sv,
         "a\xEF\xBF\xBD"
         "b"sv},
        {"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"sv, "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"sv},
        {"\x80"sv, "\xEF\xBF\xBD"sv},
        {"\xC0\xAF"sv, "\xEF\xBF\xBD\xEF\xBF\xBD"sv},
        {"\xC3"sv, "\xEF\xBF\xBD"sv},
        {"\xE0\x80\x80"sv, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"sv},
        {"\xED\xA0\x80"sv, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"sv},
        {"\xF4\x90\x80\x80"sv, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"sv},
        {"\xF0\x9F\x98"sv, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"sv},
    };
    for (const auto& [text, expected] : table) {
        std::string out;
        append_label_value(out, text);
        EXPECT_EQ(out, expected) << text;
    }
}

TEST(EscapeTest, KeepsQuotesOfHelpInTextAndEscapesThemInOpenMetrics) {
    std::string plain;
    append_help(plain, "a\\ \"b\"\n", Quotes::plain);
    EXPECT_EQ(plain, "a\\\\ \"b\"\\n");
    std::string escaped;
    append_help(escaped, "a\\ \"b\"\n", Quotes::escaped);
    EXPECT_EQ(escaped, "a\\\\ \\\"b\\\"\\n");
}

}  // namespace

}  // namespace tally::report
