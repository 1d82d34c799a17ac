#include "tally/decode/decode_snapshot.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "decode/describe_snapshot.hpp"

namespace tally::decode {

namespace {

std::string apps(std::string_view body) {
    return snapshot_of(&SnapshotDecoder::apps, body);
}

std::string tasks(std::string_view body) {
    return snapshot_of(&SnapshotDecoder::tasks, body);
}

/// The fields that a task's members are read as.
std::string task(std::string_view members) {
    const std::string text = tasks(R"({"tasks":[{"id":"t",)" + std::string(members) + "}]}");
    EXPECT_TRUE(text.starts_with("task t")) << text;
    return text.substr(std::min(text.size(), std::string_view("task t ").size()));
}

std::string deployments(std::string_view body) {
    return snapshot_of(&SnapshotDecoder::deployments, body);
}

std::string steps(std::string_view list) {
    const std::string text = deployments(R"([{"id":"d","steps":)" + std::string(list) + "}]");
    EXPECT_TRUE(text.starts_with("deployment d")) << text;
    return text.substr(std::min(text.size(), std::string_view("deployment d ").size()));
}

std::string pods(std::string_view body) {
    return snapshot_of(&SnapshotDecoder::pods, body);
}

/// Health of an instance with these members.
std::string pod_health(std::string_view members) {
    const std::string text =
        pods(R"([{"id":"/p","instances":[{"id":"i",)" + std::string(members) + "}]}]");
    const std::size_t at = text.find(" healthy=");
    return at == std::string::npos ? "" : text.substr(at + 9, text.find('\n', at) - at - 9);
}

constexpr std::string_view reported =
    R"({"name":"healthy","value":"true","reason":"health-reported-by-mesos"})";
constexpr std::string_view failing =
    R"({"name":"healthy","value":"false","reason":"health-reported-by-mesos"})";
constexpr std::string_view unreported =
    R"({"name":"healthy","value":"false","reason":"health-unreported-by-mesos"})";

std::string container(std::string_view condition, std::string_view status = "TASK_RUNNING") {
    return R"({"name":"c","status":")" + std::string(status) + R"(","conditions":[)" +
           std::string(condition) + "]}";
}

}  // namespace

// ---------------------------------------------------------------- apps and tasks

TEST(DecodeSnapshotTest, ReadsAppsWithTheTasksEmbeddedInThem) {
    EXPECT_EQ(
        apps(R"({"apps":[
            {"id":"/product/web","cmd":null,"instances":2,"labels":{"id":"x"},"healthChecks":[{"path":"/"}],
             "version":"2019-08-20T10:00:00.000Z","versionInfo":{"lastScalingAt":"2019-08-20T10:00:00.000Z"},
             "tasksStaged":0,"tasksRunning":2,"deployments":[{"id":"d"}],
             "tasks":[
              {"appId":"/product/web","healthCheckResults":[{"alive":true,"consecutiveFailures":0,"firstSuccess":"2019-08-20T10:00:02.000Z","lastFailure":null,"lastSuccess":"2019-08-20T10:00:02.000Z","lastFailureCause":null,"instanceId":"product_web.marathon-3f80d17a"}],
               "host":"agent-1","id":"product_web.3f80d17a","ipAddresses":[{"ipAddress":"10.0.0.1","protocol":"IPv4"}],"ports":[31000,31001],"servicePorts":[],"slaveId":"S1","state":"TASK_RUNNING",
               "stagedAt":"2019-08-20T10:00:00.500Z","startedAt":"2019-08-20T10:00:01.000Z","version":"2019-08-20T10:00:00.000Z","role":"*"},
              {"appId":"/product/web","host":"agent-2","id":"product_web.4f80d17a","ports":[],"slaveId":"S2","state":"TASK_STAGING",
               "stagedAt":"2019-08-20T10:00:00.600Z","startedAt":null,"version":"2019-08-20T10:00:00.000Z"}],
             "lastTaskFailure":{"appId":"/product/web","state":"TASK_FAILED","taskId":"product_web.2f80d17a"}},
            {"id":"/idle","version":"2019-08-20T09:00:00.000Z","tasks":[]}]})"),
        "app /product/web version=2019-08-20T10:00:00.000Z\n"
        "app /idle version=2019-08-20T09:00:00.000Z\n"
        "task product_web.3f80d17a app=/product/web host=agent-1 version=2019-08-20T10:00:00.000Z "
        "state=TASK_RUNNING staged=2019-08-20T10:00:00.500Z started=2019-08-20T10:00:01.000Z "
        "alive=yes\n"
        "task product_web.4f80d17a app=/product/web host=agent-2 version=2019-08-20T10:00:00.000Z "
        "state=TASK_STAGING staged=2019-08-20T10:00:00.600Z"
    );
}

