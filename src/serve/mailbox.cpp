#include "serve/mailbox.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "serve/gzip.hpp"

namespace tally::serve {

namespace {

bool packed_already(const Response& response) {
    return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
        return header.first == "Content-Encoding";
    });
}

Answer pack(Response response) {
    response.body = gzip(response.body);
    return {.response = std::move(response), .packed = true};
}

}  // namespace

void Mailbox::deliver(
    std::weak_ptr<Connection> to, std::uint64_t number, Response response, Packing packing
) {
    const std::size_t size = response.body.size();
    if (packing == Packing::plain || size <= plain_bytes_max || packed_already(response)) {
        post_answer(std::move(to), number, {.response = std::move(response)});
        return;
    }
    if (size <= packed_at_once_max) {
        post_answer(std::move(to), number, pack(std::move(response)));
        return;
    }
    const std::lock_guard lock(mutex_);
    if (!open_) {
        return;
    }
    boost::asio::post(
        packer_,
        [self = shared_from_this(), to = std::move(to), number, response = std::move(response)](
        ) mutable { self->post_answer(std::move(to), number, pack(std::move(response))); }
    );
}

void Mailbox::deliver_verdict(
    std::weak_ptr<Connection> to, std::uint64_t number, bool password_good
) {
    post_home(std::move(to), number, [password_good](Connection& connection) {
        connection.password_good = password_good;
    });
}

void Mailbox::post_answer(std::weak_ptr<Connection> to, std::uint64_t number, Answer answer) {
    post_home(std::move(to), number, [answer = std::move(answer)](Connection& connection) mutable {
        connection.answer = std::move(answer);
    });
}

template <class Put>
void Mailbox::post_home(std::weak_ptr<Connection> to, std::uint64_t number, Put put) {
    const std::lock_guard lock(mutex_);
    if (!open_) {
        return;
    }
    // The weak_ptr is locked on the io thread only: there the Connection must die.
    boost::asio::post(io_, [to = std::move(to), number, put = std::move(put)]() mutable {
        const auto connection = to.lock();
        if (connection && connection->request_number == number) {
            put(*connection);
            connection->answered.cancel();
        }
    });
}

void Mailbox::close() {
    {
        const std::lock_guard lock(mutex_);
        open_ = false;
    }
    packer_.join();
}

}  // namespace tally::serve
