#include "reconciler.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "log.hpp"
#include "tally/decode/decode_snapshot.hpp"

namespace tally {

namespace {

namespace asio = boost::asio;
using connect::RestClient;

constexpr unsigned ok = 200;
constexpr unsigned not_found = 404;
constexpr std::chrono::milliseconds settle_time{1000};
constexpr std::chrono::milliseconds room_wait{50};

ReconcileFsm::Milliseconds steady_now() {
    return std::chrono::duration_cast<ReconcileFsm::Milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

/// Whom to ask while the stream is served from `url`: the member that serves it. A leader that is no member is asked
/// through one, in turn: only they get our credentials, and they pass questions on.
connect::Endpoint server_of(
    const std::string& url, const std::vector<connect::Endpoint>& members, std::uint64_t turn
) {
    if (const auto attached = connect::parse_endpoint(url)) {
        for (const connect::Endpoint& member : members) {
            if (same_server(member, *attached)) {
                return member;
            }
        }
    }
    return members[turn % members.size()];
}

/// One look at a cluster: the bodies, in the order in which they are asked for, until one fails.
struct Look {
    Intake::Look how;
    std::unique_ptr<decode::SnapshotDecoder> decoder = std::make_unique<decode::SnapshotDecoder>();
    decode::Snapshot snapshot;
    std::string failure;
    unsigned status = 0;   ///< of the answer that was the failure; 0: none came, or it was not what it should be
    bool refused = false;  ///< 4xx: who may not ask, or asks somebody who knows nothing of snapshots, need not wait for one
};

}  // namespace

struct Reconciler::Shared : std::enable_shared_from_this<Reconciler::Shared> {
    Shared(asio::io_context& io_, asio::thread_pool& workers_, Options options_, Outside outside_)
        : io(io_),
          workers(workers_),
          options(std::move(options_)),
          outside(std::move(outside_)),
          rest(std::make_unique<RestClient>(io_, options.rest)),
          fsm(options.fsm),
          timer(io_),
          random(std::random_device()()) {}

    void happened(const ReconcileFsm::Happened& what) {
        const double chance = std::uniform_real_distribution<double>(0, 1)(random);
        const auto action = fsm.step(what, steady_now(), chance);
        if (const auto* ask = std::get_if<ReconcileFsm::Ask>(&action)) {
            begin(*ask);
        } else if (std::holds_alternative<ReconcileFsm::HandOver>(action)) {
            hand_over();
        } else if (const auto* wait = std::get_if<ReconcileFsm::Wait>(&action)) {
            after(wait->length, [](Shared& self) { self.happened(ReconcileFsm::WaitOver{}); });
        } else if (std::holds_alternative<ReconcileFsm::Stop>(action)) {
            timer.cancel();
            forget();
        }
    }

    /// Calls `then` later, unless the round is over by then.
    void after(std::chrono::milliseconds length, void (*then)(Shared&)) {
        timer.expires_after(length);
        timer.async_wait([weak = weak_from_this(), then, of = round](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self && self->round == of) {
                then(*self);
            }
        });
    }

    /// What is under way ends: its connection too. What was handed over and found no room is of a session that is over.
    void forget() {
        ++round;
        patience.cancel();
        look.reset();
        waiting.clear();
        rest = std::make_unique<RestClient>(io, options.rest);
    }

    void begin(const ReconcileFsm::Ask& ask) {
        ++round;
        patience.expires_after(options.rest.within);
        patience.async_wait([weak = weak_from_this(), of = round](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self && self->round == of && self->fsm.state() == ReconcileFsm::State::reading) {
                self->forget();
                self->look = std::make_shared<Look>();  // a worker may be at the other one
                self->look->how.sent = wall_now();
                self->look->failure = "it took longer than reconcile.timeout";
                self->failed();
            }
        });
        server = server_of(url, options.members, turn);
        lets_settle = ask.lets_settle;
        look = std::make_shared<Look>();
        look->how = {.sent = wall_now(),
                     .health_is_settled = ask.health_is_settled,
                     .accept_framework = options.accept_framework};
        get("/v2/info", &Shared::info);
    }

    // One body after the other. Each step runs on `workers`, says what went wrong or nothing, and names the next.

