#include "simulate/options.hpp"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "simulate/scenario.hpp"

namespace tally::simulate {

namespace {

std::optional<TimeMs> parse_start(const std::string& text) {
    const bool number = !text.empty() &&
                        text.find_first_not_of("0123456789") == std::string::npos &&
                        text.size() < 16;
    return number ? std::optional<TimeMs>(std::stoll(text)) : parse_timestamp(text);
}

/// The flags that say what kind of cluster it is; for both commands.
void add_shape(CLI::App& app, Shape& shape) {
    const auto share = CLI::Range(0.0, 1.0);
    app.add_option("--seed", shape.seed, "The same seed gives the same events")
        ->capture_default_str();
    app.add_option("--rate", shape.rate, "Events per second, on average")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1e7));
    app.add_option("--apps", shape.apps, "Apps and pods")
        ->capture_default_str()
        ->check(CLI::Range(1U, apps_max));
    app.add_option("--tasks", shape.tasks, "Live tasks, about")
        ->capture_default_str()
        ->check(CLI::Range(1U, tasks_max));
    app.add_option("--agents", shape.agents, "Mesos agents")
        ->capture_default_str()
        ->check(CLI::Range(1U, agents_max));
    app.add_option_function<std::string>(
           "--dialect",
           [&shape](const std::string& text) { shape.dialect = parse_dialect(text).value(); },
           "Which Marathon to be: 1.3, 1.4, 1.5 or 1.8 (default 1.8)"
    )
        ->check(CLI::IsMember({"1.3", "1.4", "1.5", "1.8"}));
    app.add_option_function<std::string>(
           "--plan",
           [&shape](const std::string& text) {
               shape.plan = text == "heavy"   ? PlanFormat::heavy
                            : text == "mixed" ? PlanFormat::mixed
                            : text == "light" ? PlanFormat::light
                                              : PlanFormat::automatic;
           },
           "Deployment plans: light, heavy, mixed (one in 20 heavy), or auto = heavy in 1.3 only"
    )
        ->check(CLI::IsMember({"auto", "light", "heavy", "mixed"}));
    app.add_option("--duplicates", shape.duplicates, "Share of events that come twice")
        ->check(share);
    app.add_option("--reorder", shape.reorder, "Share of events that come up to 20 events late")
        ->check(share);
    app.add_option("--bad", shape.bad, "Malformed bodies per event")->check(share);
}

CLI::App* add_generate(CLI::App& program, Generation& what) {
    CLI::App* app = program.add_subcommand("generate", "Write a stream of events to a file");
    app->footer(
        "Example:\n  marathon-sim generate --out hour.sse --format sse --hours 1 --dialect 1.5 "
        "--totals hour.json"
    );
    app->add_option("--out", what.out, "File, or - for stdout")->capture_default_str();
    app->add_option_function<std::string>(
           "--format",
           [&what](const std::string& text) {
               what.format = text == "sse" ? Format::sse : Format::ndjson;
           },
           "sse or ndjson (default)"
    )
        ->check(CLI::IsMember({"sse", "ndjson"}));
    app->add_option("--events", what.events, "Stop after so many bodies");
    app->add_option("--bytes", what.bytes, "Stop with the event that reaches this size");
    app->add_option(
        "--hours", what.hours, "Stop after so much simulated time (default 1 without another limit)"
    );
    app->add_option("--totals", what.totals, "File for the expected totals, as JSON");
    app->add_option_function<std::string>(
           "--start",
           [&what](const std::string& text) { what.shape.start = parse_start(text).value(); },
           "Simulated time of the first event: RFC 3339 or epoch milliseconds"
    )
        ->check([](const std::string& text) {
            return parse_start(text) ? std::string() : "not a time: " + text;
        });
    add_shape(*app, what.shape);
    return app;
}

