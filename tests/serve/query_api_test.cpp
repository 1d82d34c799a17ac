#include "tally/serve/query_api.hpp"

#include <deque>

#include <gtest/gtest.h>

#include "serve/client.hpp"
#include "serve/test_server.hpp"

namespace tally::serve {

namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::get;
using testing::TestServer;
using Kind = QueryFault::Kind;

/// Stands in for the database. What it is asked is what it does:
///   rows  answers at once          cut   answers, truncated        wrong, refused, ...  that fault
///   hold  waits for release(), or the deadline, or to be cancelled
///   hang  waits for release() only
///   throw throws
class Runner {
  public:
    boost::system::result<QueryText, QueryFault> run(const QueryTask& task) {
        static const std::map<std::string, Kind> faults{
            {"wrong", Kind::wrong},
            {"refused", Kind::refused},
            {"deadline", Kind::deadline},
            {"unavailable", Kind::unavailable}};
        if (const auto fault = faults.find(task.sql); fault != faults.end()) {
            return QueryFault{fault->second, "it is " + task.sql};
        }
        if (task.sql == "throw") {
            throw std::runtime_error("thrown");
        }
        if (task.sql == "hold" || task.sql == "hang") {
            return hold(task, task.sql == "hang");
        }
        const bool csv = task.format == QueryFormat::csv;
        return QueryText{.body = csv ? "x\r\n" : "{}\n", .truncated = task.sql == "cut"};
    }

    void wait_until_held(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return held_ >= count; });
    }

    void release() {
        const std::lock_guard lock(mutex_);
        released_ = true;
        changed_.notify_all();
    }

    /// Waits until a held query has seen that it was cancelled.
    void wait_until_cancelled() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return cancelled_ > 0; });
    }

    [[nodiscard]] int held_at_most() const { return held_at_most_; }

  private:
    boost::system::result<QueryText, QueryFault> hold(const QueryTask& task, bool deaf) {
        std::unique_lock lock(mutex_);
        held_at_most_ = std::max<int>(held_at_most_, ++now_held_);
        ++held_;
        changed_.notify_all();
        const auto done = [&] {
            return released_ || (!deaf && (task.cancelled() ||
                                           std::chrono::steady_clock::now() >= task.deadline));
        };
        while (!changed_.wait_for(lock, 1ms, done)) {
        }
        --now_held_;
        if (!released_ && task.cancelled()) {
            ++cancelled_;
            changed_.notify_all();
            return QueryFault{Kind::cancelled, "cancelled"};
        }
        if (!released_) {
            return QueryFault{Kind::deadline, "too long"};
        }
        return QueryText{.body = "held\n"};
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int held_ = 0;
    int now_held_ = 0;
    std::atomic<int> held_at_most_ = 0;
    int cancelled_ = 0;
    bool released_ = false;
};

/// A server with the query endpoint over a Runner.
struct Bench {
    explicit Bench(QueryApi::Options options = {})
        : api([this](const QueryTask& task) { return runner.run(task); }, options),
          server({.client_look_interval = 1ms}, {{Method::get, "/query", noting_gone()}}) {}

    ~Bench() {
        server.stop();
        runner.release();
    }

    Handler noting_gone() {
        return [this, answer = api.handler()](Request request, Responder responder) {
            gone = request.gone;
            answer(std::move(request), std::move(responder));
        };
    }

    std::shared_ptr<const std::atomic<bool>> gone;  // of the request taken last
    Runner runner;
    QueryApi api;
    TestServer server;
};

std::string ask_for(const std::string& sql, const std::string& more = {}) {
    return get("/query?sql=" + sql + more);
}

TEST(QueryApiTest, AnswersInBothFormats) {
    Bench bench;
    Client client(bench.server.port());
    const auto json = client.ask(ask_for("rows"));
    EXPECT_EQ(json->status, 200);
    EXPECT_EQ(json->body, "{}\n");
    EXPECT_EQ(json->header("Content-Type"), "application/json");
    EXPECT_EQ(json->header("X-Truncated"), "");
    const auto csv = client.ask(ask_for("cut", "&format=csv"));
    EXPECT_EQ(csv->body, "x\r\n");
    EXPECT_EQ(csv->header("Content-Type"), "text/csv; charset=utf-8; header=present");
    EXPECT_EQ(csv->header("X-Truncated"), "true");
    EXPECT_EQ(client.ask(ask_for("cut", "&format=json"))->header("X-Truncated"), "true");
}

TEST(QueryApiTest, TellsFaultsByStatusAndBody) {
    Bench bench;
    Client client(bench.server.port());

    struct Case {
        std::string query;
        int status;
        std::string error;
    };

    for (const Case& one : {
             Case{"?sql=wrong", 400, "it is wrong"},
             Case{"?sql=refused", 403, "it is refused"},
             Case{"?sql=deadline", 408, "it is deadline"},
             Case{"?sql=unavailable", 503, "it is unavailable"},
             Case{"?sql=throw", 503, "thrown"},
             Case{"", 400, "the parameter sql is missing"},
             Case{"?sql=", 400, "the parameter sql is missing"},
             Case{"?sql=rows&format=xml", 400, "format must be json or csv"},
         }) {
        const auto reply = client.ask(get("/query" + one.query));
        ASSERT_TRUE(reply) << one.query;
        EXPECT_EQ(reply->status, one.status) << one.query;
        EXPECT_EQ(reply->body, "{\"error\":\"" + one.error + "\"}\n") << one.query;
        EXPECT_EQ(reply->header("Retry-After"), one.status == 503 ? "1" : "") << one.query;
    }
    EXPECT_EQ(
        bench.api.numbers().answers,
        (std::map<int, std::uint64_t>{{400, 4}, {403, 1}, {408, 1}, {503, 2}})
    );
}

