#include "connect/name_lookup.hpp"

#include <cstring>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

namespace tally::connect {

namespace {

using boost::asio::ip::tcp;

constexpr std::size_t addresses_max = 8;

struct Answer {
    std::vector<tcp::endpoint> addresses;
    std::string error;
};

Answer ask(const std::string& host, std::uint16_t port) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) {
        return {{}, ::gai_strerror(code)};
    }
    Answer answer;
    for (const addrinfo* one = found; one != nullptr && answer.addresses.size() < addresses_max;
         one = one->ai_next) {
        tcp::endpoint address;
        if (one->ai_addrlen <= address.capacity() &&
            (one->ai_family == AF_INET || one->ai_family == AF_INET6)) {
            std::memcpy(address.data(), one->ai_addr, one->ai_addrlen);
            address.port(port);
            answer.addresses.push_back(address);
        }
    }
    ::freeaddrinfo(found);
    if (answer.addresses.empty()) {
        answer.error = "the name has no address";
    }
    return answer;
}

}  // namespace

struct NameLookup::Question {
    std::string host;
    std::uint16_t port = 0;
    std::mutex lock;  // of home only: the asker may go away at any time
    std::optional<boost::asio::any_io_executor> home;  // none: nobody waits any more
    // The rest is touched by the home thread only.
    boost::asio::steady_timer* waiter = nullptr;
    bool done = false;
    Answer answer;

    void arrive(Answer arrived) {
        answer = std::move(arrived);
        done = true;
        if (waiter != nullptr) {
            waiter->cancel();
        }
    }
};

NameLookup::NameLookup(
    boost::asio::steady_timer& waiter,
    const std::string& host,
    std::uint16_t port,
    const Hanging& hanging
)
    : question_(std::make_shared<Question>()) {
    question_->host = host;
    question_->port = port;
    question_->home = waiter.get_executor();
    question_->waiter = &waiter;
    if (hanging->load() >= hanging_max) {
        question_->arrive({{}, "earlier look-ups have not come back"});
        return;
    }
    ++*hanging;
    try {
        std::thread(&NameLookup::answer, question_, hanging).detach();
    } catch (const std::system_error& error) {
        --*hanging;
        question_->arrive({{}, error.what()});
    }
}

NameLookup::~NameLookup() {
    const std::lock_guard guard(question_->lock);
    question_->home.reset();
    question_->waiter = nullptr;
}

void NameLookup::answer(const std::shared_ptr<Question>& question, const Hanging& hanging) {
    auto answer = ask(question->host, question->port);
    --*hanging;
    const std::lock_guard guard(question->lock);
    if (question->home) {
        boost::asio::post(*question->home, [question, answer = std::move(answer)]() mutable {
            question->arrive(std::move(answer));
        });
    }
}

bool NameLookup::done() const {
    return question_->done;
}

const std::vector<tcp::endpoint>& NameLookup::addresses() const {
    return question_->answer.addresses;
}

const std::string& NameLookup::error() const {
    return question_->answer.error;
}

}  // namespace tally::connect
