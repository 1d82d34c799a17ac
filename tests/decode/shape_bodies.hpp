#pragma once

#include <array>
#include <string_view>

namespace tally::decode {

/// Bodies of the five hot events as Marathon 0.14 to 1.11 writes them, each layout at least once.
/// Recorded ones are marked; the others are from marathon-sim or follow Marathon's writers.
inline constexpr std::
    array<std::string_view, 22>
        shape_bodies{
            // 1.3, recorded: no addresses before there are some
            R"({"slaveId":"145f052d-8bcb-457f-b1e6-b1b4e2cdf787-S1","taskId":"zdd_base-min-over.5ed13e24-9149-11e6-aae4-3a4b79075094","taskStatus":"TASK_STAGING","message":"","appId":"/zdd/base-min-over","host":"10.0.3.193","ports":[16643],"version":"2016-10-13T13:31:39.055Z","eventType":"status_update_event","timestamp":"2016-10-13T13:31:39.088Z"})",
            // 1.3, recorded
            R"({"slaveId":"145f052d-8bcb-457f-b1e6-b1b4e2cdf787-S1","taskId":"zdd_base-min-over.b5689380-9141-11e6-aae4-3a4b79075094","taskStatus":"TASK_KILLED","message":"Container exited with status 137","appId":"/zdd/base-min-over","host":"10.0.3.193","ipAddresses":[{"ipAddress":"10.0.3.193","protocol":"IPv4"}],"ports":[31419],"version":"2016-10-13T12:36:48.366Z","eventType":"status_update_event","timestamp":"2016-10-13T13:31:59.208Z"})",
            // 0.14, recorded
            R"({"slaveId":"439cda89-e62a-4518-98c9-321bec3fae37-S0","taskId":"prod_talkk_audit.42256046-a9d2-11e5-8f88-024250c46707","taskStatus":"TASK_RUNNING","message":"","appId":"/prod/talkk/audit","host":"mesos-slave-i-7a5dfea0.gz-prod.us-west-2c.gearzero.us","ipAddresses":[],"ports":[31434],"version":"2015-12-24T00:07:02.194Z","eventType":"status_update_event","timestamp":"2015-12-24T00:07:08.458Z"})",
            // 1.5 or 1.6, recorded: a pod
            R"({"slaveId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","taskId":"pod-with-virtual-network.instance-f575f481-caa6-11e8-a129-70b3d5800001.sleep1","taskStatus":"TASK_KILLING","message":"","appId":"/pod-with-virtual-network","host":"192.168.65.111","ipAddresses":[{"ipAddress":"9.0.1.3","protocol":"IPv4"}],"ports":[],"version":"2018-10-08T03:05:06.521Z","eventType":"status_update_event","timestamp":"2018-10-08T03:09:57.000Z"})",
            // 1.8, no Mesos status yet
            R"({"slaveId":"","taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001._app.2","taskStatus":"TASK_STAGING","message":"","appId":"/product/web","host":"agent-4.example.com","ipAddresses":[{"ipAddress":"9.0.1.3","protocol":"IPv4"},{"ipAddress":"fd01:b::1:8000:2","protocol":"IPv6"}],"ports":[31000,31001],"version":"2019-08-20T10:00:01.000Z","eventType":"status_update_event","timestamp":"2019-08-20T10:00:01.001Z"})",
            // raw UTF-8
            R"({"slaveId":"S4","taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001._app.2","taskStatus":"TASK_FAILED","message":"Command exited — déjà vu 😀","appId":"/product/web","host":"agent-4.example.com","ipAddresses":[],"ports":[0,31000],"version":"2019-08-20T10:00:01.000Z","eventType":"status_update_event","timestamp":"2019-08-20T10:00:01.001Z"})",
            // 1.8: not on an agent yet
            R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","condition":"Scheduled","runSpecId":"/product/web","agentId":null,"host":null,"runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.002Z","eventType":"instance_changed_event"})",
            R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","condition":"UnreachableInactive","runSpecId":"/product/web","agentId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","host":"agent-4.example.com","runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.002Z","eventType":"instance_changed_event"})",
            // 1.5 or 1.6, recorded
            R"({"instanceId":"pod-multi.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","condition":"Failed","runSpecId":"/pod-multi","agentId":"2275bb07-f40c-4d1e-884a-3d1332aed113-S4","host":"192.168.65.111","runSpecVersion":"2018-10-08T03:31:31.171Z","timestamp":"2018-10-08T03:31:31.438Z","eventType":"instance_changed_event"})",
            R"({"instanceId":"catalogue_unit-52_web-1691.marathon-09c99bfb-938e-11e7-838a-06800aaba44f","condition":"Created","runSpecId":"/catalogue/unit-52/web-1691","agentId":"S4","host":"10.3.1.153","runSpecVersion":"2017-09-07T05:32:36.267Z","timestamp":"2017-09-07T10:26:40.459Z","eventType":"instance_changed_event"})",
            R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","runSpecId":"/product/web","healthy":true,"runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.003Z","eventType":"instance_health_changed_event"})",
            R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","runSpecId":"/product/web","healthy":false,"runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.003Z","eventType":"instance_health_changed_event"})",
            R"({"instanceId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","runSpecId":"/product/web","healthy":null,"runSpecVersion":"2019-08-20T10:00:01.000Z","timestamp":"2019-08-20T10:00:01.003Z","eventType":"instance_health_changed_event"})",
            // 1.3, recorded
            R"({"appId":"/zdd/base-min-over","taskId":"zdd_base-min-over.6ad14b75-9149-11e6-aae4-3a4b79075094","version":"2016-10-13T13:31:39.055Z","alive":true,"eventType":"health_status_changed_event","timestamp":"2016-10-13T13:32:46.080Z"})",
            // 1.4 and later
            R"({"appId":"/platform/unit-26/scheduler-838","instanceId":"platform_unit-26_scheduler-838.marathon-14281292-909c-11e7-838b-06800aaba44f","version":"2017-09-03T11:35:58.506Z","alive":false,"eventType":"health_status_changed_event","timestamp":"2017-09-07T10:26:40.000Z"})",
            // 0.14, recorded
            R"({"appId":"/prod/talkk/audit","taskId":"prod_talkk_audit.42256046-a9d2-11e5-8f88-024250c46707","healthCheck":{"path":"/ops/ping","protocol":"HTTP","portIndex":0,"gracePeriodSeconds":5,"intervalSeconds":5,"timeoutSeconds":5,"maxConsecutiveFailures":3,"ignoreHttp1xx":false},"eventType":"failed_health_check_event","timestamp":"2015-12-24T00:24:31.253Z"})",
            R"({"appId":"/a","taskId":"a.42256046-a9d2-11e5-8f88-024250c46707","healthCheck":{"protocol":"COMMAND","command":{"value":"curl -f http://$HOST:$PORT0/"},"gracePeriodSeconds":300,"intervalSeconds":30,"timeoutSeconds":5,"maxConsecutiveFailures":3},"eventType":"failed_health_check_event","timestamp":"2017-09-07T10:26:41.873Z"})",
            // 1.4
            R"({"appId":"/partners/unit-23/frontend-739","instanceId":"partners_unit-23_frontend-739.marathon-18493254-8de5-11e7-838b-06800aaba44f","healthCheck":{"protocol":"TCP","port":8080,"gracePeriodSeconds":300,"intervalSeconds":5,"timeoutSeconds":5,"maxConsecutiveFailures":4},"eventType":"failed_health_check_event","timestamp":"2017-09-07T10:26:41.377Z"})",
            // 1.5 and later
            R"({"appId":"/product/web","eventType":"failed_health_check_event","healthCheck":{"gracePeriodSeconds":300,"ignoreHttp1xx":false,"intervalSeconds":60,"maxConsecutiveFailures":3,"path":"/health","portIndex":0,"protocol":"MESOS_HTTP","ipProtocol":"IPv4","timeoutSeconds":20,"delaySeconds":15},"taskId":"product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001","timestamp":"2019-08-20T10:00:01.004Z"})",
            R"({"appId":"/partners/unit-23/frontend-739","eventType":"failed_health_check_event","healthCheck":{"gracePeriodSeconds":300,"intervalSeconds":5,"maxConsecutiveFailures":4,"portIndex":0,"protocol":"TCP","ipProtocol":"IPv4","timeoutSeconds":5,"delaySeconds":15},"taskId":"partners_unit-23_frontend-739.instance-18493254-8de5-11e7-838b-06800aaba44f","timestamp":"2017-09-07T10:26:41.377Z"})",
            R"({"appId":"/a","eventType":"failed_health_check_event","healthCheck":{"gracePeriodSeconds":300,"intervalSeconds":5,"maxConsecutiveFailures":4,"command":{"value":"true"},"protocol":"COMMAND","timeoutSeconds":5,"delaySeconds":15},"taskId":"a.instance-aa15e511-92ff-11e7-838a-06800aaba44f","timestamp":"2017-09-07T10:26:43.715Z"})",
            R"({"appId":"/a","eventType":"failed_health_check_event","healthCheck":{"intervalSeconds":0,"path":null,"port":31000,"protocol":"HTTP"},"taskId":"a.instance-aa15e511-92ff-11e7-838a-06800aaba44f","timestamp":"2017-09-07T10:26:43.715+02:00"})",
        };

}  // namespace tally::decode
