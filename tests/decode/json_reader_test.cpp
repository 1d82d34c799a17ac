#include "decode/json_reader.hpp"

#include <random>

#include <gtest/gtest.h>

#include "decode/json_texts.hpp"

namespace tally::decode {

namespace {

/// Whether the text is JSON for a reader that steps over it.
bool accepts(const std::string& text) {
    return JsonReader(text).finish();
}

void walk_value(JsonReader& json, std::string& seen);

void walk_container(JsonReader& json, bool is_object, std::string& seen) {
    if (is_object) {
        while (const auto key = json.next_member()) {
            (seen += *key) += ':';
            walk_value(json, seen);
        }
    } else {
        while (json.next_element()) {
            walk_value(json, seen);
        }
    }
}

/// Asks every question of a value.
void walk_value(JsonReader& json, std::string& seen) {
    if (json.enter_object()) {
        seen += '{';
        walk_container(json, true, seen);
        seen += '}';
    } else if (json.enter_list()) {
        seen += '[';
        walk_container(json, false, seen);
        seen += ']';
    } else if (const auto truth = json.truth()) {
        seen += *truth ? "yes " : "no ";
    } else if (const auto integer = json.integer()) {
        seen += std::to_string(*integer) + ' ';
    } else {
        (seen += json.text()) += ' ';
    }
}

/// The same for one that looks at everything. What it saw.
std::optional<std::string> walked(const std::string& text) {
    JsonReader json(text);
    std::string seen;
    walk_value(json, seen);
    if (!json.finish()) {
        return std::nullopt;
    }
    return seen;
}

std::string text_of(const std::string& text) {
    JsonReader json(text);
    const std::string value(json.text());
    EXPECT_TRUE(json.finish()) << text;
    return value;
}

std::optional<std::int64_t> integer_of(const std::string& text) {
    JsonReader json(text);
    const auto value = json.integer();
    EXPECT_TRUE(json.finish()) << text;
    return value;
}

}  // namespace

TEST(JsonReaderTest, AcceptsWhatTheScannerAccepts) {
    for (const JsonText& row : json_texts()) {
        EXPECT_EQ(accepts(row.text), row.fault.empty()) << row;
        EXPECT_EQ(walked(row.text).has_value(), row.fault.empty()) << row;
    }
}

TEST(JsonReaderTest, AcceptsOfDamagedTextsWhatTheScannerAccepts) {
    const std::string text =
        R"({"a":[1,-2.5e+3,0,"x\u00e9\ud83d\ude00\n\"",true,null,[],{}],"é":{"c":"é€😀","":false},"n":1E5})";
    const std::string bytes =
        "\"\\u0dD8{}[]:,.-+eE019tfn \n\t\x01\x7f\x80\xA0\xC3\xED\xEF\xF0\xFF" +
        std::string(1, '\0');
    std::mt19937 random(1);
    int accepted_count = 0;
    for (int round = 0; round < 40'000; ++round) {
        std::string body = text;
        for (auto change = random() % 3; change < 3; ++change) {
            const std::size_t at = random() % body.size();
            const char byte = bytes[random() % bytes.size()];
            switch (random() % 4) {
                case 0:
                    body[at] = byte;
                    break;
                case 1:
                    body.insert(at, 1, byte);
                    break;
                case 2:
                    body.resize(at + 1);
                    break;
                default:
                    body.insert(at, body.substr(random() % body.size(), random() % 8));
            }
        }
        const bool is_json = !json_fault(body);
        ASSERT_EQ(accepts(body), is_json) << body;
        ASSERT_EQ(walked(body).has_value(), is_json) << body;
        accepted_count += is_json ? 1 : 0;
    }
    EXPECT_GT(accepted_count, 1000);
}

TEST(JsonReaderTest, GoesThroughEveryValueInOrder) {
    EXPECT_EQ(
        walked(
            R"( { "a" : [ 1 , -2.5 , "x" , true , null , [ ] , { } ] , "b" : { "c" : false } , "" : 7 } )"
        ),
        "{a:[1  x yes  []{}]b:{c:no }:7 }"
    );
}

TEST(JsonReaderTest, StepsOverWhatNobodyAsksFor) {
    const std::string text = R"({"a":[[1,{"b":"}]"}],2],"c":{"d":[]},"e":"f"})";
    JsonReader json(text);
    std::string keys;
    ASSERT_TRUE(json.enter_object());
    while (const auto key = json.next_member()) {
        keys += *key;
    }
    EXPECT_EQ(keys, "ace");
    EXPECT_TRUE(json.finish());
}

