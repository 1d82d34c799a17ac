#pragma once

#include <deque>
#include <list>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "simulate/answers.hpp"
#include "simulate/backlog.hpp"
#include "simulate/callbacks.hpp"
#include "simulate/channel.hpp"
#include "simulate/scenario.hpp"
#include "simulate/server.hpp"
#include "simulate/troubles.hpp"
#include "simulate/no_throw.hpp"

// What the files of the server share: its state, all on one thread. Start, end and the bus are in
// server.cpp, faults in orders.cpp, /sim/ in control.cpp, connections in connections.cpp, answers
// in replies.cpp, streams in event_streams.cpp. Each connection is one coroutine; that of a stream
// sleeps on a timer that ends with the next heartbeat or is cut short by an event.
namespace tally::simulate {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;


[[nodiscard]] TimeMs wall_clock();

[[nodiscard]] Result<tcp::acceptor> listen_at(asio::io_context& io, const std::string& address);

struct Connection {
    Connection(tcp::socket accepted, Tls* tls, std::size_t at)
        : deadline(accepted.get_executor()), channel(std::move(accepted), tls), member(at) {}

    asio::steady_timer deadline;
    Channel channel;
    std::size_t member;
    std::string input;  // read, not yet used
};

/// One address of the cluster. Closed while nobody is to get through.
struct Member {
    Member(tcp::acceptor listening, const tcp::endpoint& endpoint);

    tcp::acceptor acceptor;
    std::string address;  // "host:port", with the port that was found
};

struct Stream {
    Stream(Backlog events, const asio::any_io_executor& executor)
        : backlog(std::move(events)), wake(executor), pace(executor) {}

    Backlog backlog;
    asio::steady_timer wake;  // ends with an event or an order
    asio::steady_timer pace;  // between two pieces
    std::shared_ptr<Connection> connection;
    std::uint64_t number = 0;
    std::uint64_t born = 0;   // Troubles::orders() then
    std::uint64_t since = 0;  // events published before it came
    Delivered delivered;
    std::optional<Trouble> cut;  // what happens to its next event
    bool reset = false;
    bool flush = false;  // what is held goes out once
    bool chunked = false;
    bool begun = false;  // chunked: a chunk's end is owed
    std::string held;    // by the buffering proxy
};

inline const std::shared_ptr<Stream> no_stream;

/// What is still known of a stream that has ended.
struct PastStream {
    std::uint64_t number = 0;
    std::string peer;
    std::uint64_t since = 0;
    std::uint64_t until = 0;
    Ranges events;
};

/// How fast bytes go out. bytes = 0: as fast as they can.
struct Pacing {
    std::size_t bytes = 0;
    std::chrono::milliseconds every{0};
};

struct Server::Inside {
    explicit Inside(ServeOptions asked);

    static Shape shape_of(const ServeOptions& options);

    // connections.cpp
    asio::awaitable<void> accept_all(std::size_t member);
    asio::awaitable<void> talk(std::shared_ptr<Connection> connection);
    asio::awaitable<void> talk_until_closed(std::shared_ptr<Connection> connection);
    asio::awaitable<bool> read_head(std::shared_ptr<Connection> connection, Request& request);
    asio::awaitable<bool> read_more(std::shared_ptr<Connection> connection);
    asio::awaitable<void> relay(std::shared_ptr<Connection> connection, Request request);
    asio::awaitable<void> wait_for_end(std::shared_ptr<Connection> connection);

    // replies.cpp
    std::optional<Answer> refuse(const Request& request);
    std::optional<Answer> refuse_attach(const Connection& connection, const Request& request);
    std::optional<Answer> redirect(const Connection& connection, const Request& request);
    asio::awaitable<bool> reply(
        std::shared_ptr<Connection> connection, Request request, Answer answer
    );
    asio::awaitable<bool> send_rest(
        std::shared_ptr<Connection> connection, Answer answer, Pacing pacing, std::size_t bytes_max
    );
    Answer log_in(const Request& request);
    Answer subscriptions(const Connection& connection, const Request& request);
    Answer cluster_answer(const Request& request);
    std::optional<Trouble> snapshot_trouble(const Request& request);
    std::shared_ptr<const Picture> picture();

