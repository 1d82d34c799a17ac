#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "decode/describe.hpp"

namespace tally::decode {

namespace {

/// One event as a version of Marathon writes it, and all we take from it.
struct DialectRow {
    const char* name;
    std::string_view body;
    std::string_view event;
};

std::ostream& operator<<(std::ostream& out, const DialectRow& row) {
    return out << row.name;
}

const DialectRow
    dialect_rows
        [] =
            {
                {"StatusUpdateOf0x7",
                 R"({"eventType":"status_update_event","timestamp":"2014-03-01T23:29:30.158Z","slaveId":"20140909-054127-177048842-5050-1494-0","taskId":"my-app_0-1396592784349","taskStatus":"TASK_RUNNING","appId":"/my-group/my-app","host":"slave-1234.acme.org","ports":[31372],"version":"2014-04-04T06:26:23.051Z"})",
                 "status_update_event | time=2014-03-01T23:29:30.158Z | app=/my-group/my-app | "
                 "task=my-app_0-1396592784349 | entity=my-app_0-1396592784349 | state=TASK_RUNNING "
                 "| host=slave-1234.acme.org | version=2014-04-04T06:26:23.051Z | "
                 "agent=20140909-054127-177048842-5050-1494-0"},
                {"StatusUpdateOf1x3WithAMessage",
                 R"({"slaveId":"145f052d-8bcb-457f-b1e6-b1b4e2cdf787-S1","taskId":"zdd_base-min-over.b5689380-9141-11e6-aae4-3a4b79075094","taskStatus":"TASK_KILLED","message":"Container exited with status 137","appId":"/zdd/base-min-over","host":"10.0.3.193","ipAddresses":[{"ipAddress":"10.0.3.193","protocol":"IPv4"}],"ports":[31419],"version":"2016-10-13T12:36:48.366Z","eventType":"status_update_event","timestamp":"2016-10-13T13:31:59.208Z"})",
                 "status_update_event | time=2016-10-13T13:31:59.208Z | app=/zdd/base-min-over | "
                 "task=zdd_base-min-over.b5689380-9141-11e6-aae4-3a4b79075094 | "
                 "entity=zdd_base-min-over.b5689380-9141-11e6-aae4-3a4b79075094 | "
                 "state=TASK_KILLED | host=10.0.3.193 | version=2016-10-13T12:36:48.366Z | "
                 "message=Container exited with status 137 | "
                 "agent=145f052d-8bcb-457f-b1e6-b1b4e2cdf787-S1"},
                {"StatusUpdateOfAPodOf1x5",
                 R"({"slaveId": "2275bb07-S4", "taskId": "pod.instance-f575f481-caa6-11e8-a129-70b3d5800001.sleep1", "taskStatus": "TASK_KILLING", "message": "", "appId": "/pod", "host": "192.168.65.111", "ipAddresses": [], "ports": [], "version": "2018-10-08T03:05:06.521Z", "eventType": "status_update_event", "timestamp": "2018-10-08T03:09:57.000Z"})",
                 "status_update_event | time=2018-10-08T03:09:57.000Z | app=/pod | "
                 "task=pod.instance-f575f481-caa6-11e8-a129-70b3d5800001.sleep1 | "
                 "entity=pod.instance-f575f481-caa6-11e8-a129-70b3d5800001.sleep1 | "
                 "state=TASK_KILLING | host=192.168.65.111 | version=2018-10-08T03:05:06.521Z | "
                 "agent=2275bb07-S4"},
                {"StatusUpdateOf1x8WithEscapes",
                 R"({"slaveId":"","taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001._app.2","taskStatus":"TASK_FAILED","message":"\u2014 \"d\u00e9j\u00e0 vu\" \ud83d\ude00","appId":"/product/web","host":"unknown","ipAddresses":[{"ipAddress":"fd01:b::1:8000:2","protocol":"IPv6"}],"ports":[],"version":"2019-08-20T10:00:01.000Z","eventType":"status_update_event","timestamp":"2019-08-20T10:00:01.001Z"})",
                 "status_update_event | time=2019-08-20T10:00:01.001Z | app=/product/web | "
                 "task=product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001._app.2 | "
                 "entity=product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001._app.2 | "
                 "state=TASK_FAILED | host=unknown | version=2019-08-20T10:00:01.000Z | "
                 "message=\u2014 \"d\u00e9j\u00e0 vu\" \U0001F600"},
                {"StatusUpdateWithAScalarPortAndNoTime",
                 R"({"taskId":"python_simple.4a7e99d0-9cc1-11e5-b4d8-0a0027000004","taskStatus":"TASK_KILLED","appId":"/test/app","ports":31372,"eventType":"status_update_event","timestamp":2015})",
                 "status_update_event | app=/test/app | "
                 "task=python_simple.4a7e99d0-9cc1-11e5-b4d8-0a0027000004 | "
                 "entity=python_simple.4a7e99d0-9cc1-11e5-b4d8-0a0027000004 | state=TASK_KILLED"},
                {"StatusUpdateOfTheFirstDocs",
                 R"({"eventType":"status_update_event","taskId":"sleep_0-1389757007517","taskStatus":2,"appID":"sleep","host":"zwerg","ports":[31372]})",
                 "status_update_event | missing=taskStatus | app=/sleep | "
                 "task=sleep_0-1389757007517 | entity=sleep_0-1389757007517 | host=zwerg"},

