#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config.hpp"
#include "daemon.hpp"
#include "print_table.hpp"
#include "replay.hpp"
#include "tally/record/query.hpp"
#include "tally/record/questions.hpp"
#include "tally/record/verify.hpp"
#include "version.hpp"

namespace {

using namespace tally;

constexpr int done = 0, failed = 1, cannot_start = 2;

struct Flags {
    std::vector<std::string> marathons;
    std::string config_file;
    Config config;  // what the flags of `run` set
    ReplayOptions replay;
    std::string database;
    std::string sql;
    std::vector<std::string> parameters;
    std::string table_format = "table";
    std::string check_file;
};

/// Clients alone may be http.max_connections; what a shell gives is often 1024 for all.
void allow_many_open_files() {
    constexpr rlim_t wanted = 65536;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min(limit.rlim_max, wanted);
        setrlimit(RLIMIT_NOFILE, &limit);  // if not, connections are closed for want of them
    }
}

/// File first, then flags over it.
Config config_of(const Flags& flags, const CLI::App& run) {
    Config config;
    if (!flags.config_file.empty()) {
        auto read = read_config_file(flags.config_file, config);
        if (!read) {
            throw CannotStart{read.error().what};
        }
        config = std::move(*read);
    }
    const auto given = [&run](const char* flag) { return run.get_option(flag)->count() > 0; };
    if (given("--database")) {
        config.database = flags.config.database;
    }
    if (given("--web.listen-address")) {
        config.listen_addresses = flags.config.listen_addresses;
    }
    if (given("--web.config.file")) {
        config.web_config_file = flags.config.web_config_file;
    }
    config.enable_lifecycle = config.enable_lifecycle || flags.config.enable_lifecycle;
    if (given("--log.level")) {
        config.log_level = flags.config.log_level;
    }
    if (given("--log.format")) {
        config.log_format = flags.config.log_format;
    }
    if (!flags.marathons.empty()) {
        config.sources.clear();
    }
    for (const std::string& text : flags.marathons) {
        auto source = parse_source(text);
        if (!source) {
            throw CannotStart{source.error().what};
        }
        config.sources.push_back(std::move(*source));
    }
    if (const auto good = check(config); !good) {
        throw CannotStart{good.error().what};
    }
    return config;
}

void add_run(CLI::App& app, Flags& flags) {
    app.add_option("--marathon", flags.marathons, "[NAME=]URL[,URL...]: a Marathon to follow, may be repeated")
        ->type_name("SOURCE");
    app.add_option("--config.file", flags.config_file, "YAML, see 'marathon-tally config defaults'");
    app.add_option("--database", flags.config.database, "the SQLite file [marathon-tally.db]");
    app.add_option("--web.listen-address", flags.config.listen_addresses, "HOST:PORT, may be repeated [0.0.0.0:9977]");
    app.add_option("--web.config.file", flags.config.web_config_file, "TLS and users of our own port");
    app.add_flag("--web.enable-lifecycle", flags.config.enable_lifecycle, "allow POST /-/reload and /-/quit");
    app.add_option("--log.level", flags.config.log_level, "debug, info, warn, error [info]")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
    app.add_option("--log.format", flags.config.log_format, "logfmt or json [logfmt]")
        ->check(CLI::IsMember({"logfmt", "json"}));
    app.footer("Example:\n  marathon-tally run --marathon prod=http://marathon:8080 --database tally.db");
}

void add_replay(CLI::App& app, Flags& flags) {
    app.add_option("FILE", flags.replay.files, "SSE or NDJSON, also .gz and .zst; - is stdin")->required();
    app.add_option("--database", flags.database, "the SQLite file")->required();
    app.add_option("--source", flags.replay.source, "name of the Marathon they come from [default]");
    app.add_option("--format", flags.replay.format, "auto, sse or ndjson [auto]")
        ->check(CLI::IsMember({"auto", "sse", "ndjson"}));
    app.add_option("--metrics", flags.replay.metrics, "write the metrics there afterwards; - is stdout");
    app.add_flag("--strict", flags.replay.strict, "exit with 1 if any input was rejected");
    app.add_flag("--json", flags.replay.json, "print the summary as one JSON object");
    app.add_option("--config.file", flags.config_file, "YAML, see 'marathon-tally config defaults'");
    app.footer("Example:\n  marathon-tally replay events.ndjson.gz --database tally.db --metrics -");
}

std::string questions_text() {
    std::string text;
    for (const record::Question& question : record::questions()) {
        text += fmt::format("  @{:<18} {:<10} {}\n", question.name, question.parameters, question.what);
    }
    return text;
}

