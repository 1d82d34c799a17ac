#!/bin/sh
# jq takes the fields out, awk keeps the states and counts; nothing is stored.   jq_awk.sh FILE.ndjson
exec 3<"$1"
jq -r '[.eventType, .timestamp, .taskId // .instanceId // .id // .plan.id? // "", .taskStatus // ""] | join("\t")' <&3 |
awk -F '\t' '
BEGIN {
    split("STAGING 1 STARTING 2 RUNNING 3 KILLING 4 LOST 4 UNREACHABLE 4 UNKNOWN 4 GONE_BY_OPERATOR 4 FINISHED 5 " \
          "FAILED 5 KILLED 5 ERROR 5 DROPPED 5 GONE 5", words, " ")
    for (i = 1; i in words; i += 2) ranks["TASK_" words[i]] = words[i + 1]
}
$1 == "status_update_event" {
    before = $3 in states ? ranks[states[$3]] : 0
    late = before == 5 || (ranks[$4] < before && $2 < entered[$3])
    if (states[$3] != $4 && !late) {
        transitions++
        states[$3] = $4
        entered[$3] = $2
    }
}
$1 == "failed_health_check_event" { failures++ }
$1 == "deployment_success" || $1 == "deployment_failed" {
    if (!($3 in ended)) deployments++
    ended[$3] = $2
}
END {
    printf "{\"events\":%d,\"transitions\":%d,\"failures\":%d,\"deployments\":%d}\n", NR, transitions, failures, deployments
}'
