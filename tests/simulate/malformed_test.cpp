#include "simulate/malformed.hpp"

#include <set>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace tally::simulate {
namespace {

constexpr std::string_view good_event =
    R"({"appId":"/a","eventType":"app_terminated_event","timestamp":"2019-08-20T10:00:00.001Z"})";

/// Why the body is refused, told by a parser.
Fault judge(simdjson::dom::parser& parser, const std::string& body) {
    simdjson::dom::element root;
    if (parser.parse(body).get(root)) {
        return Fault::not_json;
    }
    simdjson::dom::object object;
    if (root.get(object)) {
        return Fault::not_object;
    }
    std::string_view type;
    if (object["eventType"].get(type) || type.empty()) {
        return Fault::no_event_type;
    }
    return Fault::missing_field;
}

TEST(MalformedTest, EveryBodyIsBadInTheWayThatIsSaidAndFitsALine) {
    Random random(3);
    Malformed malformed(random);
    simdjson::dom::parser parser;
    ASSERT_FALSE(parser.allocate(1 << 16, 512));
    std::set<Fault> seen;
    std::set<std::string> bodies;
    for (int i = 0; i < 2000; ++i) {
        const Said said = malformed.make(1'566'295'200'001, good_event);
        const std::string body(malformed.body());
        seen.insert(said.fault);
        bodies.insert(body);
        EXPECT_EQ(judge(parser, body), said.fault) << body;
        EXPECT_EQ(body.find_first_of("\r\n"), std::string::npos) << body;
        EXPECT_NE(body.find_first_not_of(" \t"), std::string::npos);
    }
    EXPECT_EQ(seen.size(), 4U);
    EXPECT_GT(bodies.size(), 25U);
}

}  // namespace
}  // namespace tally::simulate
