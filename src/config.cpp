#include "config.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "address_range.hpp"
#include "tally/connect/endpoint.hpp"
#include "tally/serve/listen_address.hpp"

namespace tally {

namespace {

/// Thrown inside this file only: what is wrong at a place of the file.
struct Fault {
    YAML::Mark mark;
    std::string what;
};

std::string scalar(const YAML::Node& node, std::string_view name) {
    if (!node.IsScalar()) {
        throw Fault{node.Mark(), fmt::format("{} must be a single value", name)};
    }
    return node.Scalar();
}

std::string one_of(const YAML::Node& node, std::string_view name, const std::vector<std::string>& allowed) {
    const std::string value = scalar(node, name);
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
        throw Fault{node.Mark(), fmt::format("{} must be one of {}, not '{}'", name, fmt::join(allowed, ", "), value)};
    }
    return value;
}

bool boolean(const YAML::Node& node, std::string_view name) {
    return one_of(node, name, {"true", "false"}) == "true";
}

std::size_t count(const YAML::Node& node, std::string_view name, std::size_t least) {
    const std::string text = scalar(node, name);
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least) {
        throw Fault{node.Mark(), fmt::format("{} must be a whole number from {}, not '{}'", name, least, text)};
    }
    return value;
}

double number(const YAML::Node& node, std::string_view name) {
    const std::string text = scalar(node, name);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value > 0) || value > 1e9) {
        throw Fault{node.Mark(), fmt::format("{} must be a number above 0, not '{}'", name, text)};
    }
    return value;
}

