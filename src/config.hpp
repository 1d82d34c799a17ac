#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tally/base/result.hpp"
#include "tally/model/snapshot.hpp"
#include "tally/serve/http_server.hpp"
#include "tally/serve/query_api.hpp"

namespace tally {

/// The HTTP callbacks of a source (Marathon 1.4 and before). At most one of the secret's three is set.
struct CallbackConfig {
    std::string register_url;  ///< empty: it is not we who register
    std::string secret;
    std::string secret_file;
    std::string secret_env;
    std::vector<std::string> allow;  ///< addresses and ranges; empty: everybody may post

    friend bool operator==(const CallbackConfig&, const CallbackConfig&) = default;
};

/// One Marathon cluster: its name and the URLs of its members. Without URLs it is fed by callbacks only.
struct SourceConfig {
    std::string name;
    std::vector<std::string> urls;
    std::optional<CallbackConfig> callback{};  ///< set where there is such a section; any source takes callbacks

    friend bool operator==(const SourceConfig&, const SourceConfig&) = default;
};

/// How large an answer of /api/v1/query may be.
struct QuerySize {
    std::size_t rows_max = 10'000;                            ///< more: truncated
    std::size_t bytes_max = std::size_t{16} << 20;            ///< more: truncated
    std::size_t value_bytes_max = std::size_t{4} << 20;       ///< a larger value: an error
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
    std::size_t replay_commit_inputs = 500'000;

    std::size_t max_apps = 5000;
    model::Buckets buckets;
    std::size_t max_event_bytes = std::size_t{64} << 20;

    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds header_timeout{10000};
    std::chrono::milliseconds silence_timeout{25000};
};

/// Reads a YAML file over `config`. Errors name file, line and what is wrong; nothing is half applied.
[[nodiscard]] Result<Config> read_config_file(const std::string& path, Config config);

/// All settings with their defaults and a comment each, as YAML that read_config_file accepts.
[[nodiscard]] std::string default_config();

/// `[NAME=]URL[,URL...]`: the name is what stands before the first `=`, if that holds no `/` and no `:`. `NAME=` alone is
/// a source fed by callbacks only.
[[nodiscard]] Result<SourceConfig> parse_source(const std::string& text);

/// 1 to 256 bytes: it is a label value.
[[nodiscard]] Result<void> check_source_name(const std::string& name);

/// Everything that can be known to be wrong without trying: names, URLs, addresses.
[[nodiscard]] Result<void> check(const Config& config);

}  // namespace tally
