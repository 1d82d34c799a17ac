#include "daemon.hpp"

#include <csignal>
#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "follower.hpp"
#include "history_writer.hpp"
#include "ingest_thread.hpp"
#include "log.hpp"
#include "query_runner.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"
#include "tally/report/exposition.hpp"
#include "tally/report/self.hpp"
#include "tally/serve/http_server.hpp"
#include "tally/serve/negotiate.hpp"
#include "tally/serve/pages.hpp"
#include "version.hpp"

namespace tally {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds patience_with_clients{1};
constexpr int internal_error = 500;

/// TLS and users of our own port, if there is a file that says so.
std::optional<serve::WebConfig> web_config(const Config& config) {
    if (config.web_config_file.empty()) {
        return std::nullopt;
    }
    auto web = serve::read_web_config(config.web_config_file);
    if (!web) {
        throw CannotStart{web.error().what};
    }
    return *std::move(web);
}

/// All parts of the running program, in the order in which they are made; they end in the reverse.
class Daemon {
  public:
    explicit Daemon(const Config& config);
    int run();

  private:
    std::vector<serve::Route> routes();
    void metrics(const serve::Request& request, serve::Responder responder);
    void follow_sources();
    void expect_signals();
    void expect_hangup();
    Result<void> reload_web_config();
    void stop();
    void end_when_quiet(std::chrono::steady_clock::time_point deadline);
    bool commit_all();
    [[nodiscard]] std::vector<serve::ReadyReason> not_ready() const;
    [[nodiscard]] serve::Landing landing() const;
    [[nodiscard]] report::SelfNumbers self_numbers();
    [[nodiscard]] std::vector<report::StreamNumbers> stream_numbers() const;

