#include "serve/tls_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/verify_context.hpp>

#include "serve/file_text.hpp"

namespace tally::serve {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using Auth = WebConfig::ClientAuth;

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;
using CertPtr = std::unique_ptr<X509, decltype(&X509_free)>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;

/// A PEM and what to call it in an error.
struct PemText {
    std::string text;
    std::string name;
};

Result<PemText> text_of(const WebConfig::Pem& pem, const std::string& name) {
    if (pem.file.empty()) {
        return PemText{pem.text, name};
    }
    auto text = read_text(pem.file);
    if (!text) {
        return text.error();
    }
    return PemText{std::move(text->text), pem.file};
}

/// Throws away what OpenSSL has queued, and says the first of it.
Error openssl_error(const std::string& name) {
    const error_code error(
        static_cast<int>(ERR_get_error()), boost::asio::error::get_ssl_category()
    );
    ERR_clear_error();
    return Error{name + ": " + error.message()};
}

boost::asio::const_buffer buffer_of(const std::string& text) {
    return {text.data(), text.size()};
}

Result<void> use_certificate(ssl::context& context, const WebConfig::Tls& tls) {
    const auto certificate = text_of(tls.certificate, "tls_server_config.cert");
    if (!certificate) {
        return certificate.error();
    }
    const auto key = text_of(tls.key, "tls_server_config.key");
    if (!key) {
        return key.error();
    }
    error_code error;
    // Never asks at a terminal: a key with a password is an error.
    context.set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return ""; }, error
    );
    context.use_certificate_chain(buffer_of(certificate->text), error);
    if (error) {
        return Error{certificate->name + ": " + error.message()};
    }
    context.use_private_key(buffer_of(key->text), ssl::context::pem, error);
    if (error) {
        return Error{key->name + ": " + error.message()};
    }
    if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
        return openssl_error(key->name);
    }
    return {};
}

/// Trusts the certificates and names them to clients, that they know which of theirs to show.
Result<void> use_client_ca(ssl::context& context, const WebConfig::Pem& pem) {
    const auto text = text_of(pem, "tls_server_config.client_ca");
    if (!text) {
        return text.error();
    }
    const BioPtr bio(
        BIO_new_mem_buf(text->text.data(), static_cast<int>(text->text.size())), &BIO_free
    );
    std::size_t count = 0;
    for (;;) {
        const CertPtr one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
        if (!one) {
            break;
        }
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context.native_handle()), one.get());
        SSL_CTX_add_client_CA(context.native_handle(), one.get());
        ++count;
    }
    const auto end = ERR_peek_last_error();
    const bool whole =
        ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (count == 0 || !whole) {
        return Error{text->name + ": " + (count == 0 ? "no certificate in it" : "malformed")};
    }
    return {};
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

/// Whether a client's chain is taken; called for each certificate of it, its own being number 0.
bool takes_certificate(
    bool verified, ssl::verify_context& context, Auth auth, const std::vector<std::string>& sans
) {
    const bool looked_at = auth == Auth::verify_if_given || auth == Auth::require_verified;
    if (looked_at && !verified) {
        return false;
    }
    X509_STORE_CTX* chain = context.native_handle();
    return sans.empty() || X509_STORE_CTX_get_error_depth(chain) != 0 ||
           has_allowed_san(X509_STORE_CTX_get_current_cert(chain), sans);
}

Result<void> use_client_auth(ssl::context& context, const WebConfig::Tls& tls) {
    error_code error;
    if (tls.client_auth == Auth::none) {
        context.set_verify_mode(ssl::verify_none, error);
        return {};
    }
    const bool required =
        tls.client_auth == Auth::require_any || tls.client_auth == Auth::require_verified;
    context.set_verify_mode(
        required ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert : ssl::verify_peer, error
    );
    context.set_verify_callback(
        [auth = tls.client_auth, sans = tls.client_allowed_sans](
            bool verified, ssl::verify_context& chain
        ) { return takes_certificate(verified, chain, auth, sans); },
        error
    );
    if (tls.client_ca.given()) {
        return use_client_ca(context, tls.client_ca);
    }
    context.set_default_verify_paths(error);
    return {};
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

Result<void> use_ciphers(ssl::context& context, const WebConfig::Tls& tls) {
    SSL_CTX* handle = context.native_handle();
    SSL_CTX_set_min_proto_version(handle, openssl_version(tls.min_version));
    SSL_CTX_set_max_proto_version(handle, openssl_version(tls.max_version));
    SSL_CTX_set_options(
        handle,
        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
            (tls.prefer_server_cipher_suites ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0)
    );
    if (!tls.cipher_suites.empty() &&
        SSL_CTX_set_cipher_list(handle, joined(tls.cipher_suites).c_str()) != 1) {
        return openssl_error("tls_server_config.cipher_suites");
    }
    if (!tls.curves.empty() && SSL_CTX_set1_groups_list(handle, joined(tls.curves).c_str()) != 1) {
        return openssl_error("tls_server_config.curve_preferences");
    }
    return {};
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

}  // namespace

Result<std::shared_ptr<ssl::context>> make_tls_context(const WebConfig::Tls& tls) {
    const auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    for (const auto& step : {use_ciphers, use_certificate, use_client_auth}) {
        if (const auto done = step(*context, tls); !done) {
            return done.error();
        }
    }
    // Tickets let clients resume without us keeping anything; those of another context are void.
    SSL_CTX* handle = context->native_handle();
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    static constexpr std::array<unsigned char, 5> session_context{'t', 'a', 'l', 'l', 'y'};
    SSL_CTX_set_session_id_context(handle, session_context.data(), session_context.size());
    SSL_CTX_set_alpn_select_cb(handle, choose_protocol, nullptr);
    return context;
}

}  // namespace tally::serve
