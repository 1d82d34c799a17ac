#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/system/result.hpp>

#include "tally/serve/http.hpp"

namespace tally::serve {

enum class QueryFormat : std::uint8_t { json, csv };

/// What one request asks for, and how long it may take. A value.
struct QueryTask {
    std::string sql;
    QueryFormat format{};
    std::chrono::steady_clock::time_point deadline;
    std::function<bool()> cancelled;  ///< any thread; true once nobody waits for the rows any more
};

/// The answer to a task: a body in its format.
struct QueryText {
    std::string body;
    bool truncated = false;
};

struct QueryFault {
    enum class Kind : std::uint8_t {
        wrong,        ///< 400
        refused,      ///< 403
        deadline,     ///< 408
        cancelled,    ///< 503
        unavailable,  ///< 503
    };
    Kind kind{};
    std::string what;
};

/// Called on a thread of QueryApi, at most running_max of them at a time. To keep to the deadline
/// and to look at `cancelled` is its matter; an answer that comes later than the deadline is thrown
/// away.
using RunQuery = std::function<boost::system::result<QueryText, QueryFault>(const QueryTask&)>;

/// `GET /api/v1/query?sql=...[&format=json|csv]`: bounds who asks how much at one time. What a
/// query is and who runs it is the matter of `run`. Every request is answered, at the latest
/// wait_max + run_max (and a moment) after it came, even if `run` hangs; that one then goes on
/// holding its place.
///
/// Thread: handler()'s Handler and numbers() any; threads of its own for `run` and the time.
/// Destruction cancels what runs and waits for it; what waits is answered with 503.
class QueryApi {
  public:
    struct Options {
        std::size_t running_max = 2;   ///< at one time, each on a thread of its own
        std::size_t waiting_max = 64;  ///< more: 503 at once
        std::size_t per_client_max =
            16;  ///< running and waiting, of one address; more: 503 at once
        std::chrono::milliseconds wait_max{5'000};  ///< for a place to run in; longer: 503
        std::chrono::milliseconds run_max{5'000};   ///< longer: 408
        /// How much later than run_max it is answered if `run` does not keep to its deadline.
        std::chrono::milliseconds run_grace{250};
    };

    struct Numbers {
        std::size_t running = 0;               ///< now
        std::size_t waiting = 0;               ///< now
        std::map<int, std::uint64_t> answers;  ///< by status
    };

    QueryApi(RunQuery run, Options options);
    ~QueryApi();
    QueryApi(const QueryApi&) = delete;
    QueryApi& operator=(const QueryApi&) = delete;

    /// For a Route. Must not be called once this is destroyed.
    [[nodiscard]] Handler handler();
    [[nodiscard]] Numbers numbers() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::serve