                {"InstanceChangedOf1x4",
                 R"({"instanceId":"test.marathon-97550c22-28be-11e7-901c-3ad18a53e083","condition":"Created","runSpecId":"/test","agentId":"S4","host":"172.17.0.3","runSpecVersion":"2017-04-24T01:13:38.470Z","timestamp":"2017-04-24T07:21:10.596Z","eventType":"instance_changed_event"})",
                 "instance_changed_event | time=2017-04-24T07:21:10.596Z | app=/test | "
                 "instance=test.marathon-97550c22-28be-11e7-901c-3ad18a53e083 | "
                 "entity=test.marathon-97550c22-28be-11e7-901c-3ad18a53e083 | state=Created | "
                 "host=172.17.0.3 | version=2017-04-24T01:13:38.470Z | agent=S4"},
                {"InstanceChangedOf1x8WithNulls",
                 R"({"instanceId":"a.instance-1","condition":"Scheduled","runSpecId":"/a","agentId":null,"host":null,"runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.002Z","eventType":"instance_changed_event"})",
                 "instance_changed_event | time=2019-08-20T10:00:01.002Z | app=/a | "
                 "instance=a.instance-1 | entity=a.instance-1 | state=Scheduled | "
                 "version=2019-08-20T10:00:01.000Z"},
                {"InstanceChangedWithABlankBehindTheCondition",
                 R"({"instanceId":"a.instance-1","condition":"Unreachable ","runSpecId":"/a","eventType":"instance_changed_event"})",
                 "instance_changed_event | app=/a | instance=a.instance-1 | entity=a.instance-1 | "
                 "state=Unreachable"},

                {"InstanceHealthYes",
                 R"({"instanceId":"a.instance-1","runSpecId":"/a","healthy":true,"runSpecVersion":"v","timestamp":"2019-08-20T10:00:01.003Z","eventType":"instance_health_changed_event"})",
                 "instance_health_changed_event | time=2019-08-20T10:00:01.003Z | app=/a | "
                 "instance=a.instance-1 | entity=a.instance-1 | version=v | health=yes"},
                {"InstanceHealthNo",
                 R"({"instanceId":"a.instance-1","runSpecId":"/a","healthy":false,"eventType":"instance_health_changed_event"})",
                 "instance_health_changed_event | app=/a | instance=a.instance-1 | "
                 "entity=a.instance-1 | health=no"},
                {"InstanceHealthUnknown",
                 R"({"instanceId":"a.instance-1","runSpecId":"/a","healthy":null,"eventType":"instance_health_changed_event"})",
                 "instance_health_changed_event | app=/a | instance=a.instance-1 | "
                 "entity=a.instance-1"},

