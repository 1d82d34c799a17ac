#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tally/base/time.hpp"

namespace prometheus {
class Collectable;
}

namespace tally::report {

/// A histogram of our own doings, from 100 microseconds to a minute. A value. Thread: one at a
/// time.
struct Timing {
    static constexpr std::array bounds_s{
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1.0,
        2.5,
        5.0,
        10.0,
        30.0,
        60.0};

    std::array<std::uint64_t, bounds_s.size() + 1> counts{};  ///< not cumulative; the last is +Inf
    double sum_s = 0;

    void observe(double seconds);
};

/// What the daemon knows about itself. Filled by the wiring before each scrape; what is absent or
/// empty is not shown. Times and bytes by their names.
struct SelfNumbers {
    struct Queue {
        std::string name;
        std::uint64_t depth = 0;
        std::uint64_t capacity = 0;
    };

    /// Events received and not kept.
    struct Shed {
        std::string source;
        std::uint64_t disk = 0;
        std::uint64_t queue = 0;
    };

    std::vector<std::pair<std::string, std::string>>
        build;  ///< labels of build_info: version first
    std::vector<Queue> queues;
    std::optional<Timing> commits;
    std::map<std::string, std::uint64_t> rows_written;  ///< by table
    std::optional<std::uint64_t> payloads_packed;  ///< since the start
    std::optional<TimeMs> oldest_event;            ///< that the history has
    std::optional<std::uint64_t> journal_bytes;
    std::optional<std::uint64_t> database_bytes;
    std::optional<std::uint64_t> wal_bytes;
    std::optional<std::uint64_t> disk_free_bytes;
    std::vector<Shed> shed;  ///< one per source
    std::map<std::string, std::uint64_t>
        history_errors;             ///< by operation; all operations, from the start
    std::optional<Timing> scrapes;  ///< the scrapes before this one
    std::optional<std::uint64_t> http_connections;  ///< open now
    std::map<int, std::uint64_t> http_responses;    ///< by status code
    std::optional<bool> last_reload_successful;
    std::optional<TimeMs> last_reload_success;  ///< wall clock
};

/// `numbers` as the marathon_tally_ families. A value: it does not follow later changes.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> self_collectable(SelfNumbers numbers);

/// The process_ families as every Prometheus client has them, read from /proc/self at each
/// Collect(); what cannot be read is absent. Any thread.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> process_collectable();

}  // namespace tally::report
