#include <array>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "simulate/credentials.hpp"
#include "simulate/json_find.hpp"

namespace tally::simulate {

namespace {

int value_of(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

bool verify_signature(std::string_view text, std::string_view signature, const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free
    );
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free
    );
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), &EVP_MD_CTX_free
    );
    const auto bytes = [](std::string_view view) {
        return reinterpret_cast<const unsigned char*>(view.data());
    };
    return key && EVP_PKEY_base_id(key.get()) == EVP_PKEY_RSA &&
           EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
           EVP_DigestVerify(
               context.get(), bytes(signature), signature.size(), bytes(text), text.size()
           ) == 1;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) {
            return std::nullopt;
        }
        bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xff);
        }
    }
    return out;
}

bool verify_jwt(
    std::string_view jwt, std::string_view uid, const std::string& public_key_pem, TimeMs now
) {
    const std::size_t first = jwt.find('.');
    const std::size_t last = jwt.rfind('.');
    if (first == std::string_view::npos || first == last) {
        return false;
    }
    const auto header = decode_base64(jwt.substr(0, first));
    const auto payload = decode_base64(jwt.substr(first + 1, last - first - 1));
    const auto signature = decode_base64(jwt.substr(last + 1));
    if (!header || !payload || !signature || find_string(*header, "alg") != "RS256" ||
        find_string(*payload, "uid") != uid ||
        !verify_signature(jwt.substr(0, last), *signature, public_key_pem)) {
        return false;
    }
    const auto end = find_integer(*payload, "exp");
    return !find_value(*payload, "exp") || (end && *end > now / 1000);
}

}  // namespace tally::simulate