TEST(DecodeSnapshotTest, ReadsTheTasksOfTheDocs) {
    EXPECT_EQ(
        tasks(R"({
  "tasks": [
    {
      "id": "frontend-foosball.083be411-5d1f-11e5-88f7-56b91e7a505b",
      "host": "srv4.example.com",
      "ports": [ 31292 ],
      "startedAt": "2015-09-17T09:32:42.598Z",
      "stagedAt": "2015-09-17T09:32:36.822Z",
      "version": "2015-09-17T09:32:36.583Z",
      "slaveId": "20150707-153709-201330860-5050-12052-S0",
      "appId": "/frontend-foosball",
      "state": "TASK_RUNNING",
      "servicePorts": [ 10019 ],
      "region": "primary",
      "zone" : "a",
      "role" : "*"
    }
  ]
})"),
        "task frontend-foosball.083be411-5d1f-11e5-88f7-56b91e7a505b app=/frontend-foosball "
        "host=srv4.example.com version=2015-09-17T09:32:36.583Z state=TASK_RUNNING "
        "staged=2015-09-17T09:32:36.822Z started=2015-09-17T09:32:42.598Z"
    );
}

TEST(DecodeSnapshotTest, ReadsATaskOf0x9WhichHasNoState) {
    EXPECT_EQ(
        tasks(
            R"({"tasks":[{"appId":"/a","healthCheckResults":[{"alive":true,"taskId":"a.1"}],"host":"h","id":"a.1","ports":[31000],"servicePorts":[10000],"stagedAt":"2015-03-01T10:00:00.000Z","startedAt":"2015-03-01T10:00:01.000+0000","version":"2015-03-01T09:00:00.000Z"}]})"
        ),
        "task a.1 app=/a host=h version=2015-03-01T09:00:00.000Z state=TASK_RUNNING "
        "staged=2015-03-01T10:00:00.000Z started=2015-03-01T10:00:01.000Z alive=yes"
    );
    EXPECT_EQ(
        task(R"("stagedAt":"2015-03-01T10:00:00.000Z","startedAt":null)"),
        "state=TASK_STAGING staged=2015-03-01T10:00:00.000Z"
    );
    EXPECT_EQ(task(R"("stagedAt":null)"), "");
    EXPECT_EQ(
        task(R"("state":"TASK_KILLING","startedAt":"2015-03-01T10:00:01.000Z")"),
        "state=TASK_KILLING started=2015-03-01T10:00:01.000Z"
    );
    EXPECT_EQ(task(R"("state":"TASK_OF_TOMORROW")"), "state=TASK_OF_TOMORROW");
}

TEST(DecodeSnapshotTest, ReadsATaskOf1x4ThatIsNotActive) {
    EXPECT_EQ(
        tasks(
            R"({"tasks":[{"appId":"/a","host":"h","id":"a.3f80d17a","ipAddresses":[],"slaveId":"S0","state":"TASK_UNREACHABLE","localVolumes":[]}]})"
        ),
        "task a.3f80d17a app=/a host=h state=TASK_UNREACHABLE"
    );
}

TEST(DecodeSnapshotTest, TakesTheAppOfATaskFromItselfElseFromWhereItStandsElseFromItsId) {
    EXPECT_EQ(
        apps(R"({"apps":[{"tasks":[{"id":"b.1","appId":"/x"},{"id":"b.2"}],"id":"/a"}]})"),
        "app /a\ntask b.1 app=/x\ntask b.2 app=/a"
    );
    EXPECT_EQ(
        apps(R"({"apps":[{"tasks":[{"id":"b_c.3f80d17a"},{"id":"?"}]}]})"),
        "task b_c.3f80d17a app=/b/c\ntask ?"
    );
    EXPECT_EQ(
        tasks(R"({"tasks":[{"id":"b_c.instance-3f80d17a._app.1"}]})"),
        "task b_c.instance-3f80d17a._app.1 app=/b/c"
    );
}

