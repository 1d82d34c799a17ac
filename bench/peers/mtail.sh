#!/bin/sh
# mtail reads the file once and prints its counters as JSON.   mtail.sh FILE.ndjson FOLDER
here=$(dirname "$0")
mtail --one_shot --one_shot_format=json --address 127.0.0.1 --port 0 --progs "$here/events.mtail" --logs "$1" --logtostderr 2>"$2/mtail.log" |
python3 -c '
import json, sys
metrics = json.JSONDecoder().raw_decode(sys.stdin.read())[0]
def total(name):
    return sum(label["Value"]["Value"] for one in metrics[name] for label in one["LabelValues"])
print(json.dumps({"events": total("events_total"), "failures": total("failed_checks_total")}))'
