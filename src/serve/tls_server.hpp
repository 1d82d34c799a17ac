#pragma once

#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <vector>

#include "tally/serve/web_config.hpp"

namespace tally::serve {

/// What the handshakes of a WebConfig::Tls need, with its files read. Never changes; shared by the
/// connections of its time.
class TlsContext {
  public:
    /// Errors name the file or the setting.
    [[nodiscard]] static Result<std::shared_ptr<TlsContext>> make(const WebConfig::Tls& tls);

    explicit TlsContext(const WebConfig::Tls& tls);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    [[nodiscard]] SSL_CTX* handle() const { return context_.get(); }

    /// Whether a client's certificate is taken; OpenSSL asks for each of its chain, the client's
    /// own being number 0.
    [[nodiscard]] bool takes(bool verified, X509_STORE_CTX* chain) const;

  private:
    [[nodiscard]] Result<void> use_ciphers(const WebConfig::Tls& tls);
    [[nodiscard]] Result<void> use_certificate(const WebConfig::Pem& pem);
    [[nodiscard]] Result<void> use_key(const WebConfig::Pem& pem);
    [[nodiscard]] Result<void> use_client_auth(const WebConfig::Tls& tls);
    [[nodiscard]] Result<void> use_client_ca(const WebConfig::Pem& pem);

    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    WebConfig::ClientAuth client_auth_;
    std::vector<std::string> client_allowed_sans_;
};

}  // namespace tally::serve