                {"UnknownInstanceTerminated",
                 R"({"instanceId":"a.instance-1","runSpecId":"/a","condition":"Killed","timestamp":"2019-08-20T10:00:03.000Z","eventType":"unknown_instance_terminated_event"})",
                 "unknown_instance_terminated_event | time=2019-08-20T10:00:03.000Z | app=/a | "
                 "instance=a.instance-1 | entity=a.instance-1 | state=Killed"},
                {"UnknownTaskTerminatedOf1x3",
                 R"({"taskId":"product_web.3f80d17a-37e6-11e4-b05e-56847afe9799","runSpecId":"/product/web","status":"Killed","timestamp":"2019-08-20T10:00:00.005Z","eventType":"unknown_task_terminated_event"})",
                 "unknown_task_terminated_event | time=2019-08-20T10:00:00.005Z | app=/product/web "
                 "| task=product_web.3f80d17a-37e6-11e4-b05e-56847afe9799 | "
                 "entity=product_web.3f80d17a-37e6-11e4-b05e-56847afe9799 | state=Killed"},
                {"AppTerminated",
                 R"({"appId":"/python/simple","eventType":"app_terminated_event","timestamp":"2015-12-07T09:02:49.934Z"})",
                 "app_terminated_event | time=2015-12-07T09:02:49.934Z | app=/python/simple"},
                {"FrameworkMessageAsAString",
                 R"({"eventType":"framework_message_event","slaveId":"S0","executorId":"my-app.3f80d17a","message":"aGVsbG8gd29ybGQh"})",
                 "framework_message_event | message=aGVsbG8gd29ybGQh | executor=my-app.3f80d17a | "
                 "agent=S0 | bytes=16"},
                {"FrameworkMessageAsUtf8",
                 R"({"eventType":"framework_message_event","message":"\u00e9\ud83d\ude00"})",
                 "framework_message_event | message=\u00e9\U0001F600 | bytes=6"},
                {"FrameworkMessageAsSignedBytes",
                 R"({"executorId":"marathon-a.1","slaveId":"S0","message":[104,101,108,108,111,-1,-128],"eventType":"framework_message_event"})",
                 "framework_message_event | executor=marathon-a.1 | agent=S0 | bytes=7"},
                {"FrameworkMessageOfNoBytes",
                 R"({"message":[],"eventType":"framework_message_event"})",
                 "framework_message_event"},

                {"AddHealthCheck",
                 R"({"appId":"/a","version":"v","healthCheck":{"path":"/health","protocol":"HTTP","portIndex":0,"gracePeriodSeconds":300,"intervalSeconds":60,"timeoutSeconds":20,"maxConsecutiveFailures":3,"ignoreHttp1xx":false},"eventType":"add_health_check_event"})",
                 "add_health_check_event | app=/a | version=v | protocol=HTTP | path=/health | "
                 "port_index=0 | interval=60.000000"},
                {"AddHealthCheckOfACommand",
                 R"({"appId":"/a","healthCheck":{"protocol":"COMMAND","command":{"value":"test -f ok"},"path":null,"port":null,"intervalSeconds":2.5},"eventType":"add_health_check_event"})",
                 "add_health_check_event | app=/a | protocol=COMMAND | command=test -f ok | "
                 "interval=2.500000"},
                {"RemoveHealthCheck",
                 R"({"appId":"/a","eventType":"remove_health_check_event"})",
                 "remove_health_check_event | app=/a"},
                {"RemoveHealthCheckOfTheDocs",
                 R"({"appId":"/a","healthCheck":{"protocol":"TCP","port":8080},"eventType":"remove_health_check_event"})",
                 "remove_health_check_event | app=/a | protocol=TCP | port=8080"},
                {"FailedHealthCheckOf1x3",
                 R"({"appId":"/prod/audit","taskId":"prod_audit.42256046-a9d2-11e5-8f88-024250c46707","healthCheck":{"path":"/ops/ping","protocol":"HTTP","portIndex":0,"intervalSeconds":5},"eventType":"failed_health_check_event"})",
                 "failed_health_check_event | app=/prod/audit | "
                 "task=prod_audit.42256046-a9d2-11e5-8f88-024250c46707 | "
                 "entity=prod_audit.42256046-a9d2-11e5-8f88-024250c46707 | protocol=HTTP | "
                 "path=/ops/ping | port_index=0 | interval=5.000000"},
                {"FailedHealthCheckOf1x4",
                 R"({"appId":"/a","instanceId":"a.marathon-1","healthCheck":{"protocol":"TCP"},"eventType":"failed_health_check_event"})",
                 "failed_health_check_event | app=/a | instance=a.marathon-1 | entity=a.marathon-1 "
                 "| protocol=TCP"},
                {"FailedHealthCheckOf1x5WithAnInstanceInTaskId",
                 R"({"appId":"/a","healthCheck":{"protocol":"MESOS_HTTP","ipProtocol":"IPv4","delaySeconds":15},"taskId":"a.instance-1","eventType":"failed_health_check_event"})",
                 "failed_health_check_event | app=/a | task=a.instance-1 | entity=a.instance-1 | "
                 "protocol=MESOS_HTTP"},
                {"HealthStatusOf1x3",
                 R"({"appId":"/a","taskId":"a.1","version":"v","alive":true,"eventType":"health_status_changed_event"})",
                 "health_status_changed_event | app=/a | task=a.1 | entity=a.1 | version=v | "
                 "health=yes"},
                {"HealthStatusOf1x4",
                 R"({"appId":"/a","instanceId":"a.instance-1","version":"v","alive":false,"eventType":"health_status_changed_event"})",
                 "health_status_changed_event | app=/a | instance=a.instance-1 | "
                 "entity=a.instance-1 | version=v | health=no"},
                {"UnhealthyTaskKill",
                 R"({"appId":"/a","taskId":"a.1","version":"v","reason":"500 Internal Server Error","host":"h","slaveId":"S0","eventType":"unhealthy_task_kill_event"})",
                 "unhealthy_task_kill_event | app=/a | task=a.1 | entity=a.1 | host=h | version=v "
                 "| reason=500 Internal Server Error | agent=S0"},
                {"UnhealthyInstanceKill",
                 R"({"appId":"/a","taskId":"a.instance-1._app.1","instanceId":"a.instance-1","version":"v","reason":"r","host":"h","eventType":"unhealthy_instance_kill_event"})",
                 "unhealthy_instance_kill_event | app=/a | task=a.instance-1._app.1 | "
                 "instance=a.instance-1 | entity=a.instance-1 | host=h | version=v | reason=r"},

