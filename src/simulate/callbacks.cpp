#include "simulate/callbacks.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "simulate/json_text.hpp"
#include "simulate/no_throw.hpp"

namespace tally::simulate {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t subscribers_max = 64;
constexpr std::size_t in_flight_max =
    512;  // per subscriber; what is over it is lost like any failed post
constexpr unsigned back_off_max = 20;
constexpr std::chrono::seconds answer_wait_max{10};

struct Post {
    explicit Post(asio::io_context& io) : socket(io), resolver(io), deadline(io) {}

    tcp::socket socket;
    tcp::resolver resolver;
    asio::steady_timer deadline;
};

void cut_at_deadline(const std::shared_ptr<Post>& post) {
    post->deadline.expires_after(answer_wait_max);
    post->deadline.async_wait([post](const boost::system::error_code& error) {
        if (!error) {
            boost::system::error_code ignored;
            post->resolver.cancel();
            post->socket.close(ignored);
        }
    });
}

std::string request_text(const HttpUrl& url, const std::string& body) {
    return "POST " + url.target + " HTTP/1.1\r\nHost: " + url.host + ":" + url.port +
           "\r\nContent-Type: application/json; charset=UTF-8\r\nAccept: application/json\r\n"
           "User-Agent: spray-can/1.3.3\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// True when a 2xx came in time.
asio::awaitable<bool> deliver(
    std::shared_ptr<Post> post, HttpUrl url, std::shared_ptr<const Broadcast> event
) {
    auto [not_found, addresses] =
        co_await post->resolver.async_resolve(url.host, url.port, no_throw);
    if (not_found) {
        co_return false;
    }
    auto [refused, endpoint] = co_await asio::async_connect(post->socket, addresses, no_throw);
    if (refused) {
        co_return false;
    }
    const std::string request = request_text(url, event->body);
    auto [not_written, written] =
        co_await asio::async_write(post->socket, asio::buffer(request), no_throw);
    if (not_written) {
        co_return false;
    }
    std::string answer;
    constexpr std::size_t answer_bytes_max = 16'384;
    auto [not_read, length] = co_await asio::async_read_until(
        post->socket, asio::dynamic_buffer(answer, answer_bytes_max), "\r\n", no_throw
    );
    co_return !not_read && answer.starts_with("HTTP/1.") && answer.size() > 9 && answer[9] == '2';
}

asio::awaitable<void> post_to(
    asio::io_context& io,
    std::shared_ptr<Callbacks::Subscriber> subscriber,
    std::shared_ptr<const Broadcast> event,
    std::chrono::milliseconds delay
) {
    auto post = std::make_shared<Post>(io);
    if (delay.count() > 0) {
        post->deadline.expires_after(delay);
        co_await post->deadline.async_wait(no_throw);
    }
    cut_at_deadline(post);
    const bool accepted = co_await deliver(post, subscriber->target, std::move(event));
    post->deadline.cancel();
    --subscriber->in_flight;
    if (accepted) {
        ++subscriber->accepted;
        subscriber->failures = 0;
        co_return;
    }
    ++subscriber->failed;
    subscriber->failures = std::min(subscriber->failures + 1, back_off_max);
    subscriber->skipped_until =
        std::chrono::steady_clock::now() + std::chrono::seconds(1LL << subscriber->failures);
}

}  // namespace

bool Callbacks::subscribe(const std::string& url) {
    const auto target = parse_http_url(url);
    const auto known = [&url](const auto& subscriber) { return subscriber->url == url; };
    if (!target || subscribers_.size() >= subscribers_max) {
        return false;
    }
    if (std::none_of(subscribers_.begin(), subscribers_.end(), known)) {
        subscribers_.push_back(std::make_shared<Subscriber>());
        subscribers_.back()->url = url;
        subscribers_.back()->target = *target;
    }
    return true;
}

void Callbacks::unsubscribe(const std::string& url) {
    std::erase_if(subscribers_, [&url](const auto& subscriber) { return subscriber->url == url; });
}

std::string Callbacks::list() const {
    std::string out;
    Json json(out);
    json.raw(R"({"callbackUrls":[)");
    std::string_view comma;
    for (const auto& subscriber : subscribers_) {
        json.raw(comma).escaped(subscriber->url);
        comma = ",";
    }
    json.raw("]}");
    return out;
}

std::string Callbacks::counts() const {
    std::string out;
    Json json(out);
    json.raw("[");
    std::string_view comma;
    for (const auto& subscriber : subscribers_) {
        json.raw(comma).raw(R"({"url":)").escaped(subscriber->url);
        json.raw(R"(,"posted":)").number(subscriber->posted);
        json.raw(R"(,"accepted":)").number(subscriber->accepted);
        json.raw(R"(,"failed":)").number(subscriber->failed);
        json.raw(R"(,"skipped":)").number(subscriber->skipped);
        json.raw(R"(,"in_flight":)").number(subscriber->in_flight).raw("}");
        comma = ",";
    }
    json.raw("]");
    return out;
}

void Callbacks::set_late(double share, std::chrono::milliseconds delay_max) {
    late_ = share;
    delay_max_ = delay_max;
}

std::chrono::milliseconds Callbacks::draw_delay() {
    if (late_ <= 0 || !random_.chance(late_)) {
        return {};
    }
    return std::chrono::milliseconds(random_.between(0, delay_max_.count()));
}

void Callbacks::post(const std::shared_ptr<const Broadcast>& event) {
    for (const auto& subscriber : subscribers_) {
        if (subscriber->in_flight >= in_flight_max ||
            std::chrono::steady_clock::now() < subscriber->skipped_until) {
            ++subscriber->skipped;
            continue;
        }
        ++subscriber->in_flight;
        ++subscriber->posted;
        asio::co_spawn(io_, post_to(io_, subscriber, event, draw_delay()), asio::detached);
    }
}

}  // namespace tally::simulate
