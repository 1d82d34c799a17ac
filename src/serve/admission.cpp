#include "serve/admission.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "serve/answer_writer.hpp"
#include "serve/request_reader.hpp"
#include "tally/serve/pages.hpp"
#include "serve/no_throw.hpp"

namespace tally::serve {

namespace {

namespace asio = boost::asio;
using Phase = Connection::Phase;
using Verdict = Users::Verdict;

constexpr std::string_view speak_tls = "this port speaks HTTPS";

Response unauthorized() {
    Response response = error_response(401, "a user name and its password are needed");
    response.headers.emplace_back(
        "WWW-Authenticate", "Basic realm=\"marathon-tally\", charset=\"UTF-8\""
    );
    return response;
}

/// Answers, in plain, a client that speaks no TLS.
asio::awaitable<void> refuse_plain(ServerState& server, Connection& connection) {
    Head head;
    Answer answer{.response = error_response(400, speak_tls)};
    const bool written = co_await write_answer(server, connection, head, answer);
    if (written) {
        co_await linger(server, connection);
    }
}

/// Has bcrypt look at the password and waits for what it says; nothing: too many wait already.
asio::awaitable<std::optional<bool>> ask_bcrypt(
    std::shared_ptr<ServerState> server,
    std::shared_ptr<Connection> connection,
    Users::Question& question
) {
    connection->enter(Phase::busy);
    connection->password_good.reset();
    PasswordChecker::Done done = [mailbox = server->mailbox,
                                  to = std::weak_ptr(connection),
                                  number = connection->request_number](bool good) {
        mailbox->deliver_verdict(to, number, good);
    };
    const bool taken = server->passwords.check(
        std::move(question.password), std::move(question.hash), std::move(done)
    );
    if (!taken) {
        co_return std::nullopt;
    }
    while (!connection->password_good && connection->stream.socket().is_open()) {
        connection->answered.expires_after(server->options.idle_timeout);
        co_await connection->answered.async_wait(no_throw);
    }
    co_return connection->password_good.value_or(false);
}

}  // namespace

asio::awaitable<bool> greet(ServerState& server, Connection& connection) {
    const auto context = server.door.context();
    server.count_door();
    if (!context) {
        co_return true;
    }
    const bool begun = co_await first_byte(server, connection);
    if (!begun) {
        co_return false;
    }
    connection.enter(Phase::reading);
    connection.stream.expires_after(server.options.header_timeout);
    const asio::const_buffer first = connection.buffer.cdata();
    constexpr unsigned char handshake_record = 0x16;
    if (*static_cast<const unsigned char*>(first.data()) != handshake_record) {
        server.count_failed_handshake();
        co_await refuse_plain(server, connection);
        co_return false;
    }
    const auto error = co_await connection.stream.start_tls(context, first);
    connection.buffer.clear();
    if (error) {
        server.count_failed_handshake();
    }
    co_return !error;
}

asio::awaitable<void> admit(
    std::shared_ptr<ServerState> server, std::shared_ptr<Connection> connection, Head& head
) {
    if (!head.understood) {
        co_return;
    }
    FrontDoor& door = server->door;
    static_cast<void>(door.context());  // notices a user taken off the file
    server->count_door();
    if (door.wants_tls() && !connection->stream.is_tls()) {
        head.refuse(error_response(400, speak_tls));
        co_return;
    }
    if (!door.rate().take(TokenBucket::Clock::now())) {
        head.turn_away(error_response(429, "too many requests"));
        co_return;
    }
    if (door.users().empty()) {
        co_return;
    }
    Users::Judgement judgement = door.users().judge(head.request.header("Authorization"));
    if (judgement.verdict == Verdict::unsure) {
        const bool known = judgement.question.known;
        const Users::Digest digest = judgement.question.digest;
        const std::optional<bool> good =
            co_await ask_bcrypt(server, connection, judgement.question);
        if (!good) {
            head.turn_away(unavailable_response("too many passwords to look at", 1));
            co_return;
        }
        if (known && *good) {
            door.users().remember(digest);
            judgement.verdict = Verdict::admitted;
        }
    }
    if (judgement.verdict != Verdict::admitted) {
        head.turn_away(unauthorized());
    }
}

}  // namespace tally::serve