TEST(DecodeSnapshotTest, CallsATaskAliveWhenAllItsResultsAre) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {R"([{"alive":true}])", "alive=yes"},
        {R"([{"alive":false}])", "alive=no"},
        {R"([{"alive":true},{"alive":false},{"alive":true}])", "alive=no"},
        {R"([{"alive":true},{"alive":true}])", "alive=yes"},
        {R"([null,{"alive":true},null])", "alive=yes"},
        {R"([{"alive":"false"},{"alive":true}])", "alive=yes"},
        {R"([{"alive":null},{"alive":1},{},7,"x",[false]])", ""},
        {R"([{"alive":true,"alive":false}])", "alive=yes"},
        {"[]", ""},
        {"[null]", ""},
        {"null", ""},
        {R"({"alive":false})", ""},
    };
    for (const auto& [results, alive] : rows) {
        EXPECT_EQ(task(R"("healthCheckResults":)" + std::string(results)), alive) << results;
    }
}

TEST(DecodeSnapshotTest, KnowsAResultThatMarathonOnlyBeginsWith) {
    const std::string unprobed =
        R"({"alive":false,"consecutiveFailures":0,"firstSuccess":null,"lastFailure":null,"lastSuccess":null,"lastFailureCause":null,"instanceId":"i"})";
    const std::pair<std::string, std::string_view> rows[] = {
        {unprobed, ""},
        {R"({"alive":true},)" + unprobed, ""},
        {unprobed + R"(,{"alive":false})", "alive=no"},
        {R"({"alive":false,"consecutiveFailures":0})", ""},
        {R"({"alive":false,"consecutiveFailures":1})", "alive=no"},
        {R"({"alive":false,"consecutiveFailures":0,"lastFailure":"2019-08-20T10:00:00.000Z"})",
         "alive=no"},
        {R"({"alive":true,"consecutiveFailures":0})", "alive=yes"},
    };
    for (const auto& [results, alive] : rows) {
        EXPECT_EQ(task(R"("healthCheckResults":[)" + results + "]"), alive) << results;
    }
}

TEST(DecodeSnapshotTest, TellsWhetherEachAppHadItsListOfTasks) {
    const std::pair<std::string_view, bool> rows[] = {
        {R"({"apps":[]})", true},
        {R"({"apps":[{"id":"/a","tasks":[]},{"id":"/b","tasks":[{"id":"t"}]}]})", true},
        {R"({"apps":[{"id":"/a","tasks":[]},{"id":"/b"}]})", false},
        {R"({"apps":[{"id":"/a"},{"id":"/b","tasks":[]}]})", false},
        {R"({"apps":[{"id":"/a","tasks":null}]})", false},
        {R"({"apps":[{"id":"/a","tasks":{},"tasks":[]}]})", false},
        {R"({"apps":[7]})", false},
    };
    for (const auto& [body, embedded] : rows) {
        SnapshotDecoder decoder;
        const auto read = decoder.apps(std::string(body));
        ASSERT_TRUE(read) << body;
        EXPECT_EQ(read->tasks_embedded, embedded) << body;
    }
}

TEST(DecodeSnapshotTest, LeavesOutEntriesWithoutAnId) {
    EXPECT_EQ(
        apps(R"({"apps":[null,7,"x",[],{},{"id":null},{"id":""},{"id":5},{"id":"/a"}]})"), "app /a"
    );
    EXPECT_EQ(
        tasks(R"({"tasks":[null,[{"id":"x"}],{"appId":"/a"},{"id":["y"]},{"id":"t"}]})"), "task t"
    );
    EXPECT_EQ(
        deployments(
            R"([null,{"steps":[{"action":"A","app":"/a"}],"affectedApps":["/a"]},{"id":"d","steps":[{"action":"B","app":"/b"}],"affectedApps":["/b"]}])"
        ),
        "deployment d steps=[B /b] affected=/b"
    );
    EXPECT_EQ(
        pods(
            R"([7,{"id":"/p","instances":[{"containers":[{"name":"a"}]},{"id":"i","containers":[{"name":"b"},{},null]}]}])"
        ),
        "pod /p\ninstance i pod=/p\n  container b"
    );
}