    struct Next {
        const char* target = nullptr;  ///< none: that was all
        Next (*read)(Look&, RestClient::Reply) = nullptr;
    };

    static Next fail(Look& look, std::string_view what, const std::string& why) {
        look.failure = fmt::format("{}: {}", what, why);
        return {};
    }

    static Next fail(Look& look, std::string_view what, const RestClient::Reply& reply) {
        constexpr unsigned bad_request = 400, server_error = 500;
        look.status = reply.status;
        look.refused = reply.status >= bad_request && reply.status < server_error;
        return fail(look, what, why(reply));
    }

    static std::string why(const RestClient::Reply& reply) {
        return reply.status == 0 ? fmt::format("{}: {}", to_string(reply.failure), reply.detail)
                                 : fmt::format("HTTP status {}", reply.status);
    }

    static Next info(Look& look, RestClient::Reply reply) {
        constexpr const char* next = "/v2/apps?embed=apps.tasks&embed=apps.counts&embed=apps.deployments";
        if (reply.status == ok) {
            if (const auto read = look.decoder->info(std::move(reply.body)); !read) {
                return fail(look, "/v2/info", read.error().what);
            }
        } else if (reply.status != not_found) {
            return fail(look, "/v2/info", reply);
        }
        look.how.sent = wall_now();
        return {next, &Shared::apps};
    }

    static Next apps(Look& look, RestClient::Reply reply) {
        if (reply.status != ok) {
            return fail(look, "/v2/apps", reply);
        }
        const auto read = look.decoder->apps(std::move(reply.body));
        if (!read) {
            return fail(look, "/v2/apps", read.error().what);
        }
        return read->tasks_embedded ? Next{"/v2/deployments", &Shared::deployments} : Next{"/v2/tasks", &Shared::tasks};
    }

    static Next tasks(Look& look, RestClient::Reply reply) {
        if (reply.status != ok) {
            return fail(look, "/v2/tasks", reply);
        }
        if (const auto read = look.decoder->tasks(std::move(reply.body)); !read) {
            return fail(look, "/v2/tasks", read.error().what);
        }
        return {"/v2/deployments", &Shared::deployments};
    }

    static Next deployments(Look& look, RestClient::Reply reply) {
        if (reply.status != ok) {
            return fail(look, "/v2/deployments", reply);
        }
        if (const auto read = look.decoder->deployments(std::move(reply.body)); !read) {
            return fail(look, "/v2/deployments", read.error().what);
        }
        return {"/v2/pods/::status", &Shared::pods};
    }

    static Next pods(Look& look, RestClient::Reply reply) {
        if (reply.status == ok) {
            if (const auto read = look.decoder->pods(std::move(reply.body)); !read) {
                return fail(look, "/v2/pods/::status", read.error().what);
            }
        } else if (reply.status != not_found) {
            return fail(look, "/v2/pods/::status", reply);
        }
        look.snapshot = look.decoder->take();
        return {};
    }

    void get(const char* target, Next (*read)(Look&, RestClient::Reply)) {
        rest->ask(
            {.server = server, .target = target},
            [weak = weak_from_this(), of = round, read](RestClient::Reply reply) {
                const auto self = weak.lock();
                if (!self || self->round != of) {
                    return;
                }
                auto body = std::make_shared<RestClient::Reply>(std::move(reply));
                asio::post(self->workers, [weak, of, read, body, it = self->look, &context = self->io] {
                    const Next next = read(*it, std::move(*body));
                    asio::post(context, [weak, of, next] {
                        if (const auto back = weak.lock(); back && back->round == of) {
                            back->read_one(next);
                        }
                    });
                });
            }
        );
    }

    void read_one(const Next& next) {
        if (next.target != nullptr) {
            get(next.target, next.read);
        } else if (!look->failure.empty()) {
            failed();
        } else if (lets_settle) {
            after(settle_time, [](Shared& self) { self.happened(ReconcileFsm::Read{}); });
        } else {
            happened(ReconcileFsm::Read{});
        }
    }