    Config config_;
    TimeMs started_ = wall_now();
    asio::io_context io_{1};
    record::History history_;
    record::Identity identity_;
    serve::QueryApi queries_;  // before the server, whose requests it answers
    serve::HttpServer server_;
    asio::signal_set signals_;
    asio::signal_set hangups_;
    asio::steady_timer farewell_{io_};
    asio::thread_pool renderers_{1};  // an exposition of many series takes milliseconds: not on io
    std::vector<std::unique_ptr<Follower>> followers_;
    std::uint64_t next_connection_ = 0;
    bool has_users_ = false;  ///< by the web config
    bool restored_ = false;
    bool stopping_ = false;
    bool failed_ = false;
    report::Timing scrapes_;  // renderer thread only
    report::Timing commits_;
    HistoryWriter writer_;
    std::unique_ptr<IngestThread> ingest_;
};

Daemon::Daemon(const Config& config)
    : config_(config),
      history_(config.database),
      identity_(config.database),
      queries_(query_runner(config.database, config.query_size), config.queries),
      server_(io_, routes(), config.http, web_config(config)),
      signals_(io_, SIGTERM, SIGINT),
      hangups_(io_, SIGHUP),
      writer_(history_, HistoryWriter::OnError::retry) {
    if (const auto web = web_config(config_)) {
        has_users_ = !web->users.empty();
    }
    if (config_.listen_addresses.empty()) {
        config_.listen_addresses.emplace_back("0.0.0.0:9977");
    }
    for (const std::string& address : config_.listen_addresses) {
        server_.listen(address);
    }
    for (const std::string& address : server_.addresses()) {
        Log::write(LogLevel::info, "listening", {{"address", (server_.wants_tls() ? "https://" : "http://") + address}});
    }
}

std::vector<serve::Route> Daemon::routes() {
    using serve::Method;
    std::vector<serve::Route> routes{
        {Method::get, "/metrics",
         [this](serve::Request request, serve::Responder responder) { metrics(request, std::move(responder)); }},
        {Method::get, "/",
         [this](serve::Request, serve::Responder responder) { responder(serve::landing_response(landing())); }},
        {Method::get, "/-/healthy",
         [](serve::Request, serve::Responder responder) { responder(serve::healthy_response()); }},
        {Method::get, "/-/ready",
         [this](serve::Request, serve::Responder responder) { responder(serve::ready_response(not_ready())); }},
        {Method::get, "/api/v1/query", queries_.handler()},
    };
    if (config_.enable_lifecycle) {
        routes.push_back({Method::post, "/-/quit", [this](serve::Request, serve::Responder responder) {
                              responder({.content_type = "text/plain; charset=utf-8", .body = "stopping\n"});
                              stop();
                          }});
        routes.push_back({Method::post, "/-/reload", [this](serve::Request, serve::Responder responder) {
                              const auto done = reload_web_config();
                              responder(done ? serve::Response{.content_type = "text/plain; charset=utf-8",
                                                               .body = "reloaded\n"}
                                             : serve::error_response(internal_error, done.error().what));
                          }});
    }
    return routes;
}

void Daemon::metrics(const serve::Request& request, serve::Responder responder) {
    if (!restored_) {
        responder(serve::unavailable_response("the history is being read", 1));
        return;
    }
    const report::Format format = serve::negotiate_format(request.header("accept"));
    auto answer = std::make_shared<serve::Responder>(std::move(responder));
    auto streams = std::make_shared<std::vector<report::StreamNumbers>>(stream_numbers());
    auto self = std::make_shared<report::SelfNumbers>(self_numbers());
    const bool taken = ingest_->scrape([this, format, answer, streams, self](const IngestThread::Snapshots& numbers) {
        asio::post(renderers_, [this, format, answer, streams, self, numbers] {
            const auto begin = std::chrono::steady_clock::now();
            self->scrapes = scrapes_;
            const auto own = report::self_collectable(*self);
            const auto process = report::process_collectable();
            const std::array<const prometheus::Collectable*, 2> others{own.get(), process.get()};
            std::string text = report::render(
                numbers, *streams, others, format,
                {.now = wall_now(), .show_all = false, .count_series = true, .buckets = config_.buckets}
            );
            scrapes_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
            (*answer)({.content_type = std::string(content_type(format)), .body = std::move(text)});
        });
    });
    if (!taken) {
        (*answer)(serve::unavailable_response("too busy", 1));
    }
}

std::vector<report::StreamNumbers> Daemon::stream_numbers() const {
    std::vector<report::StreamNumbers> numbers;
    for (const auto& follower : followers_) {
        numbers.push_back(follower->numbers());
    }
    return numbers;
}

report::SelfNumbers Daemon::self_numbers() {
    const HistoryWriter::Numbers history = writer_.numbers();
    const record::History::Sizes sizes = history_.sizes();
    for (const double seconds : history.commit_seconds) {
        commits_.observe(seconds);
    }
    report::SelfNumbers self;
    self.build = {{"version", TALLY_VERSION}};
    self.queues = {{.name = "ingest", .depth = ingest_->depth(), .capacity = IngestThread::capacity()},
                   {.name = "history", .depth = writer_.in_flight(), .capacity = HistoryWriter::in_flight_max}};
    self.commits = commits_;
    self.rows_written = {{"event", history.events},
                         {"rejected", history.rejected},
                         {"task_transition", history.transitions}};
    self.database_bytes = sizes.database_bytes;
    self.wal_bytes = sizes.wal_bytes;
    self.disk_free_bytes = sizes.free_disk_bytes;
    self.history_errors = {{"commit", history.errors}};
    for (const SourceConfig& source : config_.sources) {
        self.shed.push_back({.source = source.name});  // a stream is held, not shed
    }
    const serve::HttpServer::Numbers http = server_.numbers();
    self.http_connections = http.connections;
    self.http_responses = http.responses;
    return self;
}

std::vector<serve::ReadyReason> Daemon::not_ready() const {
    const TimeMs now = wall_now();
    std::vector<serve::ReadyReason> reasons;
    if (stopping_) {
        reasons.push_back({.source = {}, .reason = serve::NotReady::shutting_down, .since = now, .detail = {}});
    }
    if (!restored_) {
        reasons.push_back({.source = {},
                           .reason = serve::NotReady::starting,
                           .since = started_,
                           .detail = "the history is being read"});
    }
    if (writer_.failing()) {
        reasons.push_back({.source = {},
                           .reason = serve::NotReady::history_unwritable,
                           .since = now,
                           .detail = "the last commit failed and is tried again"});
    }
    for (const auto& follower : followers_) {
        for (auto& reason : follower->not_ready(now)) {
            reasons.push_back(std::move(reason));
        }
    }
    return reasons;
}

serve::Landing Daemon::landing() const {
    serve::Landing landing{.version = TALLY_VERSION, .sources = {}, .reasons = not_ready(), .links = {}};
    for (const auto& follower : followers_) {
        landing.sources.push_back(follower->landing());
    }
    return landing;
}

void Daemon::follow_sources() {
    restored_ = true;
    if (stopping_) {
        return;
    }
    for (const SourceConfig& source : config_.sources) {
        followers_.push_back(std::make_unique<Follower>(
            io_, source, config_,
            Follower::Outside{.hand_over = [this](Slab& slab) { return ingest_->hand_over(slab); },
                              .next_connection = [this] { return next_connection_++; }}
        ));
    }
}

void Daemon::stop() {
    if (stopping_) {
        return;
    }
    stopping_ = true;
    Log::write(LogLevel::info, "stopping");
    // A second signal does not wait for the disk.
    signals_.clear();
    std::signal(SIGTERM, [](int) { std::_Exit(1); });
    std::signal(SIGINT, [](int) { std::_Exit(1); });
    if (!restored_) {
        history_.abandon_start();
    }
    for (const auto& follower : followers_) {
        follower->stop();
    }
    server_.close();
    end_when_quiet(std::chrono::steady_clock::now() + patience_with_clients);
}

/// Answers on their way are sent, unless a client takes too long.
void Daemon::end_when_quiet(std::chrono::steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds look_again{5};
    if (server_.numbers().connections == 0 || std::chrono::steady_clock::now() >= deadline) {
        io_.stop();
        return;
    }
    farewell_.expires_after(look_again);
    farewell_.async_wait([this, deadline](const boost::system::error_code&) { end_when_quiet(deadline); });
}

void Daemon::expect_signals() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
        if (!error) {
            stop();
        }
    });
    expect_hangup();
}