TEST(DecodeSnapshotTest, TakesWrongTypesNullsAndEmptyTextForAbsent) {
    for (const std::string_view value :
         {"null", "7", "-1.5e300", "true", "[]", "{}", R"([{"id":"x"}])", "\"\""}) {
        const std::string v(value);
        EXPECT_EQ(
            tasks(
                R"({"tasks":[{"id":"t","appId":)" + v + R"(,"host":)" + v + R"(,"version":)" + v +
                R"(,"state":)" + v + R"(,"stagedAt":)" + v + R"(,"startedAt":)" + v +
                R"(,"healthCheckResults":)" + v + "}]}"
            ),
            "task t"
        ) << v;
        EXPECT_EQ(apps(R"({"apps":[{"id":"/a","version":)" + v + "}]}"), "app /a") << v;
        EXPECT_EQ(
            pods(
                R"([{"id":"/p","spec":)" + v + R"(},{"id":"/q","spec":{"version":)" + v +
                R"(},"instances":[{"id":"i","status":)" + v + R"(,"statusSince":)" + v +
                R"(,"agentHostname":)" + v + R"(,"conditions":)" + v + R"(}]}])"
            ),
            "pod /p\npod /q\ninstance i pod=/q"
        ) << v;
    }
    EXPECT_EQ(task(R"("stagedAt":"yesterday","startedAt":"2019-02-30T10:00:00.000Z")"), "");
}

TEST(DecodeSnapshotTest, CountsTheFirstOfEqualKeys) {
    EXPECT_EQ(apps(R"({"apps":[{"id":"/a","id":"/b"}],"apps":[{"id":"/c"}]})"), "app /a");
    EXPECT_EQ(apps(R"({"apps":null,"apps":[{"id":"/c"}]})"), "/v2/apps: no list `apps`");
    EXPECT_EQ(
        apps(R"({"apps":[{"id":"/a","tasks":[{"id":"t","\u0069d":"u"}],"tasks":[{"id":"v"}]}]})"),
        "app /a\ntask t app=/a"
    );
    EXPECT_EQ(apps(R"({"apps":[{"id":null,"id":"/b"}]})"), "");
    EXPECT_EQ(task(R"("state":"TASK_LOST","state":"TASK_RUNNING")"), "state=TASK_LOST");
}

// ---------------------------------------------------------------- deployments

TEST(DecodeSnapshotTest, ReadsTheDeploymentOfTheDocs) {
    EXPECT_EQ(
        deployments(R"([
  {
    "id": "97c136bf-5a28-4821-9d94-480d9fbb01c8",
    "version": "2015-09-30T09:09:17.614Z",
    "affectedApps": [ "/foo" ],
    "affectedPods": [ "/bla" ],
    "steps": [
      { "actions": [ { "action": "ScaleApplication", "app": "/foo" } ] },
      { "actions": [ { "action": "ScalePod", "pod": "/bla" } ] }
    ],
    "currentActions": [
      { "action": "ScaleApplication", "app": "/foo",
        "readinessCheckResults": [ { "taskId": "foo.instance-c9de6033", "name": "myReadyCheck", "ready": false,
            "lastResponse": { "body": "{}", "contentType": "application/json", "status": 500 } } ] }
    ],
    "currentStep": 1,
    "totalSteps": 2
  }
])"),
        "deployment 97c136bf-5a28-4821-9d94-480d9fbb01c8 version=2015-09-30T09:09:17.614Z "
        "current=1 total=2 "
        "steps=[ScaleApplication /foo][ScalePod /bla] affected=/foo,/bla"
    );
}

TEST(DecodeSnapshotTest, ReadsStepsInEveryFormTheyWereEverWritten) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {R"([[{"action":"A","app":"/a"},{"action":"B","app":"/b"}],[]])", "steps=[A /a, B /b][]"},
        {R"([{"actions":[{"action":"A","app":"/a"},{"action":"B","app":"/b"}]}])",
         "steps=[A /a, B /b]"},
        {R"([{"actions":[{"type":"A","app":"/a"}]},{"actions":[{"type":"B","pod":"/b"}]}])",
         "steps=[A /a][B /b]"},
        {R"([{"action":"A","app":"/a"},{"type":"B","app":"/b"}])", "steps=[A /a][B /b]"},
        {R"([{"actions":[{"action":"A","app":null,"pod":"/p"}]}])", "steps=[A /p]"},
        {R"([{"actions":[{"type":"B","action":"A","pod":"/p","app":"/a"}]}])", "steps=[A /a]"},
        {R"([{"action":"X","actions":[{"action":"A"},{"app":"/a"}],"app":"/x"}])",
         "steps=[A ,  /a]"},
        {R"([{"actions":[{},null,7,"x",[],{"action":"A","actions":[{"action":"B"}]}]}])",
         "steps=[A ]"},
        {R"([{"actions":[]},{},{"actions":null}])", "steps=[][][]"},
        {R"([null,7,"x",{"action":"A","app":"/a"}])", "steps=[A /a]"},
        {"[]", ""},
        {"null", ""},
        {"{}", ""},
    };
    for (const auto& [list, text] : rows) {
        EXPECT_EQ(steps(list), text) << list;
    }
}