                {"DeploymentInfoLight",
                 R"({"plan":{"id":"d1","steps":[{"actions":[{"action":"StartApplication","app":"/a"},{"action":"StartPod","pod":"/p"}]},{"actions":[{"action":"ScaleApplication","app":"/a"}]}],"version":"2019-08-20T10:00:02.000Z"},"currentStep":{"actions":[{"action":"StartApplication","app":"/a"},{"action":"StartPod","pod":"/p"}]},"eventType":"deployment_info"})",
                 "deployment_info | deployment=d1 | plan_version=2019-08-20T10:00:02.000Z | "
                 "plan=[StartApplication /a, StartPod /p][ScaleApplication /a] | "
                 "current=[StartApplication /a, StartPod /p]"},
                {"DeploymentInfoHeavyOf1x1",
                 R"({"eventType":"deployment_info","plan":{"id":"d1","version":"v","original":{"id":"/","version":"not this","apps":[{"id":"/a"}],"steps":[{"action":"no"}]},"target":{"id":"/","groups":[{"id":"/g"}]},"steps":[{"actions":[{"type":"ScaleApplication","app":"/a"}]}]},"currentStep":{"actions":[{"type":"ScaleApplication","app":"/a"}]}})",
                 "deployment_info | deployment=d1 | plan_version=v | plan=[ScaleApplication /a] | "
                 "current=[ScaleApplication /a]"},
                {"DeploymentStepSuccessOfTheDocs",
                 R"({"eventType":"deployment_step_success","plan":{"id":"d1","steps":[{"action":"ScaleApplication","app":"/a"}],"version":"v"},"currentStep":{"action":"ScaleApplication","app":"/a"}})",
                 "deployment_step_success | deployment=d1 | plan_version=v | "
                 "plan=[ScaleApplication /a] | current=[ScaleApplication /a]"},
                {"DeploymentStepFailure",
                 R"({"plan":{"id":"d1","steps":[{"actions":[{"action":"StopPod","pod":"/p"}]}]},"currentStep":{"actions":[{"action":"StopPod","pod":"/p"}]},"eventType":"deployment_step_failure"})",
                 "deployment_step_failure | deployment=d1 | plan=[StopPod /p] | current=[StopPod "
                 "/p]"},
                {"DeploymentSuccessOf0x9",
                 R"({"eventType":"deployment_success","id":"d1"})",
                 "deployment_success | deployment=d1"},
                {"DeploymentSuccessOfANoOp",
                 R"({"eventType":"deployment_success","id":"d1","plan":{"id":"d1","version":"v","steps":[]}})",
                 "deployment_success | deployment=d1 | plan_version=v | plan=no steps"},
                {"DeploymentFailedWithAReason",
                 R"({"id":"d1","plan":{"id":"d2","steps":[{"actions":[]}],"version":"v"},"eventType":"deployment_failed","reason":"The upgrade has been cancelled"})",
                 "deployment_failed | reason=The upgrade has been cancelled | deployment=d1 | "
                 "plan_version=v | plan=[]"},
                {"DeploymentFailedWithItsIdInThePlan",
                 R"({"plan":{"id":"d2"},"eventType":"deployment_failed"})",
                 "deployment_failed | deployment=d2"},
                {"GroupChangeSuccess",
                 R"({"groupId":"/g","version":"v","eventType":"group_change_success"})",
                 "group_change_success | version=v | group=/g"},
                {"GroupChangeFailed",
                 R"({"groupId":"/","version":"v","reason":"App is locked","eventType":"group_change_failed"})",
                 "group_change_failed | version=v | reason=App is locked | group=/"},

