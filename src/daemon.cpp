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

#include "callback_door.hpp"
#include "config_change.hpp"
#include "history_writer.hpp"
#include "ingest_thread.hpp"
#include "log.hpp"
#include "query_runner.hpp"
#include "scraper.hpp"
#include "sources.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"
#include "tally/report/self.hpp"
#include "tally/serve/http_server.hpp"
#include "tally/serve/negotiate.hpp"
#include "tally/serve/pages.hpp"
#include "version.hpp"

namespace tally {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds patience_with_clients{1};
constexpr std::chrono::milliseconds time_to_exit{4'700};  // live.md section 4: 5 s
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

CallbackAccess callback_access(const Config& config) {
    auto access = read_callback_access(config.sources);
    if (!access) {
        throw CannotStart{access.error().what};
    }
    return *std::move(access);
}

/// All parts of the running program, in the order in which they are made; they end in the reverse.
class Daemon {
  public:
    Daemon(const Config& config, ReadConfig read_config);
    int run();

  private:
    std::vector<serve::Route> routes();
    void metrics(const serve::Request& request, serve::Responder responder);
    bool take_callback(CallbackInput input, CallbackDoor::Completion completion);
    void follow_sources(const IngestThread::Streams& streams);
    void expect_signals();
    void expect_hangup();
    Result<void> reload();
    Result<void> reload_web_config(const Config& next);
    [[nodiscard]] IngestThread::Options ingest_options() const;
    [[nodiscard]] IngestThread::Outside ingest_outside();
    void stop();
    void end_when_quiet(std::chrono::steady_clock::time_point deadline);
    bool commit_all();
    [[nodiscard]] std::vector<serve::ReadyReason> not_ready() const;
    [[nodiscard]] serve::Landing landing() const;
    [[nodiscard]] report::SelfNumbers self_numbers();

    const Config first_config_;  ///< of the start
    Config config_;
    ReadConfig read_config_;
    TimeMs started_ = wall_now();
    asio::io_context io_{1};
    record::History history_;
    record::Identity identity_;
    serve::QueryApi queries_;  // before the server, whose requests it answers
    CallbackDoor callbacks_;   // the same
    serve::HttpServer server_;
    asio::signal_set signals_;
    asio::signal_set hangups_;
    asio::steady_timer farewell_{io_};
    asio::thread_pool workers_{1};    // snapshots of large clusters are decoded there
    Sources sources_;
    std::uint64_t next_connection_ = 0;
    bool has_users_ = false;  ///< by the web config
    std::optional<bool> reloaded_well_;  ///< the last reload, if there was one
    TimeMs config_taken_ = wall_now();   ///< when the configuration in force was taken over
    bool restored_ = false;
    bool stopping_ = false;
    TimeMs stopped_ = 0;
    std::chrono::steady_clock::time_point exit_by_{};
    std::atomic<bool> retry_posted_ = false;
    bool failed_ = false;
    report::Timing commits_;
    HistoryWriter writer_;
    std::unique_ptr<IngestThread> ingest_;
    Scraper scraper_;  // behind the ingest thread, which it asks
};

Daemon::Daemon(const Config& config, ReadConfig read_config)
    : first_config_(config),
      config_(config),
      read_config_(std::move(read_config)),
      history_(config.database),
      identity_(config.database),
      queries_(query_runner(config.database, config.query_size), config.queries),
      callbacks_(callback_access(config), [this](CallbackInput input, CallbackDoor::Completion completion) {
          return take_callback(std::move(input), std::move(completion));
      }),
      server_(io_, routes(), config.http, web_config(config)),
      signals_(io_, SIGTERM, SIGINT),
      hangups_(io_, SIGHUP),
      sources_(io_, workers_,
               {.hand_over = [this](IngestThread::Message& message) { return ingest_->hand_over(message); },
                .next_connection = [this] { return next_connection_++; }}),
      writer_(history_, HistoryWriter::OnError::retry, {.payload_hot = config.payload_hot,
                                                          .retention_time = config.retention_time,
                                                          .retention_bytes = config.retention_bytes}),
      scraper_([this](model::KnownSeries known,
                      Scraper::Taken taken) { return ingest_->scrape(std::move(known), std::move(taken)); },
               config.buckets) {
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
        callbacks_.route(config_.max_event_bytes),
    };
    if (config_.enable_lifecycle) {
        routes.push_back({Method::post, "/-/quit", [this](serve::Request, serve::Responder responder) {
                              responder({.content_type = "text/plain; charset=utf-8", .body = "stopping\n"});
                              stop();
                          }});
        routes.push_back({Method::post, "/-/reload", [this](serve::Request, serve::Responder responder) {
                              const auto done = reload();
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
    const bool gzip = serve::accepts_gzip(request.header("accept-encoding"));
    scraper_.scrape({.format = serve::negotiate_format(request.header("accept")),
                     .packing = gzip ? report::Packing::gzip : report::Packing::plain,
                     .streams = sources_.numbers(),
                     .self = self_numbers(),
                     .responder = std::move(responder)});
}

/// False: not now.
bool Daemon::take_callback(CallbackInput input, CallbackDoor::Completion completion) {
    Follower* source = restored_ && !stopping_ ? sources_.find(input.source) : nullptr;
    if (source == nullptr) {
        return false;
    }
    const std::uint64_t size = input.body.size();
    Slab slab{.source = input.source,
              .way = Way::callback,
              .connection = next_connection_++,  // a POST is a way of its own
              .wall = input.wall,
              .bytes = std::move(input.body),
              .bodies = {{.at = 0, .size = size, .bytes = size, .too_large = 0}}};
    slab.bytes.append(decode::body_padding, '\0');
    IngestThread::Message message(IngestThread::Called{
        .slab = std::move(slab),
        .answer = [this, name = input.source, completion = std::move(completion)](CallbackAnswer answer) {
            completion(answer);
            if (answer == CallbackAnswer::accepted) {
                asio::post(io_, [this, name] {
                    if (Follower* called = sources_.find(name)) {
                        called->called(wall_now());
                    }
                });
            }
        }});
    return ingest_->hand_over(message);
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
    self.history_errors = {{"commit", history.errors}, {"restore", history.restore_errors},
                           {"tend", history.tend_errors}};
    self.payloads_packed = history.payloads_packed;
    self.oldest_event = history.oldest_event;
    self.last_reload_successful = reloaded_well_.value_or(true);  // of the start
    self.last_reload_success = config_taken_;
    const serve::HttpServer::Numbers http = server_.numbers();
    self.http_connections = http.connections;
    self.http_responses = http.responses;
    return self;
}

std::vector<serve::ReadyReason> Daemon::not_ready() const {
    const TimeMs now = wall_now();
    std::vector<serve::ReadyReason> reasons;
    if (stopping_) {
        reasons.push_back({.source = {}, .reason = serve::NotReady::shutting_down, .since = stopped_, .detail = {}});
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
                           .since = writer_.failing_since(),
                           .detail = "the last commit failed and is tried again"});
    }
    if (ingest_ && ingest_->is_losing()) {
        reasons.push_back({.source = {},
                           .reason = serve::NotReady::history_unwritable,
                           .since = ingest_->losing_since(),
                           .detail = "the journal has no room: events are lost, and counted as shed"});
    }
    for (serve::ReadyReason& reason : sources_.not_ready(now)) {
        reasons.push_back(std::move(reason));
    }
    return reasons;
}

serve::Landing Daemon::landing() const {
    serve::Landing landing{.version = TALLY_VERSION, .sources = sources_.landing(), .reasons = not_ready(), .links = {}};
    return landing;
}

void Daemon::follow_sources(const IngestThread::Streams& streams) {
    restored_ = true;
    if (stopping_) {
        return;
    }
    sources_.begin(first_config_, streams);  // ingest knows the sources of that one
    if (reloaded_well_) {
        sources_.change(config_);
    }
}

void Daemon::stop() {
    if (stopping_) {
        return;
    }
    stopping_ = true;
    stopped_ = wall_now();
    exit_by_ = std::chrono::steady_clock::now() + time_to_exit;
    Log::write(LogLevel::info, "stopping");
    // A second signal does not wait for the disk.
    signals_.clear();
    std::signal(SIGTERM, [](int) { std::_Exit(1); });
    std::signal(SIGINT, [](int) { std::_Exit(1); });
    if (!restored_) {
        history_.abandon_start();
    }
    sources_.stop(connect::Cause::shutdown);
    server_.close();
    end_when_quiet(std::chrono::steady_clock::now() + patience_with_clients);
}

/// Answers on their way are sent, unless a client takes too long.
void Daemon::end_when_quiet(std::chrono::steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds look_again{5};
    constexpr std::chrono::milliseconds patience_with_marathon{1'200};  // more than with clients: 2.2 s in all
    const auto now = std::chrono::steady_clock::now();
    const bool clients_gone = server_.numbers().connections == 0 || now >= deadline;
    if (clients_gone && (sources_.is_stopped() || now >= deadline + patience_with_marathon)) {
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
            (void)reload();
            expect_hangup();
        }
    });
}

/// All or nothing; says in the log what was wrong.
Result<void> Daemon::reload() {
    const auto next = read_config_();
    auto done = !next ? Result<void>(next.error()) : can_become(config_, *next);
    auto access = done ? read_callback_access(next->sources) : Result<CallbackAccess>(Error{});
    if (done && !access) {
        done = access.error();
    }
    if (done) {
        done = reload_web_config(*next);
    }
    reloaded_well_ = done.has_value();
    if (!done) {
        Log::write(LogLevel::error, "the configuration stays as it was", {{"error", done.error().what}});
        return done;
    }
    config_taken_ = wall_now();
    callbacks_.change(*std::move(access));
    take_over(config_, *next);
    Log::configure(config_.log_level, config_.log_format);
    if (restored_ && !stopping_) {
        sources_.change(config_);
    }
    Log::write(LogLevel::info, "configuration reloaded");
    return done;
}

Result<void> Daemon::reload_web_config(const Config& next) {
    if (next.web_config_file.empty()) {
        return {};
    }
    auto web = serve::read_web_config(next.web_config_file);
    const bool opens_the_door = web && ((server_.wants_tls() && !web->tls) || (has_users_ && web->users.empty()));
    const auto done = !web             ? Result<void>(web.error())
                      : opens_the_door ? Result<void>(Error{"it would take TLS or all users away: restart for that"})
                                       : server_.reload(*web);
    if (done) {
        has_users_ = !web->users.empty();
    }
    return done;
}

IngestThread::Options Daemon::ingest_options() const {
    IngestThread::Options options;
    // Larger than a replay's: while the history waits for its disk, the fold goes on for some seconds.
    options.ingest = {.world = {.max_apps = config_.max_apps, .buckets = config_.buckets},
                      .keep_payload = config_.keep_payload,
                      .commit_inputs_max = 50'000,
                      .batch_bytes_max = std::size_t{32} << 20};
    options.intake = {.hold_max = config_.reconcile.hold, .hold_bytes_max = config_.reconcile.hold_bytes_max};
    options.journal = config_.database + ".journal";
    options.journal_size = {.bytes_max = config_.journal.bytes_max, .reserve_bytes = config_.journal.reserve_bytes};
    for (const SourceConfig& source : config_.sources) {
        options.sources.push_back(source.name);
    }
    return options;
}

IngestThread::Outside Daemon::ingest_outside() {
    return {.restored =
                [this](IngestThread::Streams streams) {
                    asio::post(io_, [this, streams = std::move(streams)] { follow_sources(streams); });
                },
            .room =
                [this] {
                    // Once for many: the io thread looks at all that waits.
                    if (!retry_posted_.exchange(true)) {
                        asio::post(io_, [this] {
                            retry_posted_ = false;
                            sources_.retry();
                        });
                    }
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
                }};
}

int Daemon::run() {
    // Connections of one run are numbered from here: 2^20 sessions apart from those of any other run.
    next_connection_ = history_.next_connection() * 1048576;
    ingest_ = std::make_unique<IngestThread>(history_, identity_, writer_, ingest_options(), ingest_outside());
    expect_signals();
    io_.run();
    return commit_all() && !failed_ ? 0 : 1;
}

/// Folds and commits what was received, and gives up when the disk does not take it in time: what is in the journal then
/// is not lost.
bool Daemon::commit_all() {
    static constexpr std::chrono::milliseconds last_moment{700};
    if (!stopping_) {
        exit_by_ = std::chrono::steady_clock::now() + time_to_exit;
    }
    std::promise<void> ended;
    std::thread watchdog([this, over = ended.get_future()] {
        if (over.wait_until(exit_by_ - 2 * last_moment) == std::future_status::timeout) {
            writer_.stop();
            history_.abandon_start();
        }
        if (over.wait_until(exit_by_) == std::future_status::timeout) {
            Log::write(LogLevel::error, "the disk does not answer; what the journal has is taken up at the next start");
            std::_Exit(1);
        }
    });
    workers_.stop();
    ingest_->finish(sources_.take_rest());
    const auto written = writer_.drain();
    scraper_.join();
    workers_.join();
    ended.set_value();
    watchdog.join();
    if (writer_.file_is_gone()) {
        Log::write(LogLevel::error, "the database file was removed and could not be written again: the history is lost");
        return false;
    }
    if (!written) {
        Log::write(ingest_->kept_all() ? LogLevel::warn : LogLevel::error,
                   ingest_->kept_all() ? "the history could not be written; the next start takes it from the journal"
                                       : "the last events could not be kept",
                   {{"error", written.error().what}});
    }
    return written.has_value() || ingest_->kept_all();
}

}  // namespace

int run_daemon(const Config& config, ReadConfig read_config) {
    Log::configure(config.log_level, config.log_format);
    if (config.sources.empty()) {
        throw CannotStart{"no Marathon to follow: give --marathon URL or a config file with sources"};
    }
    Daemon daemon(config, std::move(read_config));
    return daemon.run();
}

}  // namespace tally
