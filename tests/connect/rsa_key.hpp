#pragma once

#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string>

#include "connect/certificate.hpp"

namespace tally::connect {

/// An RSA key made anew, as PEM, and what it says about a signature.
class RsaKey {
  public:
    RsaKey() : key_(EVP_RSA_gen(2048), &EVP_PKEY_free) {}

    [[nodiscard]] std::string private_pem(const EVP_CIPHER* cipher = nullptr) const {
        const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
        const std::string password = cipher == nullptr ? "" : "password";
        PEM_write_bio_PKCS8PrivateKey(
            bio.get(), key_.get(), cipher, password.data(), static_cast<int>(password.size()), nullptr, nullptr
        );
        return pem_text(bio.get());
    }

    [[nodiscard]] bool has_signed(const std::string& text, const std::string& signature) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
        const auto bytes = [](const std::string& of) { return reinterpret_cast<const unsigned char*>(of.data()); };
        return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
               EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
    }

  private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace tally::connect
