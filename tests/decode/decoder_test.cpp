#include "tally/decode/decoder.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "decode/describe.hpp"
#include "decode/json_fault.hpp"
#include "decode/json_texts.hpp"
#include "decode/shape_bodies.hpp"

namespace tally::decode {

namespace {

/// `value` as a member of an event: not one that is read, so that only validation can see it.
std::string event_with(std::string_view value) {
    return R"({"eventType":"x","unread":)" + std::string(value) + "}";
}

}  // namespace

TEST(DecoderTest, ValidatesTheWholeBodyWhereverTheFaultLies) {
    Decoder decoder;
    for (const JsonText& row : json_texts()) {
        const std::string body = event_with(row.text);
        const auto fault =
            json_fault(body);  // one level deeper, and a fault of the value's end may move
        const std::string expected =
            fault ? "not_json at " + std::to_string(fault->offset) + ": " + std::string(fault->what)
                  : "unknown | type_name=x";
        EXPECT_EQ(decoded(decoder, body), expected) << row;
        if (row.text.size() < 1000) {
            EXPECT_EQ(fault.has_value(), !row.fault.empty()) << row;
        }
    }
}

TEST(DecoderTest, AgreesWithTheTableOnBareValues) {
    Decoder decoder;
    for (const JsonText& row : json_texts()) {
        const std::string text = decoded(decoder, row.text);
        const bool is_json = !text.starts_with("not_json");
        EXPECT_EQ(is_json, row.fault.empty()) << row << ": " << text;
    }
}

TEST(DecoderTest, NamesEveryReasonToRefuseABody) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", "not_json at 0: no JSON text"},
        {"hello", "not_json at 0: unexpected byte"},
        {R"({"eventType":"a"} {"eventType":"b"})", "not_json at 18: trailing bytes"},
        {R"({"eventType":"a","n":1e999})", "not_json at 21: number out of range"},
        {R"({"eventType":"a","n":[1,-9223372036854775809]})",
         "not_json at 24: number out of range"},
        {"[]", "not_object at 0: not an object"},
        {R"(["eventType"])", "not_object at 0: not an object"},
        {R"("status_update_event")", "not_object at 0: not an object"},
        {"null", "not_object at 0: not an object"},
        {"17", "not_object at 0: not an object"},
        {"{}", "no_event_type at 0: no eventType"},
        {R"({"event_type":"a"})", "no_event_type at 0: no eventType"},
        {R"({"x":{"eventType":"a"}})", "no_event_type at 0: no eventType"},
        {R"({"a":1,"eventType":null})", "no_event_type at 19: eventType is not a string"},
        {R"({"eventType":["a"]})", "no_event_type at 13: eventType is not a string"},
        {R"({"eventType":""})", "no_event_type at 13: eventType is empty"},
        {R"({"eventType":7,"timestamp":"2019-08-20T10:00:00.001Z"})",
         "no_event_type at 13: eventType is not a string of 2019-08-20T10:00:00.001Z"},
        {R"({"timestamp":"yesterday"})", "no_event_type at 0: no eventType"},
    };
    for (const auto& [body, text] : rows) {
        EXPECT_EQ(decoded(body), text) << body;
    }
}

TEST(DecoderTest, TakesTheFirstOfEqualKeys) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {R"({"eventType":"app_terminated_event","appId":"/a","appId":"/b","eventType":"x"})",
         "app_terminated_event | app=/a"},
        {R"({"eventType":"app_terminated_event","appId":null,"appId":"/b"})",
         "app_terminated_event | missing=appId"},
        {R"({"eventType":"app_terminated_event","appId":7,"appId":"/b"})",
         "app_terminated_event | missing=appId"},
        {R"({"eventType":null,"eventType":"app_terminated_event"})",
         "no_event_type at 13: eventType is not a string"},
        {R"({"eventType":"remove_health_check_event","appId":"/a","healthCheck":{"protocol":"TCP","port":null,"protocol":"HTTP","port":1,"command":{"value":3,"value":"x"},"path":"/a","path":"/b","intervalSeconds":0,"intervalSeconds":5,"portIndex":1,"portIndex":2}})",
         "remove_health_check_event | app=/a | protocol=TCP | path=/a | port_index=1"},
        {R"({"eventType":"deployment_info","plan":{"id":"d1","id":"d2","version":null,"version":"v","steps":[{"action":"A","action":"B","app":1,"app":"/b","actions":0,"actions":[]}],"steps":[]}})",
         "deployment_info | deployment=d1 | plan=[A ]"},
        {R"({"eventType":"api_post_event","uri":"/v2/apps/u","appDefinition":{"id":7,"id":"/b"}})",
         "api_post_event | app=/u | uri=/v2/apps/u"},
    };
    for (const auto& [body, text] : rows) {
        EXPECT_EQ(decoded(body), text) << body;
    }
}

TEST(DecoderTest, ReadsKeysAndTypesThatAreWrittenWithEscapes) {
    EXPECT_EQ(
        decoded(R"({"\u0065ventType":"app_terminated\u005fevent","app\u0049d":"\/a"})"),
        "app_terminated_event | app=/a"
    );
}

TEST(DecoderTest, KeepsNulCharactersInsideOfText) {
    const PaddedBody body(R"({"eventType":"app_terminated_event","appId":"/a\u0000b"})");
    Decoder decoder;
    const auto event = decoder.decode(body.view());
    ASSERT_TRUE(event);
    EXPECT_EQ(event->app, std::string_view("/a\0b", 4));
}

