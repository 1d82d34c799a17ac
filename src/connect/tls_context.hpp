#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "tally/base/result.hpp"
#include "tally/connect/subscription.hpp"

namespace tally::connect {

/// A client's context: TLS 1.2 or later, the CAs and our own certificate as configured, read anew
/// each time. An error names the file that could not be used.
[[nodiscard]] Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(
    const Subscription::Tls& tls
);

}  // namespace tally::connect
