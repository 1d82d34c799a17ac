#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tally/base/result.hpp"

namespace tally::serve {

/// Which state of a file was seen, to notice another one. A file that is not there has its own.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t bytes = -1;
    std::int64_t changed_ns = 0;

    bool operator==(const FileStamp&) const = default;
    /// Never fails. Thread: any; stat() may wait for a network file system.
    [[nodiscard]] static FileStamp of(const std::string& path);
};

/// Who may come in and how: the file of `--web.config.file`, in the format of Prometheus's
/// exporter-toolkit (its docs/web-configuration.md). A value.
///
/// Like there: relative paths begin at the file's folder; an unknown key is an error. Unlike there:
/// `http2` is read but HTTP/1.1 is all that is spoken; a tls_server_config that names no
/// certificate is an error instead of no TLS; bcrypt costs over 16 (seconds for one look) are
/// refused.
struct WebConfig {
    enum class ClientAuth : std::uint8_t {
        none,              ///< NoClientCert
        request,           ///< RequestClientCert: asked for, not looked at
        require_any,       ///< RequireAnyClientCert, RequireClientCert
        verify_if_given,   ///< VerifyClientCertIfGiven
        require_verified,  ///< RequireAndVerifyClientCert
    };
    enum class TlsVersion : std::uint8_t { tls10, tls11, tls12, tls13 };

    /// PEM either as text or in a file; files are read when a connection first needs them.
    struct Pem {
        std::string text;
        std::string file;

        [[nodiscard]] bool given() const { return !text.empty() || !file.empty(); }
    };

    struct Tls {
        Pem certificate;
        Pem key;
        Pem client_ca;  ///< not given: the system's, where clients are verified
        ClientAuth client_auth = ClientAuth::none;
        std::vector<std::string> client_allowed_sans;  ///< empty: any
        TlsVersion min_version = TlsVersion::tls12;
        TlsVersion max_version = TlsVersion::tls13;
        std::vector<std::string> cipher_suites;  ///< OpenSSL's names, for TLS 1.2 and below
        bool prefer_server_cipher_suites = true;
        std::vector<std::string> curves;  ///< OpenSSL's names
    };

    struct RateLimit {
        std::chrono::nanoseconds interval{0};  ///< 0: no limit
        std::int64_t burst = 0;
    };

    std::string file;
    FileStamp stamp;
    std::optional<Tls> tls;
    std::map<std::string, std::string> users;  ///< name -> bcrypt hash; empty: all may come in
    std::vector<std::pair<std::string, std::string>> headers;  ///< of every answer
    RateLimit rate_limit;
};

/// Reads and checks the file, but none that it names. Errors are one line with file, line and key.
[[nodiscard]] Result<WebConfig> read_web_config(const std::string& path);

}  // namespace tally::serve
