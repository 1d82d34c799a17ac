#include "tally/record/table_text.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace tally::record {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr double infinite = std::numeric_limits<double>::infinity();

std::string json_of(Value value) {
    const std::string text = table_as_json({.columns = {"x"}, .rows = {{std::move(value)}}}, 0ms);
    const std::string begin = "{\"columns\":[\"x\"],\"rows\":[[",
                      end = "]],\"truncated\":false,\"elapsed_ms\":0}\n";
    EXPECT_TRUE(text.starts_with(begin) && text.ends_with(end)) << text;
    return text.substr(begin.size(), text.size() - begin.size() - end.size());
}

std::string csv_of(Value value) {
    const std::string text = table_as_csv({.columns = {"x"}, .rows = {{std::move(value)}}});
    EXPECT_TRUE(text.starts_with("x\r\n") && text.ends_with("\r\n")) << text;
    return text.substr(3, text.size() - 5);
}

TEST(TableTextTest, WritesTheWholeShape) {
    const Table table{
        .columns = {"app", "n \"quoted\""},
        .rows = {{"/a", std::int64_t{1}}, {std::monostate{}, 0.5}},
        .truncated = true};
    EXPECT_EQ(
        table_as_json(table, 12ms),
        "{\"columns\":[\"app\",\"n \\\"quoted\\\"\"],\"rows\":[[\"/a\",1],[null,0.5]],"
        "\"truncated\":true,\"elapsed_ms\":12}\n"
    );
    EXPECT_EQ(table_as_csv(table), "app,\"n \"\"quoted\"\"\"\r\n/a,1\r\n,0.5\r\n");
}

TEST(TableTextTest, WritesATableWithoutRows) {
    const Table table{.columns = {"a", "b"}, .rows = {}};
    EXPECT_EQ(
        table_as_json(table, 0ms),
        "{\"columns\":[\"a\",\"b\"],\"rows\":[],\"truncated\":false,\"elapsed_ms\":0}\n"
    );
    EXPECT_EQ(table_as_csv(table), "a,b\r\n");
}

TEST(TableTextTest, WritesEveryValue) {
    struct Case {
        Value value;
        std::string json;
        std::string csv;
    };

    for (const Case& one : {
             Case{std::monostate{}, "null", ""},
             Case{
                 std::numeric_limits<std::int64_t>::min(),
                 "-9223372036854775808",
                 "-9223372036854775808"},
             Case{1669132800.123, "1669132800.123", "1669132800.123"},
             Case{0.1, "0.1", "0.1"},
             Case{1e300, "1e+300", "1e+300"},
             Case{-infinite, "null", "-Inf"},
             Case{infinite, "null", "Inf"},
             Case{std::numeric_limits<double>::quiet_NaN(), "null", "Inf"},
             Case{"plain", "\"plain\"", "plain"},
             Case{"", "\"\"", "\"\""},
             Case{"a,b", "\"a,b\"", "\"a,b\""},
             Case{"say \"x\"", R"("say \"x\"")", "\"say \"\"x\"\"\""},
             Case{"back\\slash", R"("back\\slash")", "back\\slash"},
             Case{"two\r\nlines\t", R"("two\r\nlines\t")", "\"two\r\nlines\t\""},
             Case{"nul\0\x1f\x7f"s, "\"nul\\u0000\\u001f\x7f\"", "nul\0\x1f\x7f"s},
             Case{"äß€😀", "\"äß€😀\"", "äß€😀"},
         }) {
        EXPECT_EQ(json_of(one.value), one.json);
        EXPECT_EQ(csv_of(one.value), one.csv);
    }
}

TEST(TableTextTest, MakesTextValidUtf8) {
    const std::string r = "\xEF\xBF\xBD";

    struct Case {
        std::string text;
        std::string shown;
    };

    for (const Case& one : {
             Case{"a\xFFz", "a" + r + "z"},
             Case{"\x80", r},
             Case{"\xC3", r},                          // cut short
             Case{"\xC3(", r + "("},                   // not followed
             Case{"\xC0\xAF", r + r},                  // overlong
             Case{"\xE0\x80\xAF", r + r + r},          // overlong
             Case{"\xED\xA0\x80", r + r + r},          // a surrogate
             Case{"\xF4\x90\x80\x80", r + r + r + r},  // past U+10FFFF
             Case{"\xE2\x82", r + r},                  // cut short
             Case{"\xF0\x9F\x98\x80\xF0\x9F\x98", "\xF0\x9F\x98\x80" + r + r + r},
         }) {
        EXPECT_EQ(json_of(one.text), '"' + one.shown + '"');
        EXPECT_EQ(csv_of(one.text), one.shown);
    }
}

TEST(TableTextTest, KnowsTheSizeOfAJsonStringAsAnUpperBound) {
    for (const std::string& text : {"plain"s, "\"\\"s, "\0\x01\n"s, "äß€😀"s, "\xFF\xE2\x82"s}) {
        std::string out;
        append_json_text(out, text);
        EXPECT_GE(json_text_size(text), out.size()) << text;
    }
    EXPECT_EQ(json_text_size("plain"), 7U);
    EXPECT_EQ(json_text_size("€"), 5U);
}

}  // namespace
}  // namespace tally::record