TEST(DecodeSnapshotTest, KeepsTheStepsOfSeveralDeploymentsApart) {
    EXPECT_EQ(
        deployments(
            R"([{"steps":[[{"action":"A","app":"/a"}],[{"action":"B","app":"/b"}]],"id":"d"},{"id":"e"},
                        {"affectedPods":["/q",null,""],"affectedApps":["/c"],"id":"f","steps":[[{"action":"C","app":"/c"}]]}])"
        ),
        "deployment d steps=[A /a][B /b]\ndeployment e\ndeployment f steps=[C /c] affected=/q,/c"
    );
}

TEST(DecodeSnapshotTest, ReadsStepNumbersThatAreCountsOnly) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"3", "deployment d current=3 total=3"},
        {"0", "deployment d"},
        {"-1", "deployment d"},
        {"1.0", "deployment d"},
        {"1e2", "deployment d"},
        {"99999999999999999999", "deployment d"},
        {"1e999", "deployment d"},
        {"\"2\"", "deployment d"},
        {R"({"actions":[]})", "deployment d"},
    };
    for (const auto& [number, text] : rows) {
        const std::string n(number);
        EXPECT_EQ(
            deployments(R"([{"id":"d","currentStep":)" + n + R"(,"totalSteps":)" + n + "}]"), text
        );
    }
}

// ---------------------------------------------------------------- pods, info

TEST(DecodeSnapshotTest, ReadsPodsWithTheirInstancesAndContainers) {
    EXPECT_EQ(
        pods(
            R"([{"id":"/p","spec":{"id":"/p","version":"2019-08-20T10:00:00.000Z","containers":[{"name":"no"}]},"status":"STABLE","statusSince":"2019-08-20T10:00:05.000Z",
            "instances":[
             {"id":"p.instance-1","status":"STABLE","statusSince":"2019-08-20T10:00:03.000Z","conditions":[],"agentHostname":"agent-1","agentId":"S1","networks":[],
              "containers":[
               {"name":"web","status":"TASK_RUNNING","statusSince":"2019-08-20T10:00:02.000Z","conditions":[{"name":"healthy","value":"true","reason":"health-reported-by-mesos","lastChanged":"2019-08-20T10:00:02.000Z"}],"containerId":"p.instance-1.web.1","endpoints":[{"name":"http","healthy":true}]},
               {"name":"log","status":"TASK_STAGING","statusSince":"2019-08-20T10:00:01.000Z","conditions":[]}],
              "specReference":"/v2/pods/p::versions/2019-08-20T10:00:00.000Z"},
             {"id":"p.instance-2","status":"PENDING","statusSince":"2019-08-20T10:00:04.000Z","conditions":[],"containers":[]}],
            "terminationHistory":[{"instanceID":"p.instance-0","containers":[]}],"lastUpdated":"2019-08-20T10:00:05.000Z"},
            {"id":"/q"}])"
        ),
        "pod /p version=2019-08-20T10:00:00.000Z\n"
        "pod /q\n"
        "instance p.instance-1 pod=/p host=agent-1 status=STABLE since=2019-08-20T10:00:03.000Z "
        "healthy=yes\n"
        "  container web task=p.instance-1.web.1 status=TASK_RUNNING "
        "since=2019-08-20T10:00:02.000Z\n"
        "  container log status=TASK_STAGING since=2019-08-20T10:00:01.000Z\n"
        "instance p.instance-2 pod=/p status=PENDING since=2019-08-20T10:00:04.000Z"
    );
}

