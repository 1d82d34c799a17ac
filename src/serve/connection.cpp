#include "serve/connection.hpp"

#include <poll.h>
#include <utility>

namespace tally::serve {

Connection::Connection(boost::beast::tcp_stream socket, std::size_t buffer_bytes_max)
    : stream(std::move(socket)),
      buffer(buffer_bytes_max),
      since(std::chrono::steady_clock::now()),
      answered(stream.get_executor()),
      gone(std::make_shared<std::atomic<bool>>(false)) {
    boost::system::error_code error;
    const auto endpoint = stream.socket().remote_endpoint(error);
    if (!error) {
        peer = endpoint.address().to_string();
    }
}

void Connection::enter(Phase next) {
    phase = next;
    since = std::chrono::steady_clock::now();
}

void Connection::abandon() {
    stream.close();
    answered.cancel();
}

void Connection::look_for_client() {
    if (!stream.socket().is_open()) {
        *gone = true;
        return;
    }
    pollfd look{.fd = stream.socket().native_handle(), .events = POLLRDHUP, .revents = 0};
    if (::poll(&look, 1, 0) > 0) {
        *gone = true;
    }
}

bool Connections::add(Connection& connection) {
    using Phase = Connection::Phase;
    if (all_.size() >= connections_max_ && !evict_oldest(Phase::idle) &&
        !evict_oldest(Phase::reading)) {
        ++evicted_;
        return false;
    }
    all_.insert(&connection);
    return true;
}

void Connections::remove(Connection& connection) {
    end_response(connection);
    all_.erase(&connection);
}

bool Connections::evict_oldest(Connection::Phase phase) {
    Connection* found = oldest(phase, nullptr);
    if (found != nullptr) {
        evict(*found);
    }
    return found != nullptr;
}

void Connections::evict_all(Connection::Phase phase) {
    while (Connection* found = oldest(phase, nullptr)) {
        remove(*found);
        found->abandon();
    }
}

void Connections::begin_response(Connection& connection, std::size_t bytes, std::size_t bytes_max) {
    connection.response_bytes = bytes;
    response_bytes_ += bytes;
    while (response_bytes_ > bytes_max) {
        Connection* slowest = oldest(Connection::Phase::writing, &connection);
        if (slowest == nullptr) {
            return;
        }
        evict(*slowest);
    }
}

void Connections::end_response(Connection& connection) {
    response_bytes_ -= std::exchange(connection.response_bytes, 0);
}

Connection* Connections::oldest(Connection::Phase phase, const Connection* except) const {
    Connection* found = nullptr;
    for (Connection* connection : all_) {
        if (connection->phase == phase && connection != except &&
            (found == nullptr || connection->since < found->since)) {
            found = connection;
        }
    }
    return found;
}

void Connections::evict(Connection& connection) {
    ++evicted_;
    remove(connection);
    connection.abandon();
}

}  // namespace tally::serve
