#include "simulate/speech.hpp"

#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "collector.hpp"

namespace tally::simulate {
namespace {

using ::testing::IsSubsetOf;

constexpr std::size_t busy = 60'000;  // enough for everything that can happen to happen

std::set<std::string> types_of(const Collector& heard) {
    std::set<std::string> types;
    for (const Said& said : heard.saids) {
        types.emplace(name_of(said.type));
    }
    return types;
}

const std::set<std::string> always{
    "status_update_event",
    "app_terminated_event",
    "framework_message_event",
    "add_health_check_event",
    "remove_health_check_event",
    "failed_health_check_event",
    "health_status_changed_event",
    "deployment_info",
    "deployment_step_success",
    "deployment_step_failure",
    "deployment_success",
    "deployment_failed",
    "group_change_success",
    "group_change_failed",
    "api_post_event",
    "scheduler_disconnected_event",
    "event_stream_attached",
    "event_stream_detached"};
const std::set<std::string> since_1_4{
    "instance_changed_event",
    "instance_health_changed_event",
    "unknown_instance_terminated_event",
    "unhealthy_instance_kill_event",
    "pod_created_event",
    "pod_updated_event",
    "pod_deleted_event"};
const std::set<std::string> until_1_3{"unknown_task_terminated_event", "unhealthy_task_kill_event"};
const std::set<std::string> until_1_4{"subscribe_event", "unsubscribe_event"};
const std::set<std::string> rare{
    "scheduler_registered_event",
    "scheduler_reregistered_event",
    "pod_created_event",
    "pod_updated_event",
    "pod_deleted_event"};

class SpeechTest : public ::testing::TestWithParam<Dialect> {};

TEST_P(SpeechTest, SaysTheTypesOfItsDialectAndNoOthers) {
    Collector heard;
    live(small_cluster(GetParam()), busy, heard);
    std::set<std::string> allowed = always;
    allowed.insert(rare.begin(), rare.end());
    if (has_instances(GetParam())) {
        allowed.insert(since_1_4.begin(), since_1_4.end());
    } else {
        for (const char* pod : {"pod_created_event", "pod_updated_event", "pod_deleted_event"}) {
            allowed.erase(pod);
        }
        allowed.insert(until_1_3.begin(), until_1_3.end());
    }
    if (has_callbacks(GetParam())) {
        allowed.insert(until_1_4.begin(), until_1_4.end());
    }
    const std::set<std::string> types = types_of(heard);
    EXPECT_THAT(types, IsSubsetOf(allowed));
    for (const std::string& type : allowed) {
        EXPECT_TRUE(types.contains(type) || rare.contains(type)) << type << " is never said";
    }
}

TEST_P(SpeechTest, EveryBodyIsOneLineOfValidJsonThatNamesItsTypeAndTime) {
    Collector heard;
    live(small_cluster(GetParam()), 8000, heard);
    simdjson::dom::parser parser;
    for (std::size_t i = 0; i < heard.bodies.size(); ++i) {
        const std::string& body = heard.bodies[i];
        simdjson::dom::element event;
        ASSERT_FALSE(parser.parse(body).get(event)) << body;
        ASSERT_EQ(event["eventType"].get_string().value(), name_of(heard.saids[i].type));
        ASSERT_EQ(parse_timestamp(event["timestamp"].get_string().value()), heard.saids[i].time)
            << body;
        ASSERT_EQ(body.find('\n'), std::string::npos);
    }
}

TEST_P(SpeechTest, IdsHaveTheFormsOfTheDialect) {
    const std::string uuid = "[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";
    const std::string safe = "[a-z0-9._-]+";
    const std::regex legacy(safe + "\\." + uuid);
    const std::regex pod(safe + "\\.instance-" + uuid + "\\.(web|proxy|log)");
    const std::regex relaunched(
        safe + "\\.instance-" + uuid + "\\.(_app|web|proxy|log)\\.[1-9][0-9]*"
    );
    const std::regex instance(safe + "\\.(instance|marathon)-" + uuid);
    Collector heard;
    live(small_cluster(GetParam()), 4000, heard);
    simdjson::dom::parser parser;
    for (std::size_t i = 0; i < heard.bodies.size(); ++i) {
        simdjson::dom::element event = parser.parse(heard.bodies[i]);
        const EventType type = heard.saids[i].type;
        if (type == EventType::status_update) {
            const std::string id(event["taskId"].get_string().value());
            EXPECT_TRUE(
                relaunches(GetParam())
                    ? std::regex_match(id, relaunched)
                    : std::regex_match(id, legacy) ||
                          (has_instances(GetParam()) && std::regex_match(id, pod))
            ) << id;
        } else if (type == EventType::instance_changed) {
            const std::string id(event["instanceId"].get_string().value());
            EXPECT_TRUE(std::regex_match(id, instance)) << id;
        } else if (type == EventType::failed_health_check) {
            const char* key = GetParam() == Dialect::v1_4 ? "instanceId" : "taskId";
            const std::string id(event[key].get_string().value());
            EXPECT_TRUE(std::regex_match(id, has_instances(GetParam()) ? instance : legacy)) << id;
        }
    }
}

TEST_P(SpeechTest, TheSameShapeGivesTheSameBytes) {
    Collector one;
    Collector other;
    Shape shape = small_cluster(GetParam());
    shape.reorder = 0.05;
    shape.duplicates = 0.01;
    shape.bad = 0.01;
    const std::string first = live(shape, 5000, one);
    const std::string second = live(shape, 5000, other);
    EXPECT_EQ(one.bodies, other.bodies);
    EXPECT_EQ(first, second);
    shape.seed = 8;
    Collector stranger;
    live(shape, 5000, stranger);
    EXPECT_NE(one.bodies, stranger.bodies);
}

std::string speech_title(const ::testing::TestParamInfo<Dialect>& info) {
    const std::string_view name = name_of(info.param);
    return "Marathon1" + std::string(name.substr(2));
}

INSTANTIATE_TEST_SUITE_P(Of, SpeechTest, ::testing::ValuesIn(all_dialects), speech_title);

TEST(PlanTest, HeavyPlansCarryBothRootGroupsAndLightOnesNone) {
    Shape shape = small_cluster(Dialect::v1_5);
    shape.plan = PlanFormat::heavy;
    shape.both_plans = true;
    Collector heard;
    live(shape, 3000, heard);
    simdjson::dom::parser parser;
    std::size_t plans = 0;
    for (std::size_t i = 0; i < heard.bodies.size(); ++i) {
        if (heard.saids[i].type != EventType::deployment_info) {
            continue;
        }
        ++plans;
        EXPECT_FALSE(parser.parse(heard.bodies[i])["plan"]["original"]["groups"].error());
        EXPECT_LT(heard.bodies[i].size(), 100'000U);
        EXPECT_TRUE(parser.parse(heard.lights[i])["plan"]["original"].error());
        EXPECT_FALSE(parser.parse(heard.lights[i])["plan"]["steps"].error());
    }
    EXPECT_GT(plans, 0U);
}

TEST(PlanTest, OfMixedPlansFewAreHeavyAndTheEventsAreTheSame) {
    Shape shape = small_cluster(Dialect::v1_5);
    shape.plan = PlanFormat::heavy;
    shape.both_plans = true;
    Collector both;
    live(shape, 20'000, both);
    shape.plan = PlanFormat::mixed;
    shape.both_plans = false;
    Collector mixed;
    live(shape, 20'000, mixed);
    ASSERT_EQ(mixed.bodies.size(), both.bodies.size());
    std::size_t heavy = 0;
    std::size_t light = 0;
    for (std::size_t i = 0; i < mixed.bodies.size(); ++i) {
        if (both.saids[i].type == EventType::deployment_info) {
            const bool is_heavy = mixed.bodies[i] == both.bodies[i];
            EXPECT_TRUE(is_heavy || mixed.bodies[i] == both.lights[i]);
            ++(is_heavy ? heavy : light);
        }
    }
    EXPECT_GT(heavy, 0U);
    EXPECT_GT(light, 10 * heavy);
}

TEST(PlanTest, OnePointEightKnowsNoHeavyPlan) {
    Shape shape = small_cluster(Dialect::v1_8);
    shape.plan = PlanFormat::heavy;
    Collector heard;
    live(shape, 3000, heard);
    for (const std::string& body : heard.bodies) {
        EXPECT_EQ(body.find("\"original\""), std::string::npos);
    }
}

}  // namespace
}  // namespace tally::simulate