    void failed() {
        patience.cancel();
        ++turn;
        detail = look->failure;
        Log::write(fsm.is_failing() ? LogLevel::info : LogLevel::warn, "no snapshot",
                   {{"source", options.source}, {"error", detail}});
        const unsigned status = look->status;
        give(nullptr, {});
        outside.looked(status);
        happened(ReconcileFsm::ReadFailed{});
    }

    void hand_over() {
        give(std::move(look->decoder), [weak = weak_from_this(), of = round, &context = io](Intake::Seen seen) {
            asio::post(context, [weak, of, seen = std::move(seen)] {
                if (const auto self = weak.lock(); self && self->round == of) {
                    self->compared(seen);
                }
            });
        });
    }

    /// To ingest, as soon as there is room.
    void give(std::unique_ptr<decode::SnapshotDecoder> owner, std::function<void(Intake::Seen)> done) {
        IngestThread::Looked looked{.source = options.source,
                                    .look = look->how,
                                    .owner = std::move(owner),
                                    .snapshot = std::move(look->snapshot),
                                    .failure = look->failure,
                                    .failed_for_good = look->refused,
                                    .done = done ? std::move(done) : [](Intake::Seen) {}};
        waiting.emplace_back(std::move(looked));
        give_waiting();
    }

    void give_waiting() {
        while (!waiting.empty() && outside.hand_over(waiting.front())) {
            waiting.erase(waiting.begin());
        }
        if (!waiting.empty()) {
            room_timer.expires_after(room_wait);
            room_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
                if (const auto self = weak.lock(); self && !error) {
                    self->give_waiting();
                }
            });
        }
    }

    void compared(const Intake::Seen& seen) {
        other_cluster = seen.result == Intake::Compared::other_cluster;
        detail = seen.detail;
        if (seen.result == Intake::Compared::ok) {
            Log::write(LogLevel::info, "snapshot compared",
                       {{"source", options.source}, {"differences", std::to_string(seen.differences)}});
        } else {
            Log::write(LogLevel::warn, other_cluster ? "another cluster" : "snapshot not compared",
                       {{"source", options.source}, {"detail", detail}});
        }
        outside.looked(ok);
        happened(ReconcileFsm::Compared{.good = seen.result == Intake::Compared::ok,
                                        .health_is_unsettled = seen.health_is_unsettled});
    }

    asio::io_context& io;
    asio::thread_pool& workers;
    Options options;
    Outside outside;
    std::unique_ptr<RestClient> rest;
    ReconcileFsm fsm;
    asio::steady_timer timer;
    asio::steady_timer patience{io};  ///< for one look, all its bodies together
    asio::steady_timer room_timer{io};
    std::mt19937 random;
    std::string url;  ///< that serves the stream
    connect::Endpoint server;
    std::uint64_t turn = 0;  ///< of the members, where none of them serves the stream
    std::shared_ptr<Look> look;
    std::vector<IngestThread::Message> waiting;
    std::uint64_t round = 0;  ///< what belongs to an earlier one is forgotten
    bool lets_settle = false;
    bool other_cluster = false;
    TimeMs attached_since = 0;
    std::string detail;
};

Reconciler::Reconciler(asio::io_context& io, asio::thread_pool& workers, Options options, Outside outside)
    : shared_(std::make_shared<Shared>(io, workers, std::move(options), std::move(outside))) {}

Reconciler::~Reconciler() = default;

void Reconciler::attached(const std::string& url) {
    shared_->url = url;
    shared_->attached_since = wall_now();
    shared_->detail = "reading the snapshot";
    shared_->happened(ReconcileFsm::Attached{});
}

void Reconciler::detached() { shared_->happened(ReconcileFsm::Detached{}); }

std::optional<serve::ReadyReason> Reconciler::not_ready(TimeMs) const {
    if (shared_->fsm.state() == ReconcileFsm::State::detached) {
        return std::nullopt;
    }
    serve::ReadyReason reason{.source = shared_->options.source,
                              .reason = serve::NotReady::other_cluster,
                              .since = shared_->attached_since,
                              .detail = shared_->detail};
    if (shared_->other_cluster) {
        return reason;
    }
    reason.reason = serve::NotReady::reconciling;
    return shared_->fsm.is_done(steady_now()) ? std::nullopt : std::optional(reason);
}

}  // namespace tally