                {"ApiPost",
                 R"({"eventType":"api_post_event","clientIp":"0:0:0:0:0:0:0:1","uri":"/v2/apps/my-app","appDefinition":{"id":"/nested/app","cmd":"sleep 30"}})",
                 "api_post_event | app=/nested/app | uri=/v2/apps/my-app | "
                 "address=0:0:0:0:0:0:0:1"},
                {"ApiPostWithoutADefinition",
                 R"({"eventType":"api_post_event","uri":"/v2/apps//asgard-dev/bla?force=true","appDefinition":null})",
                 "api_post_event | app=/asgard-dev/bla | uri=/v2/apps//asgard-dev/bla?force=true"},
                {"PodCreated",
                 R"({"clientIp":"1.2.3.4","uri":"/v2/pods","eventType":"pod_created_event"})",
                 "pod_created_event | uri=/v2/pods | address=1.2.3.4"},
                {"PodUpdated",
                 R"({"clientIp":"1.2.3.4","uri":"/v2/pods/my-pod","eventType":"pod_updated_event"})",
                 "pod_updated_event | app=/my-pod | uri=/v2/pods/my-pod | address=1.2.3.4"},
                {"PodDeleted",
                 R"({"uri":"/v2/pods//a%2Fb/::status?force=true","eventType":"pod_deleted_event"})",
                 "pod_deleted_event | app=/a/b | uri=/v2/pods//a%2Fb/::status?force=true"},

                {"SchedulerRegistered",
                 R"({"frameworkId":"f","master":"m1","eventType":"scheduler_registered_event"})",
                 "scheduler_registered_event | master=m1"},
                {"SchedulerReregistered",
                 R"({"master":"m2","eventType":"scheduler_reregistered_event"})",
                 "scheduler_reregistered_event | master=m2"},
                {"SchedulerDisconnected",
                 R"({"eventType":"scheduler_disconnected_event"})",
                 "scheduler_disconnected_event"},
                {"Subscribe",
                 R"({"callbackUrl":"http://x/","clientIp":"1.2.3.4","eventType":"subscribe_event"})",
                 "subscribe_event | address=1.2.3.4"},
                {"Unsubscribe",
                 R"({"callbackUrl":"http://x/","clientIp":"1.2.3.4","eventType":"unsubscribe_event"})",
                 "unsubscribe_event | address=1.2.3.4"},
                {"StreamAttached",
                 R"({"eventType":"event_stream_attached","remoteAddress":"172.17.0.5"})",
                 "event_stream_attached | address=172.17.0.5"},
                {"StreamAttachedOfTheDraftOf0x9",
                 R"({"clientIp":"0:0:0:0:0:0:0:1","eventType":"event_stream_attached"})",
                 "event_stream_attached | address=0:0:0:0:0:0:0:1"},
                {"StreamDetached",
                 R"({"eventType":"event_stream_detached","remoteAddress":"172.17.0.5"})",
                 "event_stream_detached | address=172.17.0.5"},

                {"ATypeOfTomorrow",
                 R"({"eventType":"task_teleported_event","timestamp":"2030-01-01T00:00:00Z","appId":"/a","taskId":"a.1","instanceId":"a.instance-1","plan":{"id":"d1"},"host":"h"})",
                 "unknown | type_name=task_teleported_event | time=2030-01-01T00:00:00.000Z | "
                 "app=/a | task=a.1 | instance=a.instance-1 | entity=a.instance-1 | deployment=d1"},
                {"ATypeOfTomorrowWithNothing",
                 R"({"eventType":"unknown","plan":7,"appId":[]})",
                 "unknown"},
};

class DialectsTest : public ::testing::TestWithParam<DialectRow> {};

TEST_P(DialectsTest, IsReadAs) {
    EXPECT_EQ(decoded(GetParam().body), GetParam().event);
}

INSTANTIATE_TEST_SUITE_P(
    EachEvent,
    DialectsTest,
    ::testing::ValuesIn(dialect_rows),
    [](const auto& tested) { return tested.param.name; }
);

TEST(DialectsTableTest, HoldsEveryEventType) {
    for (std::size_t i = 0; i < event_type_count; ++i) {
        const std::string name(to_string(static_cast<EventType>(i)));
        bool found = false;
        for (const DialectRow& row : dialect_rows) {
            found = found || row.event.substr(0, row.event.find(' ')) == name;
        }
        EXPECT_TRUE(found) << name;
    }
}

}  // namespace

}  // namespace tally::decode
