#include "tally/decode/event.hpp"

#include <set>

#include <gtest/gtest.h>

#include "decode/event_type.hpp"

namespace tally::decode {

TEST(EventTypeTest, IsFoundByTheNameItIsWrittenWith) {
    for (std::size_t i = 0; i + 1 < event_type_count; ++i) {
        const auto type = static_cast<EventType>(i);
        EXPECT_EQ(find_event_type(to_string(type)), type) << to_string(type);
    }
}

TEST(EventTypeTest, HasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < event_type_count; ++i) {
        names.insert(to_string(static_cast<EventType>(i)));
    }
    EXPECT_EQ(names.size(), event_type_count);
    EXPECT_EQ(to_string(EventType::status_update_event), "status_update_event");
    EXPECT_EQ(to_string(EventType::event_stream_detached), "event_stream_detached");
    EXPECT_EQ(to_string(EventType::unknown), "unknown");
}

TEST(EventTypeTest, IsUnknownForEveryOtherName) {
    for (const std::string_view name :
         {"",
          "unknown",
          "status_update_even",
          "status_update_event ",
          "Status_update_event",
          "deployment_inf0",
          "unknown_instance_terminated_event_",
          "x"}) {
        EXPECT_EQ(find_event_type(name), EventType::unknown) << name;
    }
    EXPECT_EQ(find_event_type(std::string(1000, 'x')), EventType::unknown);
}

TEST(RejectReasonTest, HasTheNamesOfTheMetricLabel) {
    EXPECT_EQ(to_string(RejectReason::not_json), "not_json");
    EXPECT_EQ(to_string(RejectReason::not_object), "not_object");
    EXPECT_EQ(to_string(RejectReason::no_event_type), "no_event_type");
    EXPECT_EQ(to_string(RejectReason::missing_field), "missing_field");
    EXPECT_EQ(to_string(RejectReason::too_large), "too_large");
}

}  // namespace tally::decode