TEST(DecoderTest, TakesOnlyTimestampsOfTheLegalForm) {
    const auto time_of = [](std::string_view timestamp) {
        return decoded(R"({"eventType":"x","timestamp":)" + std::string(timestamp) + "}");
    };
    EXPECT_EQ(
        time_of(R"("2019-08-20T12:00:00.0019+02:00")"),
        "unknown | type_name=x | time=2019-08-20T10:00:00.001Z"
    );
    EXPECT_EQ(time_of(R"("2019-08-20T10:00:00")"), "unknown | type_name=x");
    EXPECT_EQ(time_of("1566295200001"), "unknown | type_name=x");
    EXPECT_EQ(time_of("null"), "unknown | type_name=x");
}

TEST(DecoderTest, TakesNoNumberThatIsNotOne) {
    const auto check = [](std::string_view members) {
        return decoded(
            R"({"eventType":"add_health_check_event","appId":"/a","healthCheck":{)" +
            std::string(members) + "}}"
        );
    };
    EXPECT_EQ(
        check(R"("port":8080,"portIndex":-1,"intervalSeconds":0.25)"),
        "add_health_check_event | app=/a | port=8080 | port_index=-1 | interval=0.250000"
    );
    EXPECT_EQ(
        check(R"("port":"8080","portIndex":1.0,"intervalSeconds":"5")"),
        "add_health_check_event | app=/a"
    );
    EXPECT_EQ(
        check(R"("port":18446744073709551615,"intervalSeconds":-1)"),
        "add_health_check_event | app=/a"
    );
    EXPECT_EQ(check(R"("intervalSeconds":0)"), "add_health_check_event | app=/a");
    EXPECT_EQ(check(R"("command":"true","path":{})"), "add_health_check_event | app=/a");
}

TEST(DecoderTest, ForgetsTheEventBefore) {
    Decoder decoder;
    decoded(
        decoder,
        R"({"eventType":"deployment_info","plan":{"id":"d","steps":[{"action":"A"}]},"currentStep":{"action":"A"}})"
    );
    EXPECT_EQ(
        decoded(decoder, R"({"eventType":"deployment_success"})"), "deployment_success | missing=id"
    );
    decoded(decoder, "{");
    decoded(decoder, repeated("[", 512) + repeated("]", 512));
    EXPECT_EQ(
        decoded(decoder, R"({"eventType":"deployment_success","id":"d"})"),
        "deployment_success | deployment=d"
    );
}

TEST(DecoderTest, DecodesTheSameWhateverWasDecodedBefore) {
    const auto texts = json_texts();
    std::string expected;
    Decoder reused;
    for (const JsonText& row : texts) {
        EXPECT_EQ(decoded(reused, event_with(row.text)), decoded(event_with(row.text))) << row;
    }
}

TEST(DecoderTest, HandsOutLongStringsWhole) {
    const std::string message(3 << 20, 'm');
    Decoder decoder;
    const PaddedBody body(R"({"eventType":"status_update_event","message":")" + message + R"("})");
    const auto event = decoder.decode(body.view());
    ASSERT_TRUE(event);
    EXPECT_EQ(event->message, message);
    EXPECT_EQ(decoded(decoder, R"({"eventType":"x"})"), "unknown | type_name=x");
}

TEST(DecoderTest, CountsMoreArrayElementsThanTheParserDoes) {
    constexpr std::size_t elements = 0xFFFFFF + 5;
    const PaddedBody body(
        R"({"eventType":"framework_message_event","message":[0)" + repeated(",0", elements - 1) +
        "]}"
    );
    Decoder decoder;
    const auto event = decoder.decode(body.view());
    ASSERT_TRUE(event);
    EXPECT_EQ(event->message_bytes, static_cast<std::int64_t>(elements));
}

TEST(TrimBodyTest, CutsJsonWhiteSpaceOnly) {
    EXPECT_EQ(trim_body(" \t\r\n{ }\n\n"), "{ }");
    EXPECT_EQ(trim_body("{}"), "{}");
    EXPECT_EQ(trim_body(" \r\n\t "), "");
    EXPECT_EQ(trim_body(""), "");
    EXPECT_EQ(trim_body("\v{}\f"), "\v{}\f");
    EXPECT_EQ(trim_body("\xC2\xA0{}"), "\xC2\xA0{}");
}

TEST(DecoderTest, AHotEventIsReadInPlaceAndLivesAsLongAsItsBody) {
    Decoder decoder;
    const auto padded = [](std::string_view body) { return std::string(body) + std::string(body_padding, ' '); };
    const std::string hot = padded(shape_bodies[0]);
    const std::string other = padded(R"({"eventType":"x","timestamp":"2017-09-07T10:26:41.377Z"})");
    const auto event = decoder.decode(std::string_view(hot).substr(0, shape_bodies[0].size()));
    EXPECT_TRUE(decoder.is_in_place());
    EXPECT_TRUE(decoder.decode(std::string_view(other).substr(0, other.size() - body_padding)));
    EXPECT_FALSE(decoder.is_in_place());
    EXPECT_EQ(event->task, "zdd_base-min-over.5ed13e24-9149-11e6-aae4-3a4b79075094");
    EXPECT_FALSE(decoder.decode(std::string_view(other).substr(0, 3)));
    EXPECT_FALSE(decoder.is_in_place());
}

}  // namespace tally::decode
