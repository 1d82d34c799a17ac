#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "tally/serve/http_server.hpp"

namespace tally::serve::testing {

/// Responders that handlers have put aside, for the test to answer.
class Deferred {
  public:
    void put(Responder responder) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(responder));
        arrived_.notify_one();
    }

    /// Waits until there is one.
    Responder take() {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return !waiting_.empty(); });
        Responder responder = std::move(waiting_.front());
        waiting_.pop_front();
        return responder;
    }

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Responder> waiting_;
};

inline Response plain(std::string body) {
    return {.status = 200, .content_type = "text/plain", .body = std::move(body)};
}

/// A server on a free port of loopback with an io thread of its own, and with some routes to try it
/// by:
///   GET /hello  "hello"              GET /bytes?n=N  N times x, of GET /text?n=N the same but
///   random letters POST /echo  the body             POST /callback/{source}  the parameter GET
///   /later  answered by the test through `deferred`
/// and `more`.
class TestServer {
  public:
    explicit TestServer(
        HttpServer::Options options = {},
        std::vector<Route> more = {},
        std::optional<WebConfig> web = std::nullopt
    )
        : work_(boost::asio::make_work_guard(io_)),
          server_(std::make_unique<HttpServer>(
              io_, routes(std::move(more)), std::move(options), std::move(web)
          )) {
        server_->listen("127.0.0.1:0");
        const std::string address = server_->addresses().at(0);
        port_ = std::stoi(address.substr(address.rfind(':') + 1));
        thread_ = std::thread([this] { io_.run(); });
    }

    ~TestServer() { stop(); }

    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    void stop() {
        if (thread_.joinable()) {
            io_.stop();
            thread_.join();
        }
        server_.reset();
    }

    /// Calls HttpServer::close() where it belongs, and waits for it.
    void close() {
        std::promise<void> closed;
        boost::asio::post(io_, [this, &closed] {
            server_->close();
            closed.set_value();
        });
        closed.get_future().wait();
    }

    /// Calls HttpServer::reload() where it belongs; its error, or nothing.
    std::string reload(WebConfig web) {
        std::promise<std::string> done;
        boost::asio::post(io_, [this, &done, web = std::move(web)]() mutable {
            const auto result = server_->reload(std::move(web));
            done.set_value(result ? "" : result.error().what);
        });
        return done.get_future().get();
    }

    [[nodiscard]] int port() const { return port_; }

    [[nodiscard]] HttpServer& server() { return *server_; }

    Deferred deferred;

  private:
    static std::string letters(std::size_t count) {
        std::string text;
        std::uint32_t state = 1;
        for (std::size_t i = 0; i < count; ++i) {
            state = state * 1664525U + 1013904223U;
            text += static_cast<char>('a' + (state >> 24U) % 26U);
        }
        return text;
    }

    std::vector<Route> routes(std::vector<Route> more) {
        const auto count_of = [](const Request& request) {
            return std::stoul(request.query_value("n").value_or("0"));
        };
        std::vector<Route> all{
            {Method::get,
             "/hello",
             [](const Request&, Responder respond) { respond(plain("hello")); }},
            {Method::get,
             "/bytes",
             [count_of](const Request& request, Responder respond) {
                 respond(plain(std::string(count_of(request), 'x')));
             }},
            {Method::get,
             "/text",
             [count_of](const Request& request, Responder respond) {
                 respond(plain(letters(count_of(request))));
             }},
            {Method::post,
             "/echo",
             [](Request request, Responder respond) { respond(plain(std::move(request.body))); },
             1000},
            {Method::post,
             "/callback/{source}",
             [](Request request, Responder respond) {
                 respond(plain(std::move(request.parameter)));
             }},
            {Method::get,
             "/later",
             [this](const Request&, Responder respond) { deferred.put(std::move(respond)); }},
            {Method::get,
             "/header",
             [](const Request& request, Responder respond) {
                 respond(plain(request.header("X-Test")));
             }},
        };
        for (Route& route : more) {
            all.push_back(std::move(route));
        }
        return all;
    }

    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<HttpServer> server_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace tally::serve::testing