    asio::awaitable<Answer> respond(std::shared_ptr<Connection> connection, Request request);

    // control.cpp
    asio::awaitable<Answer> control(Request request);
    Answer control_faults(const Request& request);
    Answer state();
    Answer truth(const Request& request);
    Answer faults();

    // event_streams.cpp
    asio::awaitable<void> attend(std::shared_ptr<Connection> connection, Request request);
    asio::awaitable<bool> write(
        std::shared_ptr<Connection> connection,
        std::string bytes,
        std::shared_ptr<Stream> stream,
        Pacing pacing = {}
    );
    asio::awaitable<bool> send(
        std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream, std::string bytes
    );
    asio::awaitable<bool> pass_on(
        std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream, std::string bytes
    );
    asio::awaitable<bool> write_backlog(
        std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream
    );
    asio::awaitable<bool> write_cut(
        std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream
    );
    asio::awaitable<bool> live(
        std::shared_ptr<Connection> connection,
        std::shared_ptr<Stream> stream,
        Clock::time_point& next_beat
    );
    std::shared_ptr<Stream> enter(std::shared_ptr<Connection> connection, const Request& request);
    void leave(const std::shared_ptr<Stream>& stream);

    // server.cpp
    asio::awaitable<void> produce();
    asio::awaitable<bool> publish_some(std::uint64_t count);
    asio::awaitable<void> let_streams_run();
    void publish(const std::shared_ptr<const Broadcast>& event);
    void release();
    void deliver(std::shared_ptr<const Broadcast> event);
    void catch_up();

    // orders.cpp
    asio::awaitable<void> conduct();
    void tend();
    void order(const Trouble& trouble);
    void act(const Trouble& trouble);
    void change_leader(const Trouble& trouble);
    void end_streams(const std::string& how);
    void apply_levels();
    void wake_streams();
    void turn_pictures();
    void settle();

    [[nodiscard]] bool touches(TroubleKind kind, const Stream& stream) const {
        return troubles.touching(kind, stream.born) != nullptr;
    }

    [[nodiscard]] const std::string& leader() const { return members[leading]->address; }

    [[nodiscard]] std::string url_of(std::size_t member) const {
        return (tls ? "https://" : "http://") + members[member]->address;
    }

    ServeOptions options;
    std::unique_ptr<Tls> tls;
    asio::io_context io{1};
    std::vector<std::unique_ptr<Member>> members;
    std::size_t leading = 0;
    asio::signal_set signals;
    asio::steady_timer pace;
    asio::steady_timer conductor;
    Feed feed;
    Callbacks callbacks;
    Credentials credentials;
    std::list<std::shared_ptr<Stream>> streams;
    std::size_t connections = 0;
    std::uint64_t streams_ever = 0;
    std::uint64_t dropped = 0;
    bool paused = false;

    Troubles troubles;
    std::optional<Scenario> scenario;
    Random random;                                         // of the faults
    std::deque<std::shared_ptr<const Broadcast>> lagging;  // published, not yet on the streams
    Ranges lost;                                           // by drop
    Ranges unheard;                                        // nobody was there
    std::uint64_t delivered = 0;                           // the last that left lagging
    std::deque<PastStream> past_streams;
    std::deque<std::string> past_orders;
    bool tending = false;

    struct Older {
        std::shared_ptr<const Picture> shown;
        std::shared_ptr<const Picture> next;
        std::uint64_t taken_at = 0;  // events published when `next` was taken
    };

    std::optional<Older> older;
    std::size_t large_answers = 0;
};

}  // namespace tally::simulate