/// The text of a scenario by its name or from a file; nothing when there is neither.
std::optional<std::string> read_scenario(const std::string& name) {
    if (const auto ready = ready_scenario(name)) {
        return std::string(*ready);
    }
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::string check_scenario(const std::string& name) {
    const auto text = read_scenario(name);
    if (!text) {
        return "neither a file nor a ready scenario: " + name + " (see marathon-sim scenarios)";
    }
    const auto parsed = Scenario::parse(*text, 0);
    return parsed ? std::string() : name + ": " + parsed.error().what;
}

std::string check_fault(const std::string& text) {
    const auto parsed = parse_trouble(text);
    return parsed ? std::string() : parsed.error().what;
}

/// What goes wrong, and when.
void add_faults(CLI::App& app, ServeOptions& what) {
    app.add_option(
           "--fault", what.faults, "In force from the start: 'KIND NAME=VALUE...', see below"
    )
        ->check(check_fault)
        ->expected(1)
        ->take_all();
    app.add_option_function<std::string>(
           "--scenario",
           [&what](const std::string& name) {
               what.scenario = read_scenario(name).value_or(std::string());
               what.tells = true;
           },
           "Faults in an order: a file, or a ready one (marathon-sim scenarios)"
    )
        ->check(check_scenario);
    app.add_option("--member", what.members, "HOST:PORT of a further member; the first leads")
        ->expected(1)
        ->take_all();
    app.add_flag(
        "--standbys-proxy",
        what.standbys_proxy,
        "Members that do not lead pass the stream on, chunked, instead of a redirect"
    );
}

/// Who may ask, and how.
void add_security(CLI::App& app, ServeOptions& what) {
    auto* certificate =
        app.add_option("--tls-cert", what.tls.certificate, "HTTPS: certificates, PEM")
            ->check(CLI::ExistingFile);
    auto* key = app.add_option("--tls-key", what.tls.key, "HTTPS: the key, PEM")
                    ->check(CLI::ExistingFile)
                    ->needs(certificate);
    certificate->needs(key);
    app.add_option("--tls-client-ca", what.tls.client_ca, "Demand client certificates of this CA")
        ->check(CLI::ExistingFile)
        ->needs(certificate);
    app.add_option("--basic-auth", what.credentials.basic, "USER:PASSWORD to demand");
    app.add_option(
        "--token",
        what.credentials.token,
        "Demand 'Authorization: token=SECRET' or 'Bearer SECRET'; POST /sim/token changes it"
    );
    app.add_option(
        "--token-file", what.credentials.token_file, "The same from a file, read at every request"
    );
    app.add_option(
        "--service-account-public-key",
        what.credentials.account_key,
        "PEM: give tokens out at POST /acs/api/v1/auth/login, as DC/OS does"
    );
    app.add_option(
        "--token-ttl", what.credentials.token_ttl_s, "Seconds for which such a token holds"
    );
}

std::string footer() {
    return "Examples:\n  marathon-sim --listen 127.0.0.1:8080 --rate 50 --dialect 1.8\n"
           "  curl -H 'Accept: text/event-stream' http://127.0.0.1:8080/v2/events\n"
           "  marathon-sim --scenario failover --member 127.0.0.1:0\n"
           "  marathon-sim --fault 'drop share=0.01' --fault 'http_error status=401 count=2'\n"
           "To steer it from a test: POST /sim/step?events=N, /sim/pause, /sim/resume, /sim/close, "
           "/sim/settle, /sim/fault?kind=KIND&NAME=VALUE, /sim/scenario, /sim/token?value=SECRET; "
           "GET "
           "/sim/totals, /sim/sent, /sim/truth, /sim/faults. They never ask for credentials. A "
           "REST "
           "snapshot first publishes what is left of the moment under way.\n\n"
           "Faults, with their arguments and defaults; for=TIME ends one, so does count=N (uses), "
           "so "
           "does clear:\n" +
           describe_troubles();
}

void add_serve(CLI::App& app, ServeOptions& what) {
    app.footer(footer);
    app.add_option("--listen", what.listen, "HOST:PORT; port 0 takes a free one")
        ->capture_default_str();
    app.add_option("--events", what.events, "Say nothing new after so many events");
    app.add_flag(
        "--wait-for-subscriber", what.wait_for_subscriber, "Say nothing before the first stream"
    );
    app.add_option(
        "--standby-of", what.standby_of, "Be a standby of this leader: http://HOST:PORT"
    );
    app.add_option("--totals", what.totals, "File for the expected totals, written at the end");
    app.add_option(
        "--max-outstanding",
        what.outstanding_max,
        "Events kept for a slow reader (50 up to 1.4, then 1024)"
    );
    app.add_option(
        "--send-buffer", what.send_buffer_bytes, "Socket send buffer in bytes (0: the system's)"
    );
    app.add_option_function<std::int64_t>(
           "--heartbeat-ms",
           [&what](std::int64_t ms) { what.heartbeat = std::chrono::milliseconds(ms); },
           "Between two heartbeats (default 10000)"
    )
        ->check(CLI::Range(1, 3'600'000));
    app.add_option_function<std::int64_t>(
           "--idle-timeout-ms",
           [&what](std::int64_t ms) { what.idle_timeout = std::chrono::milliseconds(ms); },
           "A write blocked for so long ends the stream (default 30000)"
    )
        ->check(CLI::Range(1, 3'600'000));
    add_faults(app, what);
    add_security(app, what);
    add_shape(app, what.shape);
}

CLI::App* add_scenarios(CLI::App& program, std::string& shown) {
    CLI::App* app = program.add_subcommand("scenarios", "List the ready scenarios, or print one");
    app->add_option("name", shown, "The one to print")->check([](const std::string& name) {
        return ready_scenario(name) ? std::string() : "there is no scenario " + name;
    });
    return app;
}

}  // namespace

Options parse_options(int count, char** arguments) {
    Options options;
    CLI::App program(
        "A Marathon to try things with: a cluster's life as its event bus tells it. Without a "
        "command it serves."
    );
    program.set_version_flag("--version", std::string("marathon-sim ") + TALLY_VERSION);
    program.require_subcommand(0, 1);
    add_serve(program, options.serving);
    add_serve(
        *program.add_subcommand("serve", "Be a Marathon on a port (the default)"), options.serving
    );
    const CLI::App* generating = add_generate(program, options.generation);
    const CLI::App* scenarios = add_scenarios(program, options.shown_scenario);
    try {
        program.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        options.command = Options::Command::leave;
        options.exit_code = program.exit(error) == 0 ? 0 : 2;
        return options;
    }
    options.command = generating->parsed()  ? Options::Command::generate
                      : scenarios->parsed() ? Options::Command::scenarios
                                            : Options::Command::serve;
    return options;
}

}  // namespace tally::simulate
