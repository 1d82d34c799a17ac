#pragma once

#include "tally/report/self.hpp"

namespace tally::report::testing {

/// Something in every field.
inline SelfNumbers full_self() {
    SelfNumbers numbers;
    numbers.build = {{"version", "1.2.3"}, {"boost", "1.81"}};
    numbers.queues = {{.name = "ingest", .depth = 3, .capacity = 1024}};
    numbers.commits.emplace();
    numbers.commits->observe(0.004);
    numbers.commits->observe(2);
    numbers.rows_written = {{"events", 10}};
    numbers.payloads_packed = 6;
    numbers.oldest_event = 1'566'295'100'000;
    numbers.journal_bytes = 0;
    numbers.database_bytes = 4096;
    numbers.wal_bytes = 32;
    numbers.disk_free_bytes = 1'000'000;
    numbers.shed = {{.source = "default", .disk = 0, .queue = 5}};
    numbers.history_errors = {{"commit", 0}};
    numbers.scrapes.emplace();
    numbers.http_connections = 2;
    numbers.http_responses = {{200, 7}};
    numbers.last_reload_successful = true;
    numbers.last_reload_success = 1'566'295'200'500;
    return numbers;
}

}  // namespace tally::report::testing
