// Faults: what is done when one is ordered, and when those that last are over.
#include <algorithm>
#include <cstdio>

#include "simulate/server_inside.hpp"
#include "simulate/words.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t past_orders_max = 256;
constexpr int orders_at_once_max = 1000;

}  // namespace

/// Everything that waits for a time or for something to happen, as far as it is due. Called again
/// from within, it leaves the rest to the call before.
void Server::Inside::tend() {
    if (tending) {
        return;
    }
    tending = true;
    if (troubles.expire(Clock::now())) {
        apply_levels();
        wake_streams();
    }
    for (int i = 0; scenario && i < orders_at_once_max; ++i) {
        const auto due = scenario->step(
            {.time = Clock::now(),
             .events = feed.sent(),
             .attached = streams_ever,
             .streams = streams.size()}
        );
        if (!due) {
            break;
        }
        order(*due);
    }
    tending = false;
    const auto wake = scenario ? scenario->wake() : std::nullopt;
    if (wake && *wake < conductor.expiry()) {
        conductor.cancel();  // it sleeps too long
    }
}

asio::awaitable<void> Server::Inside::conduct() {
    constexpr std::chrono::hours long_time{24};
    while (true) {
        tend();
        auto next = Clock::now() + long_time;
        const auto end = troubles.next_end();
        const auto wake = scenario ? scenario->wake() : std::nullopt;
        next = std::min(next, end.value_or(next));
        next = std::min(next, wake.value_or(next));
        conductor.expires_at(next);
        co_await conductor.async_wait(no_throw);
    }
}

void Server::Inside::order(const Trouble& trouble) {
    past_orders.push_back(
        format_timestamp(wall_clock()) + " " + std::to_string(feed.sent()) + " " + trouble.text
    );
    if (options.tells) {
        std::fprintf(stderr, "marathon-sim: %s\n", past_orders.back().c_str());
    }
    if (past_orders.size() > past_orders_max) {
        past_orders.pop_front();
    }
    act(trouble);
    apply_levels();
    wake_streams();
    conductor.cancel();
}

void Server::Inside::act(const Trouble& trouble) {
    switch (trouble.kind) {
        case TroubleKind::close:
        case TroubleKind::rst:
            end_streams(trouble.kind == TroubleKind::close ? "close" : "rst");
            return;
        case TroubleKind::half_frame:
            for (const std::shared_ptr<Stream>& stream : streams) {
                stream->cut = trouble;
            }
            return;
        case TroubleKind::flush:
            for (const std::shared_ptr<Stream>& stream : streams) {
                stream->flush = true;
            }
            return;
        case TroubleKind::expire_tokens:
            credentials.expire_tokens();
            return;
        case TroubleKind::leader_change:
            change_leader(trouble);
            return;
        case TroubleKind::rerun:
            feed.rerun(wall_clock());
            catch_up();
            return;
        case TroubleKind::clear:
            troubles.clear();
            for (const std::shared_ptr<Stream>& stream : streams) {
                stream->cut.reset();
            }
            return;
        case TroubleKind::refuse:
            for (const std::unique_ptr<Member>& member : members) {
                boost::system::error_code ignored;
                member->acceptor.close(ignored);
            }
            break;
        case TroubleKind::snapshot_older: {
            catch_up();
            const std::shared_ptr<const Picture> now = picture();
            older = Older{.shown = now, .next = now, .taken_at = feed.sent()};
            break;
        }
        default:
            break;
    }
    troubles.put(trouble, Clock::now());
}

void Server::Inside::end_streams(const std::string& how) {
    for (const std::shared_ptr<Stream>& stream : streams) {
        if (how == "rst") {
            stream->reset = true;
            stream->connection->channel.reset();
        }
        stream->backlog.close();
    }
}

/// The old leader's streams end before the new one says anything.
void Server::Inside::change_leader(const Trouble& trouble) {
    end_streams(trouble.how);
    const auto asked = number_of<std::size_t>(trouble.to);
    leading = asked.value_or(leading + 1) % members.size();
    if (trouble.ready_after > 0) {
        Trouble not_ready = default_trouble(TroubleKind::empty_200);
        not_ready.count = trouble.ready_after;
        troubles.put(not_ready, Clock::now());
    }
    feed.change_leader(wall_clock());
    catch_up();
}

/// What lasts and is not looked up when it is needed.
void Server::Inside::apply_levels() {
    const auto share = [this](TroubleKind kind) {
        const Trouble* found = troubles.find(kind);
        return found == nullptr ? 0 : found->share;
    };
    feed.worsen(
        share(TroubleKind::duplicate), share(TroubleKind::reorder), share(TroubleKind::bad)
    );
    const Trouble* late = troubles.find(TroubleKind::callbacks_late);
    callbacks.set_late(
        share(TroubleKind::callbacks_late),
        late == nullptr ? std::chrono::milliseconds(0) : late->delay
    );
    if (troubles.find(TroubleKind::snapshot_older) == nullptr) {
        older.reset();
    }
    release();
}

void Server::Inside::wake_streams() {
    for (const std::shared_ptr<Stream>& stream : streams) {
        stream->wake.cancel();
        stream->pace.cancel();
    }
}

/// An older snapshot grows old no further than it was asked to.
void Server::Inside::turn_pictures() {
    const Trouble* wanted = troubles.find(TroubleKind::snapshot_older);
    if (!older || wanted == nullptr || wanted->events == 0 || feed.ahead() ||
        feed.sent() < older->taken_at + wanted->events) {
        return;
    }
    older->shown = std::move(older->next);
    older->next = picture();
    older->taken_at = feed.sent();
}

/// No fault any more, nothing held back, nothing new: what is true now is also said.
void Server::Inside::settle() {
    scenario.reset();
    paused = true;
    order(default_trouble(TroubleKind::clear));
    feed.flush();
    catch_up();
}

}  // namespace tally::simulate
