#pragma once

#include <memory>
#include <openssl/ssl.h>
#include <string>

#include "serve/certificates.hpp"
#include "serve/client.hpp"

namespace tally::serve::testing {

/// Beside the defaults of OpenSSL.
struct TlsOptions {
    const Identity* trusted = nullptr;   ///< the CA
    const Identity* identity = nullptr;  ///< the client's own certificate
    int version_max = TLS1_3_VERSION;
    std::string ciphers{};  ///< of TLS 1.2, as OpenSSL names them
    std::string alpn{};     ///< as it goes over the wire
};

/// A Client that speaks TLS, and checks the server's certificate where it knows whom to trust.
class TlsClient : public Client {
  public:
    explicit TlsClient(int port, const TlsOptions& options = {}) : Client(port) {
        SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
        if (options.trusted != nullptr) {
            X509_STORE_add_cert(
                SSL_CTX_get_cert_store(context_.get()), options.trusted->certificate.get()
            );
            SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        }
        if (options.identity != nullptr) {
            SSL_CTX_use_certificate(context_.get(), options.identity->certificate.get());
            SSL_CTX_use_PrivateKey(context_.get(), options.identity->key.get());
        }
        if (!options.ciphers.empty()) {
            SSL_CTX_set_cipher_list(context_.get(), options.ciphers.c_str());
        }
        ssl_.reset(SSL_new(context_.get()));
        const auto* alpn = reinterpret_cast<const unsigned char*>(options.alpn.data());
        SSL_set_alpn_protos(ssl_.get(), alpn, static_cast<unsigned>(options.alpn.size()));
        SSL_set_tlsext_host_name(ssl_.get(), "localhost");
        SSL_set_fd(ssl_.get(), socket());
        shaken_ = SSL_connect(ssl_.get()) == 1;
    }

    /// Whether the handshake was done; with TLS 1.3 a server may refuse us after that.
    [[nodiscard]] bool shaken() const { return shaken_; }

    [[nodiscard]] std::string version() const { return SSL_get_version(ssl_.get()); }

    [[nodiscard]] std::string cipher() const { return SSL_get_cipher_name(ssl_.get()); }

    [[nodiscard]] std::string protocol() const {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl_.get(), &name, &size);
        return {reinterpret_cast<const char*>(name), size};
    }

    /// The serial number of the server's certificate.
    [[nodiscard]] long server_serial() const {
        const CertPtr certificate(SSL_get1_peer_certificate(ssl_.get()), &X509_free);
        return certificate ? ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get())) : -1;
    }

    /// Whether the server ended with close_notify, and not by cutting the connection.
    [[nodiscard]] bool ended_well() const {
        return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

  protected:
    ssize_t put(std::string_view bytes) override {
        return shaken_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) : -1;
    }

    ssize_t take(char* bytes, std::size_t size) override {
        return shaken_ ? SSL_read(ssl_.get(), bytes, static_cast<int>(size)) : -1;
    }

  private:
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{
        SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
    bool shaken_ = false;
};

}  // namespace tally::serve::testing