void Daemon::expect_hangup() {
    hangups_.async_wait([this](const boost::system::error_code& error, int) {
        if (!error) {
            Log::write(LogLevel::warn, "SIGHUP: of the settings only the web config is read again");
            (void)reload_web_config();
            expect_hangup();
        }
    });
}

/// All or nothing; says in the log what was wrong.
Result<void> Daemon::reload_web_config() {
    if (config_.web_config_file.empty()) {
        return {};
    }
    auto web = serve::read_web_config(config_.web_config_file);
    const bool opens_the_door = web && ((server_.wants_tls() && !web->tls) || (has_users_ && web->users.empty()));
    const auto done = !web             ? Result<void>(web.error())
                      : opens_the_door ? Result<void>(Error{"it would take TLS or all users away: restart for that"})
                                       : server_.reload(*web);
    if (done) {
        has_users_ = !web->users.empty();
    }
    if (!done) {
        Log::write(LogLevel::error, "the web config stays as it was", {{"error", done.error().what}});
    }
    return done;
}

int Daemon::run() {
    // Connections of one run are numbered from here: 2^20 sessions apart from those of any other run.
    next_connection_ = history_.next_connection() * 1048576;
    std::vector<std::string> names;
    for (const SourceConfig& source : config_.sources) {
        names.push_back(source.name);
    }
    ingest_ = std::make_unique<IngestThread>(
        history_, identity_, writer_,
        Ingest::Options{.world = {.max_apps = config_.max_apps, .buckets = config_.buckets},
                        .keep_payload = config_.keep_payload},
        names,
        IngestThread::Outside{.restored = [this] { asio::post(io_, [this] { follow_sources(); }); },
                              .room =
                                  [this] {
                                      asio::post(io_, [this] {
                                          for (const auto& follower : followers_) {
                                              follower->retry();
                                          }
                                      });
                                  },
                              .failed =
                                  [this](const std::string& what) {
                                      asio::post(io_, [this, what] {
                                          if (stopping_) {
                                              return;  // it was told to
                                          }
                                          Log::write(LogLevel::error, "the history cannot be read", {{"error", what}});
                                          failed_ = true;
                                          stop();
                                      });
                                  }}
    );
    expect_signals();
    io_.run();
    return commit_all() && !failed_ ? 0 : 1;
}

/// Folds and commits what was received, and gives up when the disk does not take it in time.
bool Daemon::commit_all() {
    static constexpr std::chrono::seconds patience{4};
    std::promise<void> ended;
    std::thread watchdog([this, over = ended.get_future()] {
        if (over.wait_for(patience) == std::future_status::timeout) {
            writer_.stop();
        }
    });
    std::vector<Slab> rest;
    for (const auto& follower : followers_) {
        rest.push_back(follower->take_rest());
    }
    ingest_->finish(std::move(rest));
    const auto written = writer_.drain();
    renderers_.join();
    ended.set_value();
    watchdog.join();
    if (!written) {
        Log::write(LogLevel::error, "the last events could not be written", {{"error", written.error().what}});
    }
    return written.has_value();
}

}  // namespace

int run_daemon(const Config& config) {
    Log::configure(config.log_level, config.log_format);
    if (config.sources.empty()) {
        throw CannotStart{"no Marathon to follow: give --marathon URL or a config file with sources"};
    }
    Daemon daemon(config);
    return daemon.run();
}

}  // namespace tally
