#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "source_config.hpp"
#include "tally/base/result.hpp"
#include "tally/connect/backoff.hpp"
#include "tally/model/snapshot.hpp"
#include "tally/serve/http_server.hpp"
#include "tally/serve/query_api.hpp"

namespace tally {

/// How large an answer of /api/v1/query may be.
struct QuerySize {
    std::size_t rows_max = 10'000;                            ///< more: truncated
    std::size_t bytes_max = std::size_t{16} << 20;            ///< more: truncated
    std::size_t value_bytes_max = std::size_t{4} << 20;       ///< a larger value: an error
};

/// The comparison with snapshots of the REST API.
struct ReconcileLimits {
    std::chrono::milliseconds interval{600'000};          ///< after the last one, while attached
    std::chrono::milliseconds timeout{60'000};            ///< for one snapshot
    std::size_t bytes_max = std::size_t{512} << 20;       ///< of one answer
    std::chrono::milliseconds hold{30'000};               ///< events wait for a snapshot that long
    std::size_t hold_bytes_max = std::size_t{64} << 20;   ///< and that many bytes of them
};

/// The journal's file.
struct JournalSize {
    std::size_t bytes_max = std::size_t{1} << 30;
    std::size_t reserve_bytes = std::size_t{64} << 20;  ///< on the disk from the start
};

/// Everything that can be set, with its default. Flags win over the file.
struct Config {
    std::vector<SourceConfig> sources;
    std::string database = "marathon-tally.db";

    std::vector<std::string> listen_addresses;  ///< HOST:PORT; none: 0.0.0.0:9977
    std::string web_config_file;                ///< exporter-toolkit's format
    bool enable_lifecycle = false;              ///< POST /-/reload and /-/quit

    serve::HttpServer::Options http;
    serve::QueryApi::Options queries;
    QuerySize query_size;

    std::string log_level = "info";    ///< debug, info, warn, error
    std::string log_format = "logfmt";  ///< logfmt, json

    bool keep_payload = true;  ///< history.payload: json or none
    std::size_t replay_commit_inputs = 5'000'000;
    std::chrono::milliseconds payload_hot{86'400'000};  ///< older payloads are packed
    std::chrono::milliseconds retention_time{0};        ///< the history is pruned so that it is no longer than that; 0: never
    std::size_t retention_bytes = 0;                    ///< and no larger; 0: however large

    std::size_t max_apps = 5000;
    model::Buckets buckets;
    std::size_t max_event_bytes = std::size_t{64} << 20;

    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds header_timeout{10000};
    std::chrono::milliseconds silence_timeout{25000};
    connect::Backoff::Limits backoff;

    ReconcileLimits reconcile;
    JournalSize journal;
};

/// Reads a YAML file over `config`. Errors name file, line and what is wrong; nothing is half applied.
[[nodiscard]] Result<Config> read_config_file(const std::string& path, Config config);

/// All settings with their defaults and a comment each, as YAML that read_config_file accepts.
[[nodiscard]] std::string default_config();

/// Everything that can be known to be wrong without trying: names, URLs, addresses.
[[nodiscard]] Result<void> check(const Config& config);

}  // namespace tally