TEST(DecodeSnapshotTest, TakesThePodOfAnInstanceFromItsIdWhereThePodHasNone) {
    EXPECT_EQ(
        pods(R"([{"instances":[{"id":"a_b.instance-3f80d17a"}]}])"),
        "instance a_b.instance-3f80d17a pod=/a/b"
    );
}

TEST(DecodeSnapshotTest, CallsAPodInstanceHealthyWhenEachOfItsRunningContainersThatIsCheckedIs) {
    const std::string ok = container(reported);
    const std::string bad = container(failing);
    const std::string pending = container(unreported);
    const std::string unchecked = container("");
    const std::pair<std::string, std::string_view> rows[] = {
        {ok, "yes"},
        {bad, "no"},
        {pending, ""},
        {unchecked, ""},
        {ok + "," + unchecked, "yes"},
        {ok + "," + bad, "no"},
        {pending + "," + bad, "no"},
        {ok + "," + pending, ""},
        {container(failing, "TASK_FINISHED") + "," + ok, "yes"},
        {container(failing, "TASK_KILLED"), ""},
        {container(R"({"name":"ready","value":"false"})"), ""},
        {container(R"({"name":"healthy","value":"false"})"), "no"},
        {container(R"({"name":"healthy","value":true},null,7)"), ""},
        {"null,{}", ""},
    };
    for (const auto& [containers, healthy] : rows) {
        EXPECT_EQ(pod_health(R"("containers":[)" + containers + "]"), healthy) << containers;
    }
}

TEST(DecodeSnapshotTest, BelievesAnInstancesOwnConditionFirst) {
    const std::string bad = R"("containers":[)" + container(failing) + "]";
    EXPECT_EQ(pod_health(bad + R"(,"conditions":[{"name":"healthy","value":"true"}])"), "yes");
    EXPECT_EQ(pod_health(R"("conditions":[{"name":"healthy","value":"false"}])"), "no");
    EXPECT_EQ(pod_health(bad + R"(,"conditions":[)" + std::string(unreported) + "]"), "no");
    EXPECT_EQ(pod_health(bad + R"(,"conditions":[{"name":"placed","value":"true"}])"), "no");
}

TEST(DecodeSnapshotTest, ReadsInfo) {
    const auto info = [](std::string_view body) {
        return snapshot_of(&SnapshotDecoder::info, body);
    };
    EXPECT_EQ(
        info(
            R"({"name":"marathon","version":"1.8.222","buildref":"unknown","elected":true,"leader":"localhost:8080","frameworkId":"96d7da70-0000","marathon_config":{"version":"no"}})"
        ),
        "info framework=96d7da70-0000 version=1.8.222"
    );
    EXPECT_EQ(info(R"({"frameworkId":null,"version":"0.9.0"})"), "info version=0.9.0");
    EXPECT_EQ(info("{}"), "");
    EXPECT_EQ(info("[]"), "/v2/info: no object");
}

// ---------------------------------------------------------------- bodies and their fate

TEST(DecodeSnapshotTest, RefusesABodyWithoutItsList) {
    EXPECT_EQ(apps("{}"), "/v2/apps: no list `apps`");
    EXPECT_EQ(apps("[]"), "/v2/apps: no list `apps`");
    EXPECT_EQ(apps("null"), "/v2/apps: no list `apps`");
    EXPECT_EQ(apps(R"({"apps":{}})"), "/v2/apps: no list `apps`");
    EXPECT_EQ(apps(R"({"message":"no leader"})"), "/v2/apps: no list `apps`");
    EXPECT_EQ(tasks(R"({"apps":[]})"), "/v2/tasks: no list `tasks`");
    EXPECT_EQ(deployments(R"({"deployments":[]})"), "/v2/deployments: no list");
    EXPECT_EQ(pods(R"({"message":"x"})"), "/v2/pods/::status: no list");
}

