#pragma once

#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>

namespace tally::serve::testing {

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertPtr = std::unique_ptr<X509, decltype(&X509_free)>;

/// A certificate and its key, made anew.
struct Identity {
    KeyPtr key{nullptr, &EVP_PKEY_free};
    CertPtr certificate{nullptr, &X509_free};

    [[nodiscard]] std::string certificate_pem() const {
        return pem([this](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
    }

    [[nodiscard]] std::string key_pem() const {
        return pem([this](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

  private:
    template <class Write>
    static std::string pem(Write write) {
        const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
        write(bio.get());
        char* text = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &text);
        return {text, static_cast<std::size_t>(size)};
    }
};

inline void add_extension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// `name` becomes the CN; `sans` is like "DNS:localhost,IP:127.0.0.1". Without `issuer` a CA that
/// has signed itself, else one signed by that CA.
inline Identity make_identity(
    const std::string& name, const std::string& sans, const Identity* issuer = nullptr
) {
    static long serial = 0;
    Identity made;
    made.key.reset(EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509* certificate = made.certificate.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, made.key.get());
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate), "CN", MBSTRING_ASC, text, -1, -1, 0
    );
    X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    add_extension(certificate, NID_basic_constraints, issuer == nullptr ? "CA:TRUE" : "CA:FALSE");
    if (!sans.empty()) {
        add_extension(certificate, NID_subject_alt_name, sans);
    }
    X509_sign(certificate, issuer == nullptr ? made.key.get() : issuer->key.get(), EVP_sha256());
    return made;
}

inline void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
}

}  // namespace tally::serve::testing
