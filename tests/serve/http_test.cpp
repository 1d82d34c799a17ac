#include "tally/serve/http.hpp"

#include <gtest/gtest.h>

namespace tally::serve {

namespace {

TEST(HttpTest, DecodesPercentSequencesAndLeavesBrokenOnes) {
    const std::vector<std::pair<const char*, const char*>> table{
        {"", ""},
        {"a+b", "a+b"},
        {"%41%7a", "Az"},
        {"%C3%A9", "\xC3\xA9"},
        {"%", "%"},
        {"%4", "%4"},
        {"%zz", "%zz"},
        {"%%41", "%A"},
    };
    for (const auto& [text, decoded] : table) {
        EXPECT_EQ(percent_decode(text, Plus::kept), decoded) << text;
    }
    EXPECT_EQ(percent_decode("a+b%2B", Plus::is_blank), "a b+");
}

TEST(HttpTest, FindsAValueOfTheQuery) {
    Request request;
    request.query = "format=csv&sql=SELECT+1%3B&flag&sql=2&=x";
    EXPECT_EQ(request.query_value("format"), "csv");
    EXPECT_EQ(request.query_value("sql"), "SELECT 1;");
    EXPECT_EQ(request.query_value("flag"), "");
    EXPECT_EQ(request.query_value(""), "x");
    EXPECT_EQ(request.query_value("q"), std::nullopt);
}

TEST(HttpTest, WritesErrorsAsJson) {
    const Response response = error_response(400, "near \"x\\\":\n\x01");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body, "{\"error\":\"near \\\"x\\\\\\\":\\n\\u0001\"}\n");
}

TEST(HttpTest, AResponderAnswersOnce) {
    std::vector<int> answers;
    const auto note = [&answers](const Response& response) { answers.push_back(response.status); };
    {
        Responder first{note};
        Responder second(std::move(first));
        second({.status = 204, .content_type = {}, .body = {}});
    }
    EXPECT_EQ(answers, std::vector{204});
}

TEST(HttpTest, ADroppedOrReplacedResponderAnswers503) {
    std::vector<int> answers;
    const auto note = [&answers](const Response& response) { answers.push_back(response.status); };
    {
        Responder replaced{note};
        replaced = Responder([&answers](const Response& response) {
            answers.push_back(response.status + 1000);
        });
        EXPECT_EQ(answers, std::vector{503});
    }
    EXPECT_EQ(answers, (std::vector{503, 1503}));
}

}  // namespace

}  // namespace tally::serve
