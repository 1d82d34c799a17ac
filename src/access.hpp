#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source_config.hpp"
#include "tally/connect/rest_client.hpp"
#include "tally/connect/service_login.hpp"

namespace tally {

/// How one source is reached: its members, TLS, and who we are to it, for its Subscription and for every RestClient.
///
/// Thread: the io_context's. Must outlive those that got options from it.
class Access {
  public:
    Access(boost::asio::io_context& io, const SourceConfig& source, std::chrono::milliseconds connect);

    /// Calls once we know who we are: at once, but for a service account, whose first login may take a while.
    void when_ready(std::function<void()> ready);

    [[nodiscard]] const std::vector<connect::Endpoint>& members() const { return members_; }
    [[nodiscard]] const connect::Subscription::Tls& tls() const { return tls_; }
    /// As Subscription and RestClient want it.
    [[nodiscard]] std::function<connect::Subscription::Credentials()> credentials();

    /// An answer came with this status: after a 401 a service account logs in anew.
    void answered(unsigned status);

  private:
    std::vector<connect::Endpoint> members_;
    connect::Subscription::Tls tls_;
    connect::CredentialSettings settings_;
    std::unique_ptr<connect::ServiceLogin> login_;  ///< of a service account
};

}  // namespace tally
