#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "serve/tls_server.hpp"
#include "serve/token_bucket.hpp"
#include "serve/users.hpp"
#include "tally/serve/web_config.hpp"

namespace tally::serve {

/// The web config in force: TLS for new connections, users and headers for all. Notices by stat()
/// that the file, or one that it names, has changed. Thread: io.
class FrontDoor {
  public:
    /// Plain, and open to all.
    FrontDoor();

    /// Puts `config` in force; after an error all is as before.
    [[nodiscard]] Result<void> change(WebConfig config);

    /// For a connection that begins now: nothing where it is plain. First reads again what has
    /// changed; what is wrong then is counted, and the config before stays in force. So does one
    /// that would take TLS or all users away: a file cut short must not open the door. Only
    /// change() does that.
    [[nodiscard]] std::shared_ptr<TlsContext> context();

    [[nodiscard]] bool wants_tls() const { return context_ != nullptr; }

    [[nodiscard]] Users& users() { return *users_; }

    [[nodiscard]] TokenBucket& rate() { return rate_; }

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const {
        return config_.headers;
    }

    [[nodiscard]] std::uint64_t failures() const { return failures_; }

    /// What is wrong with the files as they are now; empty when they are in force.
    [[nodiscard]] const std::string& failure() const { return failure_; }

  private:
    void read_again();
    [[nodiscard]] Result<WebConfig> changed_config() const;

    WebConfig config_;
    std::shared_ptr<TlsContext> context_;  // shared with its connections
    std::unique_ptr<Users> users_;
    TokenBucket rate_{std::chrono::nanoseconds(0), 0};
    std::vector<std::pair<std::string, FileStamp>> stamps_;  ///< of the files as read last
    std::uint64_t failures_ = 0;
    std::string failure_;
};

}  // namespace tally::serve
