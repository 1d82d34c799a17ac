#include "config.hpp"

#include <set>

#include <fmt/format.h>

#include "tally/serve/listen_address.hpp"
#include "yaml_section.hpp"

namespace tally {

namespace {

using yaml::boolean;
using yaml::buckets;
using yaml::count;
using yaml::duration;
using yaml::Fault;
using yaml::list;
using yaml::nested;
using yaml::one_of;
using yaml::scalar;
using yaml::set;

/// A section whose settings must fit together: `wrong` says what does not, or nothing.
template <class Wrong>
yaml::Setter fitting(yaml::Setter section, Wrong wrong) {
    return [section = std::move(section), wrong](const YAML::Node& node, const std::string& name) {
        section(node, name);
        if (const std::string_view what = wrong(); !what.empty()) {
            throw Fault{node.Mark(), fmt::format("{}: {}", name, what)};
        }
    };
}

std::string_view wrong_with(const connect::Backoff::Limits& backoff) {
    return backoff.wait_first > backoff.wait_max ? "first must not be longer than max" : "";
}

std::string_view wrong_with(const JournalSize& journal) {
    return journal.reserve_bytes > journal.bytes_max ? "reserve_bytes must not be more than max_bytes" : "";
}

void read_all(const YAML::Node& root, Config& c) {
    const auto choice = [](std::vector<std::string> allowed) {
        return [allowed = std::move(allowed)](const YAML::Node& node, const std::string& name) {
            return one_of(node, name, allowed);
        };
    };
    const auto at_least = [](std::size_t least) {
        return [least](const YAML::Node& node, const std::string& name) { return count(node, name, least); };
    };
    const auto payload = [](const YAML::Node& node, const std::string& name) {
        return one_of(node, name, {"json", "none"}) == "json";
    };
    const auto duration_or_0 = [](const YAML::Node& node, const std::string& name) {
        return scalar(node, name) == "0" ? std::chrono::milliseconds{0} : duration(node, name);
    };
    const auto bytes_or_0 = [](const YAML::Node& node, const std::string& name) {
        constexpr std::size_t least = std::size_t{1} << 20;
        const std::size_t bytes = count(node, name, 0);
        return bytes == 0 ? bytes : count(node, name, least);
    };
    const auto backoff_fits = [&c] { return wrong_with(c.backoff); };
    const auto journal_fits = [&c] { return wrong_with(c.journal); };
    yaml::read_section(
        root, "",
        {{"sources", set(c.sources, read_sources)},
         {"database", set(c.database, scalar)},
         {"web", nested({{"listen_address", set(c.listen_addresses, list)},
                         {"config_file", set(c.web_config_file, scalar)},
                         {"enable_lifecycle", set(c.enable_lifecycle, boolean)}})},
         {"http", nested({{"max_header_bytes", set(c.http.header_bytes_max, at_least(1024))},
                          {"max_header_lines", set(c.http.header_lines_max, at_least(10))},
                          {"max_target_bytes", set(c.http.target_bytes_max, at_least(256))},
                          {"header_timeout", set(c.http.header_timeout, duration)},
                          {"idle_timeout", set(c.http.idle_timeout, duration)},
                          {"body_grace", set(c.http.body_grace, duration)},
                          {"answer_grace", set(c.http.write_grace, duration)},
                          {"min_bytes_per_second", set(c.http.bytes_per_second_min, at_least(1))},
                          {"max_connections", set(c.http.connections_max, at_least(1))},
                          {"max_requests", set(c.http.requests_max, at_least(1))}})},
         {"query", nested({{"timeout", set(c.queries.run_max, duration)},
                           {"max_wait", set(c.queries.wait_max, duration)},
                           {"max_running", set(c.queries.running_max, at_least(1))},
                           {"max_waiting", set(c.queries.waiting_max, at_least(0))},
                           {"max_per_client", set(c.queries.per_client_max, at_least(1))},
                           {"max_rows", set(c.query_size.rows_max, at_least(1))},
                           {"max_bytes", set(c.query_size.bytes_max, at_least(1))},
                           {"max_value_bytes", set(c.query_size.value_bytes_max, at_least(1))}})},
         {"log", nested({{"level", set(c.log_level, choice({"debug", "info", "warn", "error"}))},
                         {"format", set(c.log_format, choice({"logfmt", "json"}))}})},
         {"history", nested({{"payload", set(c.keep_payload, payload)},
                             {"payload_hot", set(c.payload_hot, duration)},
                             {"retention_time", set(c.retention_time, duration_or_0)},
                             {"retention_bytes", set(c.retention_bytes, bytes_or_0)},
                             {"replay_commit_inputs", set(c.replay_commit_inputs, at_least(1))}})},
         {"metrics", nested({{"max_apps", set(c.max_apps, at_least(1))},
                             {"task_state_buckets", set(c.buckets.task_state, buckets)},
                             {"deployment_buckets", set(c.buckets.deployment, buckets)},
                             {"lag_buckets", set(c.buckets.lag, buckets)}})},
         {"limits", nested({{"max_event_bytes", set(c.max_event_bytes, at_least(4096))}})},
         {"timeouts", nested({{"connect", set(c.connect_timeout, duration)},
                              {"header", set(c.header_timeout, duration)},
                              {"silence", set(c.silence_timeout, duration)}})},
         {"backoff", fitting(nested({{"first", set(c.backoff.wait_first, duration)},
                                     {"max", set(c.backoff.wait_max, duration)}}),
                             backoff_fits)},
         {"reconcile", nested({{"interval", set(c.reconcile.interval, duration)},
                               {"timeout", set(c.reconcile.timeout, duration)},
                               {"max_bytes", set(c.reconcile.bytes_max, at_least(4096))},
                               {"hold", set(c.reconcile.hold, duration)},
                               {"hold_bytes", set(c.reconcile.hold_bytes_max, at_least(4096))}})},
         {"journal", fitting(nested({{"max_bytes", set(c.journal.bytes_max, at_least(std::size_t{1} << 20))},
                                     {"reserve_bytes", set(c.journal.reserve_bytes, at_least(0))}}),
                             journal_fits)}}
    );
}

std::string at(const YAML::Mark& mark) { return mark.is_null() ? "" : fmt::format(":{}", mark.line + 1); }

std::string seconds_list(const std::vector<TimeMs>& bounds) {
    std::string text = "[";
    for (const TimeMs bound : bounds) {
        text += fmt::format("{}{}", text.size() > 1 ? ", " : "", static_cast<double>(bound) / 1000.0);
    }
    return text + "]";
}

}  // namespace

Result<Config> read_config_file(const std::string& path, Config config) {
    try {
        const YAML::Node root = YAML::LoadFile(path);
        if (!root.IsNull()) {
            read_all(root, config);
        }
    } catch (const YAML::BadFile&) {
        return Error{fmt::format("cannot read {}", path)};
    } catch (const YAML::Exception& error) {
        return Error{fmt::format("{}{}: {}", path, at(error.mark), error.msg)};
    } catch (const Fault& fault) {
        return Error{fmt::format("{}{}: {}", path, at(fault.mark), fault.what)};
    }
    if (const auto good = check(config); !good) {
        return Error{fmt::format("{}: {}", path, good.error().what)};
    }
    return config;
}

std::string default_config() {
    const Config c;
    return fmt::format(
        R"(# marathon-tally: every setting and its default. Flags win over this file.

# The Marathons to follow: a name each (the label `source`) and the URLs of its members, tried in turn.
sources: []
#  - name: production
#    urls: [https://marathon-1:8443, https://marathon-2:8443]
#    # Who we are: one of the next three, or https://USER:PASSWORD@HOST above. Instead of a secret's name_file, which is
#    # read again at every attempt, there may be the name without _file and the secret itself, or name_env and the name
#    # of an environment variable. Files are looked for from the working directory.
#    basic_auth:
#      username: tally
#      password_file: /run/secrets/marathon
#    authorization:           # Authorization: TYPE CREDENTIALS, for the type token: token=CREDENTIALS (DC/OS)
#      type: Bearer
#      credentials_file: /run/secrets/token
#    service_account:         # of DC/OS, which logs in with its RSA key
#      uid: tally
#      private_key_file: /run/secrets/tally.pem  # or private_key_env
#      login_url: ""          # left out: /acs/api/v1/auth/login of the first URL's host
#    tls:
#      ca_file: ""            # left out: the system's store, SSL_CERT_FILE and SSL_CERT_DIR
#      cert_file: ""          # our own certificate
#      key_file: ""           # its key, if that is not in cert_file
#      server_name: ""        # what the server's certificate must name; left out: the URL's host
#      insecure_skip_verify: false
#    reconcile:
#      accept_framework: ""   # the frameworkId of another cluster that has taken this one's place
#    callback:                # Marathon 1.4 and before posts events to /callback/NAME; without urls (urls: []) only so
#      register: http://tally:9977/callback/production  # kept in Marathon's list; without it we never register
#      secret: S              # or secret_file, secret_env; goes into the registered URL as ?secret=S, which Marathon's API shows
#      allow: [10.0.0.0/8, "2001:db8::/32", 192.0.2.7]  # from where events are taken; without it from everywhere

# The SQLite file that keeps every event and fact.
database: {database}

web:
  listen_address: ["0.0.0.0:9977"]
  config_file: ""          # TLS and users, in exporter-toolkit's format
  enable_lifecycle: false  # allow POST /-/reload and /-/quit

# What clients of our own port may take.
http:
  max_header_bytes: {header_bytes}  # more: 431
  max_header_lines: {header_lines}    # more: 431
  max_target_bytes: {target_bytes}  # more: 414
  header_timeout: {http_header}ms  # from the first byte of a request to the end of its header
  idle_timeout: {http_idle}ms    # between two requests
  body_grace: {body_grace}ms      # a body may take so long, and beyond it min_bytes_per_second
  answer_grace: {answer_grace}ms    # and so may the reading of an answer
  min_bytes_per_second: {rate}
  max_connections: {connections}   # one more: the oldest idle one goes
  max_requests: {requests}    # of one connection

# GET /api/v1/query
query:
  timeout: {query_timeout}ms         # longer: 408
  max_wait: {query_wait}ms        # for a place to run in; longer: 503
  max_running: {query_running}
  max_waiting: {query_waiting}          # more: 503 at once
  max_per_client: {query_client}       # running and waiting, of one address
  max_rows: {query_rows}          # more: truncated
  max_bytes: {query_bytes}      # more: truncated
  max_value_bytes: {query_value}

log:
  level: {level}     # debug, info, warn, error
  format: {format}  # logfmt, json

history:
  payload: json  # json keeps every event's text in v_events.payload; none keeps facts only
  payload_hot: {payload_hot}h  # what is older is packed: our own tools and the extension show it, plain SQLite tools NULL
  # What is older, or more, is pruned, whichever comes first; counters go on. 0: nothing ever is.
  retention_time: 0   # 2160h are 90 days, by the time of receipt; what is pruned goes a quarter of it later at the latest
  retention_bytes: 0  # of the database file, without what is free in it
  replay_commit_inputs: {replay_commit}  # a replay commits that often, and every 10 s: what a killed one has to do again

metrics:
  max_apps: {max_apps}  # apps first seen past this many are counted as app="other"
  # Upper bounds in seconds.
  task_state_buckets: {task_state}
  deployment_buckets: {deployment}
  lag_buckets: {lag}

limits:
  max_event_bytes: {max_event_bytes}  # larger events are rejected as too_large

timeouts:
  connect: {connect}ms
  header: {header}ms
  silence: {silence}ms  # Marathon sends a heartbeat every 10 s

# The wait before the next attempt: doubled after each failure, plus or minus 20 %, at most max.
backoff:
  first: {backoff_first}ms
  max: {backoff_max}ms

# The comparison of what we know with what Marathon's REST API shows, after every attach and then every interval.
reconcile:
  interval: {reconcile_interval}ms
  timeout: {reconcile_timeout}ms     # for one snapshot
  max_bytes: {reconcile_bytes}  # of one answer
  hold: {reconcile_hold}ms        # events wait for a snapshot that long
  hold_bytes: {reconcile_hold_bytes}  # and that many bytes of them

# What was received and is not committed yet, a file beside the database.
journal:
  max_bytes: {journal_bytes}
  reserve_bytes: {journal_reserve}  # on the disk from the start; less if that were more than an eighth of its free space
)",
        fmt::arg("header_bytes", c.http.header_bytes_max), fmt::arg("header_lines", c.http.header_lines_max),
        fmt::arg("target_bytes", c.http.target_bytes_max), fmt::arg("http_header", c.http.header_timeout.count()),
        fmt::arg("http_idle", c.http.idle_timeout.count()), fmt::arg("body_grace", c.http.body_grace.count()),
        fmt::arg("answer_grace", c.http.write_grace.count()), fmt::arg("rate", c.http.bytes_per_second_min),
        fmt::arg("connections", c.http.connections_max), fmt::arg("requests", c.http.requests_max),
        fmt::arg("query_timeout", c.queries.run_max.count()), fmt::arg("query_wait", c.queries.wait_max.count()),
        fmt::arg("query_running", c.queries.running_max), fmt::arg("query_waiting", c.queries.waiting_max),
        fmt::arg("query_client", c.queries.per_client_max), fmt::arg("query_rows", c.query_size.rows_max),
        fmt::arg("query_bytes", c.query_size.bytes_max), fmt::arg("query_value", c.query_size.value_bytes_max),
        fmt::arg("database", c.database), fmt::arg("level", c.log_level), fmt::arg("format", c.log_format),
        fmt::arg("replay_commit", c.replay_commit_inputs),
        fmt::arg("payload_hot", std::chrono::duration_cast<std::chrono::hours>(c.payload_hot).count()), fmt::arg("max_apps", c.max_apps), fmt::arg("task_state", seconds_list(c.buckets.task_state)),
        fmt::arg("deployment", seconds_list(c.buckets.deployment)), fmt::arg("lag", seconds_list(c.buckets.lag)),
        fmt::arg("max_event_bytes", c.max_event_bytes), fmt::arg("connect", c.connect_timeout.count()),
        fmt::arg("header", c.header_timeout.count()), fmt::arg("silence", c.silence_timeout.count()),
        fmt::arg("backoff_first", c.backoff.wait_first.count()), fmt::arg("backoff_max", c.backoff.wait_max.count()),
        fmt::arg("reconcile_interval", c.reconcile.interval.count()),
        fmt::arg("reconcile_timeout", c.reconcile.timeout.count()),
        fmt::arg("reconcile_bytes", c.reconcile.bytes_max), fmt::arg("reconcile_hold", c.reconcile.hold.count()),
        fmt::arg("reconcile_hold_bytes", c.reconcile.hold_bytes_max), fmt::arg("journal_bytes", c.journal.bytes_max),
        fmt::arg("journal_reserve", c.journal.reserve_bytes)
    );
}

Result<void> check(const Config& config) {
    if (config.database.empty()) {
        return Error{"database: a file name is needed"};
    }
    for (const std::string& address : config.listen_addresses) {
        if (const auto good = serve::parse_listen_address(address); !good) {
            return good.error();
        }
    }
    std::set<std::string> names;
    for (const SourceConfig& source : config.sources) {
        if (const auto good = check(source); !good) {
            return good;
        }
        if (!names.insert(source.name).second) {
            return Error{fmt::format("there are two sources named {}", source.name)};
        }
    }
    return {};
}

}  // namespace tally
