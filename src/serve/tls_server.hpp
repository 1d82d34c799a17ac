#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "tally/serve/web_config.hpp"

namespace tally::serve {

/// What a TLS handshake of ours needs, with the files read. Errors name the file or the setting.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const WebConfig::Tls& tls
);

}  // namespace tally::serve
