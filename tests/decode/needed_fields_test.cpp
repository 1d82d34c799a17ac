#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "decode/describe.hpp"

namespace tally::decode {

namespace {

/// The members of an event beside eventType, and the needed field it lacks (empty: none).
struct NeededFieldRow {
    std::string_view type;
    std::string_view members;
    std::string_view missing;
};

std::ostream& operator<<(std::ostream& out, const NeededFieldRow& row) {
    return out << row.type << " {" << row.members << "}";
}

std::string missing_of(const NeededFieldRow& row) {
    const PaddedBody body(
        R"({"eventType":")" + std::string(row.type) + '"' + (row.members.empty() ? "" : ",") +
        std::string(row.members) + "}"
    );
    Decoder decoder;
    const auto event = decoder.decode(body.view());
    return event ? std::string(event->missing) : "refused: " + event.error().what;
}

const NeededFieldRow rows[] = {
    {"status_update_event", R"("taskId":"a.1","taskStatus":"TASK_X","appId":"/a")", ""},
    {"status_update_event", R"("taskId":"a.1","taskStatus":"TASK_X")", ""},
    {"status_update_event", R"("taskId":"a.1","taskStatus":"TASK_X","runSpecId":"/a")", ""},
    {"status_update_event", R"("taskId":"unshaped","taskStatus":"TASK_X")", "appId"},
    {"status_update_event", R"("taskId":"a.1","taskStatus":"","appId":"/a")", "taskStatus"},
    {"status_update_event", R"("taskId":"a.1","taskStatus":null,"appId":"/a")", "taskStatus"},
    {"status_update_event", R"("taskId":"a.1","taskStatus":3,"appId":"/a")", "taskStatus"},
    {"status_update_event", R"("taskStatus":"TASK_X","appId":"/a")", "taskId"},
    {"status_update_event", R"("taskId":{"x":"a.1"},"taskStatus":"TASK_X","appId":"/a")", "taskId"},
    {"status_update_event",
     R"("instanceId":"a.instance-1","taskStatus":"TASK_X","appId":"/a")",
     "taskId"},
    {"status_update_event", "", "taskId"},
    {"instance_changed_event", R"("instanceId":"a.instance-1","condition":"Running")", ""},
    {"instance_changed_event",
     R"("instanceId":"a.instance-1","condition":"  ","runSpecId":"/a")",
     "condition"},
    {"instance_changed_event", R"("instanceId":"a.instance-1","runSpecId":"/a")", "condition"},
    {"instance_changed_event",
     R"("taskId":"a.1","condition":"Running","runSpecId":"/a")",
     "instanceId"},
    {"instance_changed_event", R"("instanceId":"x","condition":"Running")", "runSpecId"},
    {"instance_health_changed_event", R"("instanceId":"a.instance-1","healthy":true)", ""},
    {"instance_health_changed_event", R"("taskId":"a.1","healthy":false)", ""},
    {"instance_health_changed_event", R"("instanceId":"a.instance-1","healthy":null)", ""},
    {"instance_health_changed_event", R"("instanceId":"a.instance-1")", ""},
    {"instance_health_changed_event", R"("instanceId":"a.instance-1","healthy":"")", "healthy"},
    {"instance_health_changed_event", R"("instanceId":"a.instance-1","healthy":1)", "healthy"},
    {"instance_health_changed_event", R"("healthy":true,"runSpecId":"/a")", "instanceId or taskId"},
    {"instance_health_changed_event", R"("instanceId":"x","healthy":true)", "runSpecId"},
    {"health_status_changed_event", R"("taskId":"a.1","alive":false)", ""},
    {"health_status_changed_event", R"("instanceId":"a.instance-1","alive":true)", ""},
    {"health_status_changed_event", R"("taskId":"a.1","alive":null)", "alive"},
    {"health_status_changed_event", R"("taskId":"a.1","alive":"true")", "alive"},
    {"health_status_changed_event", R"("taskId":"a.1")", "alive"},
    {"health_status_changed_event", R"("appId":"/a","alive":true)", "instanceId or taskId"},
    {"failed_health_check_event", R"("taskId":"a.1","healthCheck":{"protocol":"TCP"})", ""},
    {"failed_health_check_event",
     R"("taskId":"a.1","healthCheck":{"protocol":null})",
     "healthCheck.protocol"},
    {"failed_health_check_event", R"("taskId":"a.1","healthCheck":"TCP")", "healthCheck.protocol"},
    {"failed_health_check_event", R"("taskId":"a.1")", "healthCheck.protocol"},
    {"failed_health_check_event",
     R"("appId":"/a","healthCheck":{"protocol":"TCP"})",
     "instanceId or taskId"},
    {"failed_health_check_event", R"("taskId":"x","healthCheck":{"protocol":"TCP"})", "appId"},
    {"add_health_check_event", R"("appId":"/a")", ""},
    {"add_health_check_event", R"("healthCheck":{"protocol":"TCP"})", "appId"},
    {"remove_health_check_event", "", "appId"},
    {"unhealthy_task_kill_event", R"("taskId":"a.1")", ""},
    {"unhealthy_task_kill_event", R"("appId":"/a")", "instanceId or taskId"},
    {"unhealthy_instance_kill_event", R"("instanceId":"a.instance-1")", ""},
    {"unhealthy_instance_kill_event", R"("instanceId":"x")", "appId"},
    {"unknown_instance_terminated_event", R"("instanceId":"a.instance-1")", ""},
    {"unknown_instance_terminated_event", R"("runSpecId":"/a")", ""},
    {"unknown_instance_terminated_event", R"("taskId":"a.1")", ""},
    {"unknown_instance_terminated_event", R"("condition":"Killed")", "runSpecId"},
    {"unknown_instance_terminated_event", R"("instanceId":"x")", "runSpecId"},
    {"unknown_task_terminated_event", R"("taskId":"a.1")", ""},
    {"unknown_task_terminated_event", R"("appId":"/a")", ""},
    {"unknown_task_terminated_event", R"("instanceId":"a.instance-1")", ""},
    {"unknown_task_terminated_event", "", "runSpecId"},
    {"app_terminated_event", R"("appId":"/a")", ""},
    {"app_terminated_event", R"("taskId":"a.1")", "appId"},
    {"framework_message_event", R"("message":"x")", ""},
    {"framework_message_event", R"("message":[])", ""},
    {"framework_message_event", R"("message":"")", "message"},
    {"framework_message_event", R"("message":{})", "message"},
    {"framework_message_event", "", "message"},
    {"deployment_info", R"("plan":{"id":"d"})", ""},
    {"deployment_info", R"("id":"d","plan":{})", "plan.id"},
    {"deployment_info", R"("plan":"d")", "plan.id"},
    {"deployment_step_success", R"("plan":{"id":""})", "plan.id"},
    {"deployment_step_failure", R"("plan":null)", "plan.id"},
    {"deployment_success", R"("id":"d")", ""},
    {"deployment_success", R"("plan":{"id":"d"})", ""},
    {"deployment_success", R"("id":7,"plan":{"id":"d"})", ""},
    {"deployment_success", "", "id"},
    {"deployment_failed", R"("id":null,"plan":{"id":7})", "id"},
    {"group_change_success", R"("groupId":"/")", ""},
    {"group_change_success", R"("groupId":"")", "groupId"},
    {"group_change_failed", R"("reason":"x")", "groupId"},
    {"api_post_event", R"("uri":"/v2/apps")", ""},
    {"api_post_event", R"("appDefinition":{"id":"/a"})", "uri"},
    {"pod_created_event", R"("uri":"/v2/pods")", ""},
    {"pod_updated_event", R"("clientIp":"1.2.3.4")", "uri"},
    {"pod_deleted_event", R"("uri":null)", "uri"},
    {"scheduler_registered_event", "", ""},
    {"scheduler_disconnected_event", "", ""},
    {"event_stream_attached", "", ""},
    {"subscribe_event", "", ""},
    {"an_event_of_tomorrow", "", ""},
};

TEST(NeededFieldsTest, AreNamedWhenTheyAreMissing) {
    for (const NeededFieldRow& row : rows) {
        EXPECT_EQ(missing_of(row), row.missing) << row;
    }
}

/// What an app is derived from when the event does not name it.
TEST(NeededFieldsTest, DeriveTheAppFromTheTaskThenFromTheInstance) {
    const std::pair<std::string_view, std::string_view> derived[] = {
        {R"("taskId":"product_web.3f80d17a-37e6-11e4-b05e-56847afe9799")", "/product/web"},
        {R"("taskId":"my.app.instance-1._app.1","instanceId":"other.instance-1")", "/my.app"},
        {R"("taskId":"x","instanceId":"product_web.instance-1")", "/product/web"},
        {R"("instanceId":"a_b_c.marathon-1","appId":null)", "/a/b/c"},
        {R"("taskId":"a.1","runSpecId":"/z")", "/z"},
        {R"("taskId":"a.1","runSpecId":"/z","appId":"/y")", "/y"},
    };
    for (const auto& [members, app] : derived) {
        const PaddedBody body(
            R"({"eventType":"unhealthy_task_kill_event",)" + std::string(members) + "}"
        );
        Decoder decoder;
        const auto event = decoder.decode(body.view());
        ASSERT_TRUE(event);
        EXPECT_EQ(event->app, app) << members;
    }
}

}  // namespace

}  // namespace tally::decode
