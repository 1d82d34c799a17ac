#include "serve/tls_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "serve/file_text.hpp"
#include "tally/base/assert.hpp"

namespace tally::serve {

namespace {

using Auth = WebConfig::ClientAuth;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;
using CertPtr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;

/// A PEM to be read piece by piece, and what to call it in an error.
struct PemReader {
    BioPtr bio{nullptr, &BIO_free};
    std::string name;

    [[nodiscard]] CertPtr next_certificate() const {
        return {PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr), &X509_free};
    }

    [[nodiscard]] KeyPtr key() const {
        return {PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), &EVP_PKEY_free};
    }

    /// After next_certificate() gave none: whether that was the end, and not something malformed.
    [[nodiscard]] static bool at_end() {
        const auto error = ERR_peek_last_error();
        ERR_clear_error();
        return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    }

  private:
    /// Never asks at a terminal: a key with a password is an error.
    static int no_password(char*, int, int, void*) { return -1; }
};

Result<PemReader> open_pem(const WebConfig::Pem& pem, const std::string& name) {
    FileText content{pem.text};
    if (!pem.file.empty()) {
        auto read = read_text(pem.file);
        if (!read) {
            return read.error();
        }
        content = *std::move(read);
    }
    PemReader reader;
    reader.name = pem.file.empty() ? name : pem.file;
    reader.bio.reset(BIO_new(BIO_s_mem()));
    BIO_write(reader.bio.get(), content.text.data(), static_cast<int>(content.text.size()));
    return reader;
}

/// Throws away what OpenSSL has queued, and says the first of it.
Error openssl_error(const std::string& name) {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    ERR_clear_error();
    return Error{name + ": " + (reason == nullptr ? "not usable" : reason)};
}

std::string address_text(const ASN1_OCTET_STRING& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int length = ASN1_STRING_length(&address);
    const int family = length == 4 ? AF_INET : AF_INET6;
    if (length != 4 && length != 16) {
        return {};
    }
    const char* written =
        ::inet_ntop(family, ASN1_STRING_get0_data(&address), text.data(), text.size());
    return written == nullptr ? std::string() : written;
}

/// A subject alternative name as text; empty for kinds that cannot be listed.
std::string san_text(const GENERAL_NAME& name) {
    switch (name.type) {
        case GEN_DNS:
        case GEN_EMAIL:
        case GEN_URI:
            return {
                reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.ia5)),
                static_cast<std::size_t>(ASN1_STRING_length(name.d.ia5))};
        case GEN_IPADD:
            return address_text(*name.d.iPAddress);
        default:
            return {};
    }
}

bool has_allowed_san(X509* certificate, const std::vector<std::string>& allowed) {
    const NamesPtr names(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)
        ),
        &GENERAL_NAMES_free
    );
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const std::string text = san_text(*sk_GENERAL_NAME_value(names.get(), i));
        if (!text.empty() && std::find(allowed.begin(), allowed.end(), text) != allowed.end()) {
            return true;
        }
    }
    return false;
}

int openssl_version(WebConfig::TlsVersion version) {
    constexpr std::array versions{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    return versions.at(static_cast<std::size_t>(version));
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        all.append(all.empty() ? "" : ":").append(text);
    }
    return all;
}

/// Of the protocols a client offers we speak http/1.1.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(
            &found, chosen_size, ours.data(), ours.size(), offered, offered_size
        ) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

int ask_context(int verified, X509_STORE_CTX* chain) {
    const void* ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    const SSL_CTX* context = SSL_get_SSL_CTX(static_cast<const SSL*>(ssl));
    return static_cast<TlsContext*>(SSL_CTX_get_app_data(context))->takes(verified == 1, chain) ? 1
                                                                                                : 0;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::make(const WebConfig::Tls& tls) {
    auto context = std::make_shared<TlsContext>(tls);
    ERR_clear_error();
    if (const auto done = context->use_ciphers(tls); !done) {
        return done.error();
    }
    if (const auto done = context->use_certificate(tls.certificate); !done) {
        return done.error();
    }
    if (const auto done = context->use_key(tls.key); !done) {
        return done.error();
    }
    if (const auto done = context->use_client_auth(tls); !done) {
        return done.error();
    }
    return context;
}

TlsContext::TlsContext(const WebConfig::Tls& tls)
    : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free),
      client_auth_(tls.client_auth),
      client_allowed_sans_(tls.client_allowed_sans) {
    TALLY_ASSERT(context_);
    SSL_CTX_set_app_data(handle(), this);
    SSL_CTX_set_mode(
        handle(),
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
            SSL_MODE_RELEASE_BUFFERS
    );
    // Tickets let clients resume without us keeping anything; those of another context are void.
    SSL_CTX_set_session_cache_mode(handle(), SSL_SESS_CACHE_OFF);
    static constexpr std::array<unsigned char, 5> session_context{'t', 'a', 'l', 'l', 'y'};
    SSL_CTX_set_session_id_context(handle(), session_context.data(), session_context.size());
    SSL_CTX_set_alpn_select_cb(handle(), choose_protocol, nullptr);
}