TEST(QueryApiTest, RunsTwoAtATimeAndLetsFurtherOnesWait) {
    Bench bench({.wait_max = 60s, .run_max = 60s});
    std::deque<Client> clients;
    for (int i = 0; i < 6; ++i) {
        clients.emplace_back(bench.server.port()).send(ask_for("hold"));
    }
    bench.runner.wait_until_held(2);
    EXPECT_EQ(Client(bench.server.port()).ask(get("/hello"))->body, "hello");
    bench.runner.release();
    for (Client& client : clients) {
        EXPECT_EQ(client.receive()->body, "held\n");
    }
    EXPECT_EQ(bench.runner.held_at_most(), 2);
}

TEST(QueryApiTest, Answers503ToOneThatWaitedTooLongForAPlace) {
    Bench bench({.running_max = 1, .wait_max = 20ms, .run_max = 60s});
    Client running(bench.server.port());
    running.send(ask_for("hold"));
    bench.runner.wait_until_held(1);
    const auto reply = Client(bench.server.port()).ask(ask_for("rows"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->header("Retry-After"), "1");
    bench.runner.release();
    EXPECT_EQ(running.receive()->body, "held\n");
    EXPECT_EQ(running.ask(ask_for("rows"))->status, 200);
}

TEST(QueryApiTest, Answers408WhenARunTakesTooLong) {
    Bench bench({.run_max = 20ms, .run_grace = 60s});
    const auto reply = Client(bench.server.port()).ask(ask_for("hold"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408);
    EXPECT_EQ(reply->body, "{\"error\":\"too long\"}\n");
}

TEST(QueryApiTest, Answers408EvenIfTheRunHangs) {
    Bench bench({.running_max = 1, .waiting_max = 0, .run_max = 20ms, .run_grace = 1ms});
    Client client(bench.server.port());
    EXPECT_EQ(client.ask(ask_for("hang"))->status, 408);
    EXPECT_EQ(client.ask(ask_for("rows"))->status, 503);  // it still holds the only place
    bench.runner.release();
    while (bench.api.numbers().running > 0) {
        ASSERT_TRUE(client.ask(get("/hello")));
    }
    EXPECT_EQ(client.ask(ask_for("rows"))->status, 200);
    EXPECT_EQ(
        bench.api.numbers().answers, (std::map<int, std::uint64_t>{{200, 1}, {408, 1}, {503, 1}})
    );
}

TEST(QueryApiTest, BoundsHowManyWaitInAllAndOfOneClient) {
    for (const QueryApi::Options& options :
         {QueryApi::Options{.running_max = 1, .waiting_max = 1, .wait_max = 60s, .run_max = 60s},
          QueryApi::Options{
              .running_max = 1, .per_client_max = 2, .wait_max = 60s, .run_max = 60s}}) {
        Bench bench(options);
        Client running(bench.server.port());
        running.send(ask_for("hold"));
        bench.runner.wait_until_held(1);
        Client waiting(bench.server.port());
        waiting.send(ask_for("rows"));
        while (bench.api.numbers().waiting == 0) {
            std::this_thread::yield();
        }
        EXPECT_EQ(Client(bench.server.port()).ask(ask_for("rows"))->status, 503);
        bench.runner.release();
        EXPECT_EQ(waiting.receive()->status, 200);
    }
}

TEST(QueryApiTest, CancelsTheQueryOfAClientThatHasGone) {
    Bench bench({.running_max = 1, .wait_max = 60s, .run_max = 60s});
    {
        Client client(bench.server.port());
        client.send(ask_for("hold"));
        bench.runner.wait_until_held(1);
    }
    bench.runner.wait_until_cancelled();
    EXPECT_EQ(Client(bench.server.port()).ask(ask_for("rows"))->status, 200);
}

TEST(QueryApiTest, DoesNotRunTheQueryOfAClientThatHasGoneWhileItWaited) {
    Bench bench({.running_max = 1, .wait_max = 60s, .run_max = 60s});
    Client running(bench.server.port());
    running.send(ask_for("hold"));
    bench.runner.wait_until_held(1);
    {
        Client waiting(bench.server.port());
        waiting.send(ask_for("throw"));
        while (bench.api.numbers().waiting == 0) {
            std::this_thread::yield();
        }
    }
    while (!*bench.gone) {
        std::this_thread::yield();
    }
    bench.runner.release();
    EXPECT_EQ(running.receive()->status, 200);
    EXPECT_EQ(running.ask(ask_for("rows"))->status, 200);
    EXPECT_EQ(bench.api.numbers().answers, (std::map<int, std::uint64_t>{{200, 2}}));
}

TEST(QueryApiTest, EndsWithQueriesRunningAndWaiting) {
    auto runner = std::make_unique<Runner>();
    auto api = std::make_unique<QueryApi>(
        [&runner](const QueryTask& task) { return runner->run(task); },
        QueryApi::Options{.running_max = 1, .run_max = 60s}
    );
    const Handler handler = api->handler();
    std::vector<int> statuses;
    std::mutex mutex;
    Request request;
    request.query = "sql=hold";
    for (int i = 0; i < 3; ++i) {
        handler(request, Responder([&](const Response& response) {
                    const std::lock_guard lock(mutex);
                    statuses.push_back(response.status);
                }));
    }
    runner->wait_until_held(1);
    api.reset();
    EXPECT_EQ(statuses, (std::vector<int>{503, 503, 503}));
}

}  // namespace

}  // namespace tally::serve