void add_query(CLI::App& app, Flags& flags) {
    app.add_option("--database", flags.database, "the SQLite file")->required();
    app.add_option("SQL", flags.sql, "one SELECT, or @NAME of a question below")->required();
    app.add_option("PARAMETER", flags.parameters, "key=value for each :key in the SQL");
    app.add_option("--format", flags.table_format, "table, csv or json [table]")
        ->check(CLI::IsMember({"table", "csv", "json"}));
    app.footer(
        "Examples:\n  marathon-tally query --database tally.db "
        "'SELECT * FROM v_deployments WHERE outcome = :o' o=failed\n"
        "  marathon-tally query --database tally.db @slowest t=1760000000\n"
        "Questions:\n" + questions_text()
    );
}

int run_query(const Flags& flags) {
    std::string sql = flags.sql;
    if (sql.starts_with('@')) {
        const record::Question* question = record::find_question(std::string_view(sql).substr(1));
        if (question == nullptr) {
            throw CannotStart{fmt::format("there is no question {}; there are:\n{}", sql, questions_text())};
        }
        sql = question->sql;
    }
    std::vector<std::pair<std::string, std::string>> parameters;
    for (const std::string& text : flags.parameters) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
            throw CannotStart{fmt::format("'{}' is not key=value", text)};
        }
        parameters.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    const auto table = record::query(flags.database, sql, parameters, {});
    if (!table) {
        fmt::print(stderr, "marathon-tally: {}\n", table.error().what);
        return failed;
    }
    print_table(*table, flags.table_format, stdout);
    return done;
}

int run_verify(const Flags& flags) {
    const auto tell = [](std::string_view line) { fmt::print("{}\n", line); };
    const std::string scratch = fmt::format("{}.verify-{}", flags.database, ::getpid());
    const auto verified = record::verify(flags.database, scratch, tell);
    if (!verified) {
        fmt::print(stderr, "marathon-tally: {}\n", verified.error().what);
        return failed;
    }
    fmt::print("{} events folded again, {} differences{}\n", verified->events, verified->differences,
               verified->fold_checked ? "" : ", fold not checked");
    return verified->differences == 0 ? done : failed;
}

int run_config_check(const Flags& flags) {
    const auto read = read_config_file(flags.check_file, {});
    if (!read) {
        fmt::print(stderr, "marathon-tally: {}\n", read.error().what);
        return failed;
    }
    fmt::print("{} is good\n", flags.check_file);
    return done;
}

int run_replay(Flags& flags) {
    Config config;
    if (!flags.config_file.empty()) {
        auto read = read_config_file(flags.config_file, config);
        if (!read) {
            throw CannotStart{read.error().what};
        }
        config = std::move(*read);
    }
    config.database = flags.database;
    return replay(flags.replay, config);
}

int parse_and_run(int argc, char** argv) {
    Flags flags;
    CLI::App app("marathon-tally: the event bus of Mesos Marathon as numbers that can be trusted");
    app.set_version_flag("--version", version_text());
    app.require_subcommand(1);
    CLI::App& run = *app.add_subcommand("run", "follow Marathons and serve metrics");
    CLI::App& replay = *app.add_subcommand("replay", "read recorded events into the database");
    CLI::App& query = *app.add_subcommand("query", "ask the database a question in SQL");
    CLI::App& verify = *app.add_subcommand("verify", "fold the stored events again and compare every number");
    CLI::App& config = *app.add_subcommand("config", "check a config file or print the defaults");
    add_run(run, flags);
    add_replay(replay, flags);
    add_query(query, flags);
    verify.add_option("--database", flags.database, "the SQLite file")->required();
    verify.footer("Example:\n  marathon-tally verify --database tally.db");
    config.require_subcommand(1);
    config.footer("Example:\n  marathon-tally config defaults > tally.yml && marathon-tally config check tally.yml");
    CLI::App& config_check = *config.add_subcommand("check", "read a config file and say what is wrong with it");
    CLI::App& config_defaults = *config.add_subcommand("defaults", "print every setting with its default");
    config_check.add_option("FILE", flags.check_file)->required();
    app.footer("Example:\n  marathon-tally run --marathon http://marathon:8080");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == done) {
            return app.exit(error);
        }
        throw CannotStart{error.what()};
    }
    if (run) {
        allow_many_open_files();
        const auto read = [&flags, &run]() -> Result<Config> {
            try {
                return config_of(flags, run);
            } catch (const CannotStart& error) {
                return Error{error.what};
            }
        };
        return run_daemon(config_of(flags, run), read);
    }
    if (replay) {
        return run_replay(flags);
    }
    if (query) {
        return run_query(flags);
    }
    if (verify) {
        return run_verify(flags);
    }
    if (config_defaults) {
        fmt::print("{}", default_config());
        return done;
    }
    return run_config_check(flags);
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return parse_and_run(argc, argv);
    } catch (const tally::CannotStart& error) {
        fmt::print(stderr, "marathon-tally: {}\n", error.what);
    } catch (const std::exception& error) {
        fmt::print(stderr, "marathon-tally: {}\n", error.what());
    }
    return cannot_start;
}