/// `5s`, `250ms`, `2m`, `1h`.
std::chrono::milliseconds duration(const YAML::Node& node, std::string_view name) {
    static const std::map<std::string_view, std::int64_t> units{
        {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
    const std::string text = scalar(node, name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto unit = units.find(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
    if (error != std::errc{} || unit == units.end() || value <= 0 || value > 1'000'000) {
        throw Fault{node.Mark(), fmt::format("{} must be a duration such as 5s or 250ms, not '{}'", name, text)};
    }
    return std::chrono::milliseconds(value * unit->second);
}

std::vector<std::string> list(const YAML::Node& node, std::string_view name) {
    if (node.IsScalar()) {
        return {node.Scalar()};
    }
    if (!node.IsSequence()) {
        throw Fault{node.Mark(), fmt::format("{} must be a list", name)};
    }
    std::vector<std::string> values;
    for (const YAML::Node& item : node) {
        values.push_back(scalar(item, name));
    }
    return values;
}

/// Seconds, ascending, as milliseconds.
std::vector<TimeMs> buckets(const YAML::Node& node, std::string_view name) {
    if (!node.IsSequence() || node.size() == 0) {
        throw Fault{node.Mark(), fmt::format("{} must be a list of seconds", name)};
    }
    constexpr double ms_per_s = 1000;
    std::vector<TimeMs> bounds;
    for (const YAML::Node& item : node) {
        const auto bound = static_cast<TimeMs>(number(item, name) * ms_per_s + 0.5);
        if (bound < 1 || (!bounds.empty() && bound <= bounds.back())) {
            throw Fault{item.Mark(), fmt::format("{} must rise by 1 ms or more", name)};
        }
        bounds.push_back(bound);
    }
    return bounds;
}

using Setter = std::function<void(const YAML::Node&, const std::string& name)>;
using Section = std::map<std::string, Setter>;

void read_section(const YAML::Node& node, const std::string& prefix, const Section& section) {
    if (!node.IsMap()) {
        throw Fault{node.Mark(), fmt::format("{} must hold settings", prefix.empty() ? "the file" : prefix)};
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
        const std::string key = scalar(entry.first, "a setting's name");
        const std::string name = prefix.empty() ? key : prefix + "." + key;
        const auto setter = section.find(key);
        if (setter == section.end()) {
            throw Fault{entry.first.Mark(), fmt::format("there is no setting {}", name)};
        }
        if (!seen.insert(key).second) {
            throw Fault{entry.first.Mark(), fmt::format("{} is set twice", name)};
        }
        setter->second(entry.second, name);
    }
}

/// A section without settings (`callback: {}`, or nothing behind the colon) says that there are callbacks.
CallbackConfig callback(const YAML::Node& node, const std::string& name) {
    CallbackConfig found;
    const auto text = [](std::string& target) {
        return [&target](const auto& n, const auto& key) {
            target = scalar(n, key);
            if (target.empty()) {
                throw Fault{n.Mark(), fmt::format("{} is empty", key)};
            }
        };
    };
    if (!node.IsNull()) {
        read_section(node, name,
                     {{"register", text(found.register_url)},
                      {"secret", text(found.secret)},
                      {"secret_file", text(found.secret_file)},
                      {"secret_env", text(found.secret_env)},
                      {"allow", [&](const auto& n, const auto& key) {
                           found.allow = list(n, key);
                           if (found.allow.empty()) {  // everybody, or nobody?
                               throw Fault{n.Mark(), fmt::format("{} is empty", key)};
                           }
                       }}});
    }
    return found;
}

std::vector<SourceConfig> sources(const YAML::Node& node, std::string_view name) {
    if (!node.IsSequence()) {
        throw Fault{node.Mark(), fmt::format("{} must be a list", name)};
    }
    std::vector<SourceConfig> found;
    for (const YAML::Node& item : node) {
        SourceConfig source{.name = "default", .urls = {}};
        read_section(item, "sources",
                     {{"name", [&](const auto& n, const auto& key) { source.name = scalar(n, key); }},
                      {"urls", [&](const auto& n, const auto& key) { source.urls = list(n, key); }},
                      {"callback", [&](const auto& n, const auto& key) { source.callback = callback(n, key); }}});
        found.push_back(std::move(source));
    }
    return found;
}

/// Puts a function in front of a section: `{"web", nested({...})}`.
Setter nested(Section section) {
    return [section = std::move(section)](const YAML::Node& node, const std::string& name) {
        read_section(node, name, section);
    };
}

void read_all(const YAML::Node& root, Config& c) {
    const auto set = [](auto& target, auto reader) {
        return [&target, reader](const YAML::Node& node, const std::string& name) { target = reader(node, name); };
    };
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
    read_section(
        root, "",
        {{"sources", set(c.sources, sources)},
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
                             {"replay_commit_inputs", set(c.replay_commit_inputs, at_least(1))}})},
         {"metrics", nested({{"max_apps", set(c.max_apps, at_least(1))},
                             {"task_state_buckets", set(c.buckets.task_state, buckets)},
                             {"deployment_buckets", set(c.buckets.deployment, buckets)},
                             {"lag_buckets", set(c.buckets.lag, buckets)}})},
         {"limits", nested({{"max_event_bytes", set(c.max_event_bytes, at_least(4096))}})},
         {"timeouts", nested({{"connect", set(c.connect_timeout, duration)},
                              {"header", set(c.header_timeout, duration)},
                              {"silence", set(c.silence_timeout, duration)}})}}
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
#    urls: [http://marathon-1:8080, http://marathon-2:8080]
#    callback:  # Marathon 1.4 and before posts events to /callback/NAME; without urls (urls: []) only so
#      register: http://tally:9977/callback/production  # kept in Marathon's list; without it we never register
#      secret: S  # or secret_file, secret_env; goes into the registered URL as ?secret=S, which Marathon's API shows
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
  replay_commit_inputs: {replay_commit}  # a replay commits that often, and every 2 s: what a killed one has to do again

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
        fmt::arg("replay_commit", c.replay_commit_inputs), fmt::arg("max_apps", c.max_apps), fmt::arg("task_state", seconds_list(c.buckets.task_state)),
        fmt::arg("deployment", seconds_list(c.buckets.deployment)), fmt::arg("lag", seconds_list(c.buckets.lag)),
        fmt::arg("max_event_bytes", c.max_event_bytes), fmt::arg("connect", c.connect_timeout.count()),
        fmt::arg("header", c.header_timeout.count()), fmt::arg("silence", c.silence_timeout.count())
    );
}

Result<SourceConfig> parse_source(const std::string& text) {
    SourceConfig source{.name = "default", .urls = {}};
    std::string_view urls = text;
    const std::size_t equals = urls.find('=');
    if (equals != std::string_view::npos && urls.substr(0, equals).find_first_of("/:") == std::string_view::npos) {
        source.name = urls.substr(0, equals);
        urls.remove_prefix(equals + 1);
    }
    if (source.name.empty()) {
        return Error{fmt::format("--marathon {}: the name before '=' is empty", text)};
    }
    if (urls.empty() && equals != std::string_view::npos) {
        source.callback = CallbackConfig{};
    }
    while (!urls.empty()) {
        const std::size_t comma = std::min(urls.find(','), urls.size());
        source.urls.emplace_back(urls.substr(0, comma));
        urls.remove_prefix(std::min(comma + 1, urls.size()));
    }
    return source;
}

Result<void> check_source_name(const std::string& name) {
    constexpr std::size_t bytes_max = 256;
    if (name.empty() || name.size() > bytes_max) {
        return Error{"a source needs a name of 1 to 256 bytes"};
    }
    return {};
}

namespace {

Result<void> check_urls(const SourceConfig& source) {
    const bool fed_by_callbacks = source.urls.empty() && source.callback;
    const bool has_blank = std::count(source.urls.begin(), source.urls.end(), "") != 0;
    if ((source.urls.empty() && !fed_by_callbacks) || has_blank) {
        return Error{fmt::format("source {} needs a URL", source.name)};
    }
    for (const std::string& url : source.urls) {
        if (const auto endpoint = connect::parse_endpoint(url); !endpoint) {
            return Error{fmt::format("source {}: {}", source.name, endpoint.error().what)};
        }
    }
    return {};
}

/// Files and the environment are not looked at: they may come later.
Result<void> check_callback(const SourceConfig& source) {
    const CallbackConfig callback = source.callback.value_or(CallbackConfig{});
    const auto fault = [&source](std::string_view what) {
        return Error{fmt::format("source {}: callback: {}", source.name, what)};
    };
    const int secrets = static_cast<int>(!callback.secret.empty()) + static_cast<int>(!callback.secret_file.empty()) +
                        static_cast<int>(!callback.secret_env.empty());
    if (secrets > 1) {
        return fault("one of secret, secret_file and secret_env is enough");
    }
    if (!callback.register_url.empty()) {
        if (const auto endpoint = connect::parse_endpoint(callback.register_url); !endpoint) {
            return fault(fmt::format("register: {}", endpoint.error().what));
        }
        if (source.urls.empty()) {
            return fault("register: without urls there is no Marathon to register with");
        }
    }
    for (const std::string& range : callback.allow) {
        if (const auto parsed = AddressRange::parse(range); !parsed) {
            return fault(fmt::format("allow: {}", parsed.error().what));
        }
    }
    return {};
}

}  // namespace

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
        if (const auto good = check_source_name(source.name); !good) {
            return good;
        }
        if (!names.insert(source.name).second) {
            return Error{fmt::format("there are two sources named {}", source.name)};
        }
        if (const auto good = check_urls(source); !good) {
            return good;
        }
        if (const auto good = check_callback(source); !good) {
            return good;
        }
    }
    return {};
}

}  // namespace tally