TEST(DecodeSnapshotTest, RefusesABodyThatIsNotJsonAnywhereAndTakesNothingOfIt) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", "/v2/apps: not JSON: no JSON text at byte 0"},
        {"<html>", "/v2/apps: not JSON: unexpected byte at byte 0"},
        {R"({"apps":[{"id":"/a"})", "/v2/apps: not JSON: unexpected end at byte 20"},
        {R"({"apps":[{"id":"/a"}]}x)", "/v2/apps: not JSON: trailing bytes at byte 22"},
        {R"({"apps":[{"id":"/a","cmd":"\ud800"}]})",
         "/v2/apps: not JSON: lone surrogate at byte 27"},
        {R"({"apps":[{"id":"/a","cmd":tru}]})", "/v2/apps: not JSON: unexpected byte at byte 26"},
        {R"({"apps":[{"id":"/a","cpus":01}]})", "/v2/apps: not JSON: bad number at byte 27"},
        {"{\"apps\":[{\"id\":\"/a\",\"cmd\":\"\xFF\"}]}",
         "/v2/apps: not JSON: invalid UTF-8 at byte 27"},
        {"\xEF\xBB\xBF{\"apps\":[]}", "/v2/apps: not JSON: byte order mark at byte 0"},
        {"{\"apps\":[{\"id\":\"/a\"}],\"x\":\"\n\"}",
         "/v2/apps: not JSON: control character in a string at byte 27"},
    };
    for (const auto& [body, error] : rows) {
        EXPECT_EQ(apps(body), error) << body;
    }
}

TEST(DecodeSnapshotTest, RefusesABodyCutAnywhere) {
    const std::string body =
        R"({"apps":[{"id":"/a","version":"v","tasks":[{"id":"t","state":"TASK_RUNNING","healthCheckResults":[{"alive":true}]}]}]})";
    for (std::size_t size = 0; size < body.size(); ++size) {
        const std::string text = apps(body.substr(0, size));
        EXPECT_TRUE(text.starts_with("/v2/apps: not JSON: ")) << text;
    }
    const std::string list =
        R"([{"id":"d","steps":[{"actions":[{"action":"A","app":"/a"}]}],"affectedApps":["/a"]}])";
    for (std::size_t size = 0; size < list.size(); ++size) {
        EXPECT_TRUE(deployments(list.substr(0, size)).starts_with("/v2/deployments: not JSON: "));
    }
}

TEST(DecodeSnapshotTest, KeepsWhatGoodBodiesSaidWhenOneIsBad) {
    SnapshotDecoder decoder;
    ASSERT_TRUE(decoder.info(R"({"frameworkId":"f","version":"1.8.222"})"));
    ASSERT_TRUE(decoder.apps(R"({"apps":[{"id":"/a","tasks":[]}]})"));
    EXPECT_FALSE(decoder.apps(R"({"apps":[{"id":"/b","tasks":[]})"));
    EXPECT_FALSE(decoder.info(R"({"frameworkId":"g")"));
    EXPECT_FALSE(decoder.pods(R"([{"id":"/p"}}])"));
    ASSERT_TRUE(decoder.tasks(R"({"tasks":[{"id":"a.3f80d17a"}]})"));
    ASSERT_TRUE(decoder.tasks(R"({"tasks":[{"id":"a.4f80d17a"}]})"));
    const Snapshot snapshot = decoder.take();
    EXPECT_FALSE(snapshot.has_pods);
    EXPECT_EQ(
        describe(snapshot),
        "info framework=f version=1.8.222\napp /a\ntask a.3f80d17a app=/a\ntask a.4f80d17a app=/a"
    );
}

TEST(DecodeSnapshotTest, HasPodsOnceTheyWereReadBeThereNone) {
    SnapshotDecoder decoder;
    EXPECT_FALSE(decoder.take().has_pods);
    ASSERT_TRUE(decoder.pods("[]"));
    EXPECT_TRUE(decoder.take().has_pods);
    EXPECT_FALSE(decoder.take().has_pods);
}

TEST(DecodeSnapshotTest, HandsOutASnapshotThatLivesUntilTheNextOneIsTaken) {
    SnapshotDecoder decoder;
    ASSERT_TRUE(decoder.deployments(
        R"([{"id":"d","steps":[[{"action":"A","app":"/a"}]],"affectedApps":["/a"]}])"
    ));
    ASSERT_TRUE(decoder.pods(R"([{"id":"/p","instances":[{"id":"i","containers":[{"name":"c"}]}]}])"
    ));
    const Snapshot first = decoder.take();
    ASSERT_TRUE(decoder.apps(R"({"apps":[{"id":"/next"}]})"));
    EXPECT_EQ(
        describe(first),
        "pod /p\ninstance i pod=/p\n  container c\ndeployment d steps=[A /a] affected=/a"
    );
    EXPECT_EQ(describe(decoder.take()), "app /next");
    EXPECT_EQ(describe(decoder.take()), "");
}

}  // namespace tally::decode