TEST(JsonReaderTest, TakesAValueWithTheQuestionThatFits) {
    const std::string text = R"([ "x" , 5 , [7] ])";
    JsonReader json(text);
    EXPECT_FALSE(json.enter_object());
    ASSERT_TRUE(json.enter_list());
    ASSERT_TRUE(json.next_element());
    EXPECT_EQ(json.integer(), std::nullopt);
    EXPECT_EQ(json.truth(), std::nullopt);
    EXPECT_FALSE(json.enter_list());
    EXPECT_EQ(json.text(), "x");
    EXPECT_EQ(json.text(), "") << "it was taken";
    EXPECT_FALSE(json.enter_list());
    ASSERT_TRUE(json.next_element());
    EXPECT_EQ(json.text(), "");
    EXPECT_EQ(json.integer(), 5);
    ASSERT_TRUE(json.next_element());
    EXPECT_EQ(json.integer(), std::nullopt);
    EXPECT_FALSE(json.next_element());
    EXPECT_TRUE(json.finish());
}

TEST(JsonReaderTest, ReadsTextWithItsEscapes) {
    EXPECT_EQ(text_of(R"("plain")"), "plain");
    EXPECT_EQ(text_of(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
    EXPECT_EQ(text_of(R"("\u0041\u00e9\u20ac\ud83d\ude00!")"), "Aé€😀!");
    EXPECT_EQ(text_of(R"("\u0000")"), std::string(1, '\0'));
    EXPECT_EQ(text_of(R"("é€😀")"), "é€😀");
    EXPECT_EQ(text_of("\"" + repeated("abcdefg", 100) + "\\n\""), repeated("abcdefg", 100) + "\n");
    EXPECT_EQ(walked(R"({"\u0069d":"x"})"), "{id:x }");
}

TEST(JsonReaderTest, FindsTheEndOfATextAtEveryOffset) {
    for (std::size_t size = 0; size < 40; ++size) {
        for (const std::string_view special : {"\\\"", "\\\\", "\\n"}) {
            const std::string plain(size, 'x');
            const std::string text = "[\"" + plain + std::string(special) + plain + "\",1]";
            EXPECT_EQ(walked(text)->size(), 2 * size + 6) << text;
        }
        EXPECT_FALSE(accepts("\"" + std::string(size, 'x')));
        EXPECT_FALSE(accepts("\"" + std::string(size, 'x') + "\x1f\""));
        EXPECT_TRUE(accepts("\"" + std::string(size, 'x') + "\x7f\""));
    }
}

TEST(JsonReaderTest, ReadsIntegersOf64Bits) {
    EXPECT_EQ(integer_of("0"), 0);
    EXPECT_EQ(integer_of("-0"), 0);
    EXPECT_EQ(integer_of("-12"), -12);
    EXPECT_EQ(integer_of("9223372036854775807"), INT64_MAX);
    EXPECT_EQ(integer_of("-9223372036854775808"), INT64_MIN);
    for (const char* other :
         {"9223372036854775808", "1.0", "1e3", "1E400", "\"1\"", "true", "null", "[1]", "{}"}) {
        EXPECT_EQ(integer_of(other), std::nullopt) << other;
    }
    EXPECT_EQ(integer_of(repeated("9", 100'000)), std::nullopt);
}

TEST(JsonReaderTest, SaysNothingMoreAfterAFault) {
    const std::string text = R"({"a":["x",tru],"b":"y"})";
    JsonReader json(text);
    ASSERT_TRUE(json.enter_object());
    ASSERT_TRUE(json.next_member());
    ASSERT_TRUE(json.enter_list());
    ASSERT_TRUE(json.next_element());
    EXPECT_EQ(json.text(), "x");
    ASSERT_TRUE(json.next_element());
    EXPECT_EQ(json.truth(), std::nullopt);
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(json.next_element());
        EXPECT_FALSE(json.next_member());
        EXPECT_FALSE(json.enter_object());
        EXPECT_FALSE(json.enter_list());
        EXPECT_EQ(json.text(), "");
        EXPECT_FALSE(json.finish());
    }
}

}  // namespace tally::decode
