#include "tally/report/families.hpp"

#include <algorithm>
#include <vector>

#include "report/recipes.hpp"
#include "report/self_families.hpp"
#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

using enum Type;

// clang-format off
constexpr std::array self_table{
    FamilyInfo{"marathon_tally_build_info", gauge, {"version"},
               "Always 1; what this program was built from."},
    FamilyInfo{"marathon_tally_queue_depth", gauge, {"queue"},
               "Entries waiting in a queue between two threads."},
    FamilyInfo{"marathon_tally_queue_capacity", gauge, {"queue"},
               "Entries the queue can hold."},
    FamilyInfo{"marathon_tally_journal_bytes", gauge, {},
               "Bytes of the journal that the history does not hold yet; 0: it has caught up."},
    FamilyInfo{"marathon_tally_commit_seconds", histogram, {},
               "How long commits of the history took."},
    FamilyInfo{"marathon_tally_rows_written_total", counter, {"table"},
               "Rows written to the history."},
    FamilyInfo{"marathon_tally_payloads_packed_total", counter, {},
               "Events whose payload became old and was packed."},
    FamilyInfo{"marathon_tally_oldest_event_timestamp_seconds", gauge, {},
               "Time of the oldest event that the history keeps."},
    FamilyInfo{"marathon_tally_database_bytes", gauge, {},
               "Size of the database file."},
    FamilyInfo{"marathon_tally_wal_bytes", gauge, {},
               "Size of the database's write-ahead log."},
    FamilyInfo{"marathon_tally_disk_free_bytes", gauge, {},
               "Free space of the file system that holds the database."},
    FamilyInfo{"marathon_tally_events_shed_total", counter, {"source", "reason"},
               "Events received and not kept: in no other counter."},
    FamilyInfo{"marathon_tally_history_errors_total", counter, {"operation"},
               "Failed operations on the history; they are tried again."},
    FamilyInfo{"marathon_tally_scrape_seconds", histogram, {},
               "How long the scrapes before this one took, from request to text."},
    FamilyInfo{"marathon_tally_http_connections", gauge, {},
               "Connections to our own port."},
    FamilyInfo{"marathon_tally_http_responses_total", counter, {"code"},
               "Answers given on our own port."},
    FamilyInfo{"marathon_tally_config_last_reload_successful", gauge, {},
               "Whether the last reload of the configuration was taken over."},
    FamilyInfo{"marathon_tally_config_last_reload_success_timestamp_seconds", gauge, {},
               "When the configuration was last taken over."},
    FamilyInfo{"process_cpu_seconds_total", counter, {},
               "User and system CPU time spent."},
    FamilyInfo{"process_resident_memory_bytes", gauge, {},
               "Resident memory."},
    FamilyInfo{"process_virtual_memory_bytes", gauge, {},
               "Virtual memory."},
    FamilyInfo{"process_open_fds", gauge, {},
               "Open file descriptors."},
    FamilyInfo{"process_max_fds", gauge, {},
               "Most file descriptors that may be open."},
    FamilyInfo{"process_start_time_seconds", gauge, {},
               "When the process started."},
    FamilyInfo{"marathon_tally_series", gauge, {"family"},
               "Series of this exposition, by family."},
};
// clang-format on

}  // namespace

std::string_view to_string(Type type) {
    switch (type) {
        case counter:
            return "counter";
        case gauge:
            return "gauge";
        case histogram:
            return "histogram";
        case summary:
            return "summary";
    }
    TALLY_ASSERT(false);
    return {};
}

std::span<const FamilyInfo> self_families() {
    return self_table;
}

prometheus::MetricFamily self_family(std::string_view name) {
    const auto info = std::find_if(self_table.begin(), self_table.end(), [name](const auto& one) {
        return one.name == name;
    });
    TALLY_ASSERT(info != self_table.end());
    using prometheus::MetricType;
    const MetricType type = info->type == counter     ? MetricType::Counter
                            : info->type == histogram ? MetricType::Histogram
                                                      : MetricType::Gauge;
    return {.name = std::string(name), .help = std::string(info->help), .type = type, .metric = {}};
}

std::span<const FamilyInfo> families() {
    static const std::vector<FamilyInfo> all = [] {
        std::vector<FamilyInfo> infos;
        for (const Recipe& recipe : recipes()) {
            infos.push_back(recipe.info);
        }
        infos.insert(infos.end(), self_table.begin(), self_table.end());
        return infos;
    }();
    return all;
}

}  // namespace tally::report