bool TlsContext::takes(bool verified, X509_STORE_CTX* chain) const {
    const bool looked_at =
        client_auth_ == Auth::verify_if_given || client_auth_ == Auth::require_verified;
    if (looked_at && !verified) {
        return false;
    }
    return client_allowed_sans_.empty() || X509_STORE_CTX_get_error_depth(chain) != 0 ||
           has_allowed_san(X509_STORE_CTX_get_current_cert(chain), client_allowed_sans_);
}

Result<void> TlsContext::use_ciphers(const WebConfig::Tls& tls) {
    SSL_CTX_set_min_proto_version(handle(), openssl_version(tls.min_version));
    SSL_CTX_set_max_proto_version(handle(), openssl_version(tls.max_version));
    SSL_CTX_set_options(handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    if (tls.prefer_server_cipher_suites) {
        SSL_CTX_set_options(handle(), SSL_OP_CIPHER_SERVER_PREFERENCE);
    }
    if (!tls.cipher_suites.empty() &&
        SSL_CTX_set_cipher_list(handle(), joined(tls.cipher_suites).c_str()) != 1) {
        return openssl_error("tls_server_config.cipher_suites");
    }
    if (!tls.curves.empty() &&
        SSL_CTX_set1_groups_list(handle(), joined(tls.curves).c_str()) != 1) {
        return openssl_error("tls_server_config.curve_preferences");
    }
    return {};
}

/// The first certificate is ours, the others lead to its CA.
Result<void> TlsContext::use_certificate(const WebConfig::Pem& pem) {
    const auto reader = open_pem(pem, "tls_server_config.cert");
    if (!reader) {
        return reader.error();
    }
    CertPtr certificate = reader->next_certificate();
    if (!certificate || SSL_CTX_use_certificate(handle(), certificate.get()) != 1) {
        return openssl_error(reader->name);
    }
    while ((certificate = reader->next_certificate())) {
        if (SSL_CTX_add1_chain_cert(handle(), certificate.get()) != 1) {
            return openssl_error(reader->name);
        }
    }
    if (!PemReader::at_end()) {
        return Error{reader->name + ": malformed"};
    }
    return {};
}

Result<void> TlsContext::use_key(const WebConfig::Pem& pem) {
    const auto reader = open_pem(pem, "tls_server_config.key");
    if (!reader) {
        return reader.error();
    }
    const KeyPtr key = reader->key();
    if (!key || SSL_CTX_use_PrivateKey(handle(), key.get()) != 1 ||
        SSL_CTX_check_private_key(handle()) != 1) {
        return openssl_error(reader->name);
    }
    return {};
}

Result<void> TlsContext::use_client_auth(const WebConfig::Tls& tls) {
    if (client_auth_ == Auth::none) {
        return {};
    }
    const bool required =
        client_auth_ == Auth::require_any || client_auth_ == Auth::require_verified;
    SSL_CTX_set_verify(
        handle(), SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), ask_context
    );
    if (tls.client_ca.given()) {
        return use_client_ca(tls.client_ca);
    }
    SSL_CTX_set_default_verify_paths(handle());
    return {};
}

/// Trusts the certificates and names them to clients, that they know which of theirs to show.
Result<void> TlsContext::use_client_ca(const WebConfig::Pem& pem) {
    const auto reader = open_pem(pem, "tls_server_config.client_ca");
    if (!reader) {
        return reader.error();
    }
    std::size_t count = 0;
    while (const CertPtr one = reader->next_certificate()) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(handle()), one.get());
        SSL_CTX_add_client_CA(handle(), one.get());
        ++count;
    }
    const bool whole = PemReader::at_end();
    if (count == 0 || !whole) {
        return Error{reader->name + (count == 0 ? ": no certificate in it" : ": malformed")};
    }
    return {};
}

}  // namespace tally::serve
