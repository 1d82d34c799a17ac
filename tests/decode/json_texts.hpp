#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace tally::decode {

/// One JSON value, or something that is none: the fault, and where in the text it lies.
struct JsonText {
    std::string text;
    std::string_view fault;  // empty: valid
    std::size_t offset = 0;
};

inline std::ostream& operator<<(std::ostream& out, const JsonText& row) {
    return out << row.text.substr(0, 60) << (row.text.size() > 60 ? "..." : "");
}

inline std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

/// Accepted and refused side by side; the rows of one rule stand together.
inline std::vector<JsonText> json_texts() {
    return {
        {"1", ""},
        {"-0", ""},
        {"0.5", ""},
        {"1e5", ""},
        {"1E+05", ""},
        {"-1.25e-3", ""},
        {"01", "bad number", 0},
        {"-01", "bad number", 0},
        {"-", "unexpected end", 1},
        {"1.", "unexpected end", 2},
        {"1.e5", "bad number", 2},
        {"1e", "unexpected end", 2},
        {"1e+", "unexpected end", 3},
        {"1e+x", "bad number", 3},
        {"+1", "unexpected byte", 0},
        {".5", "unexpected byte", 0},
        {"-x", "bad number", 1},
        {"1x", "trailing bytes", 1},
        {"0x10", "trailing bytes", 1},
        {"1 2", "trailing bytes", 2},
        {"NaN", "unexpected byte", 0},
        {"Infinity", "unexpected byte", 0},
        {std::string("[1\0]", 4), "expected , or ]", 2},
        {std::string("1\0", 2), "trailing bytes", 1},

        {"true", ""},
        {"false", ""},
        {"null", ""},
        {" [ true , null ] ", ""},
        {"tru", "unexpected byte", 0},
        {"True", "unexpected byte", 0},
        {"nul", "unexpected byte", 0},
        {"nulll", "trailing bytes", 4},
        {"[truefalse]", "expected , or ]", 5},

        {R"("")", ""},
        {R"("a\"\\\/\b\f\n\r\tz")", ""},
        {"\"\x7f\"", ""},
        {"\"a", "unexpected end", 2},
        {"\"", "unexpected end", 1},
        {R"("\")", "unexpected end", 3},
        {R"("\x41")", "bad escape", 1},
        {R"("\'")", "bad escape", 1},
        {"\"\\\n\"", "bad escape", 1},
        {"\"\n\"", "control character in a string", 1},
        {"\"a\tb\"", "control character in a string", 2},
        {std::string("\"\0\"", 3), "control character in a string", 1},
        {"\"\x1f\"", "control character in a string", 1},
        {"'a'", "unexpected byte", 0},

        {R"("\u0000")", ""},
        {R"("\u00e9\uFFFF\uD7FF\uE000")", ""},
        {R"("\ud83d\ude00")", ""},
        {R"("\uDBFF\uDFFF")", ""},
        {R"("\u12")", "bad escape", 1},
        {R"("\u12g4")", "bad escape", 1},
        {R"("\u")", "bad escape", 1},
        {R"("\u+123")", "bad escape", 1},
        {R"("\U0041")", "bad escape", 1},
        {R"("a\ud800")", "lone surrogate", 2},
        {R"("\ud800x")", "lone surrogate", 1},
        {R"("\ud800\n")", "lone surrogate", 1},
        {R"("\ud800\u0041")", "lone surrogate", 1},
        {R"("\ud800\ue000")", "lone surrogate", 1},
        {R"("\ud800\ud800")", "lone surrogate", 1},
        {R"("\ud800\u00")", "lone surrogate", 1},
        {R"("\udc00")", "lone surrogate", 1},
        {R"("\udc00\ud800")", "lone surrogate", 1},
        {R"("\ud83d\ude00\ude00")", "lone surrogate", 13},

        {"\"\xC3\xA9\"", ""},
        {"\"\xE2\x82\xAC\"", ""},
        {"\"\xF0\x9F\x98\x80\"", ""},
        {"\"\xEF\xBF\xBF\"", ""},
        {"\"\xF4\x8F\xBF\xBF\"", ""},
        {"\"\xED\x9F\xBF\"", ""},
        {"\"\xFF\"", "invalid UTF-8", 1},
        {"\"ab\x80\"", "invalid UTF-8", 3},
        {"\"\xC3\"", "invalid UTF-8", 1},
        {"\"\xE2\x82\"", "invalid UTF-8", 1},
        {"\"\xF0\x9F\x98\"", "invalid UTF-8", 1},
        {"\"\xC0\x80\"", "invalid UTF-8", 1},
        {"\"\xC1\xBF\"", "invalid UTF-8", 1},
        {"\"\xE0\x9F\xBF\"", "invalid UTF-8", 1},
        {"\"\xF0\x8F\xBF\xBF\"", "invalid UTF-8", 1},
        {"\"\xED\xA0\x80\"", "invalid UTF-8", 1},
        {"\"\xF4\x90\x80\x80\"", "invalid UTF-8", 1},
        {"\"\xF8\x88\x80\x80\x80\"", "invalid UTF-8", 1},
        {"[\xFF]", "unexpected byte", 1},
        {"1\xC3\xA9", "trailing bytes", 1},
        {"\xC2\xA0"
         "1",
         "unexpected byte",
         0},
        {"\xEF\xBB\xBF{}", "byte order mark", 0},

        {"[]", ""},
        {"{}", ""},
        {"[1,[2,{}],\"x\"]", ""},
        {R"({"a":{"b":[]},"a":1})", ""},
        {"\t\r\n [\n1\r,\t2 ]", ""},
        {"[", "unexpected end", 1},
        {"]", "unexpected byte", 0},
        {"[1", "unexpected end", 2},
        {"[1,", "unexpected end", 3},
        {"[1,]", "unexpected byte", 3},
        {"[,1]", "unexpected byte", 1},
        {"[1 2]", "expected , or ]", 3},
        {"[1}", "expected , or ]", 2},
        {"[\f1]", "unexpected byte", 1},
        {"{", "unexpected end", 1},
        {"{1:2}", "expected a key", 1},
        {"{\"a\"}", "expected :", 4},
        {R"({"a":})", "unexpected byte", 5},
        {R"({"a":1,})", "expected a key", 7},
        {R"({"a":1]})", "expected , or }", 6},
        {R"({"a" 1})", "expected :", 5},
        {R"({a:1})", "expected a key", 1},
        {"{}{}", "trailing bytes", 2},
        {"{} x", "trailing bytes", 3},
        {"// c\n1", "unexpected byte", 0},
        {"", "no JSON text", 0},
        {" \n", "no JSON text", 2},

        {repeated("[", 512) + repeated("]", 512), ""},
        {repeated("[", 512) + "1" + repeated("]", 512), ""},
        {repeated(R"({"a":)", 511) + "[7]" + repeated("}", 511), ""},
        {repeated("[", 513) + repeated("]", 513), "nesting over 512", 512},
        {repeated("[", 512) + "{}" + repeated("]", 512), "nesting over 512", 512},
        {repeated("[", 512) + R"({"a":1})" + repeated("]", 512), "nesting over 512", 512},
        {repeated("[", 512) + "x" + repeated("]", 512), "unexpected byte", 512},
        {repeated("[", 100'000), "nesting over 512", 512},
        {repeated("[[],{},", 511) + "[]" + repeated("]", 511), ""},
    };
}

}  // namespace tally::decode
