#include "connect/login_jwt.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "connect/base64.hpp"
#include "tally/base/json.hpp"

namespace tally::connect {
namespace {

constexpr std::int64_t seconds_end = 100'000'000'000;  // in the year 5138; milliseconds of it are still a number

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Instead of OpenSSL's own, which would ask at the terminal.
int no_password(char* /*into*/, int /*size*/, int /*writing*/, void* /*context*/) {
    return -1;
}

Key read_key(const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free
    );
    return {PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_password, nullptr), &EVP_PKEY_free};
}

/// Empty: it did not work.
std::string sign(std::string_view text, EVP_PKEY* key) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), &EVP_MD_CTX_free
    );
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t size = signature.size();
    const bool good =
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestSign(
            context.get(),
            reinterpret_cast<unsigned char*>(signature.data()),
            &size,
            reinterpret_cast<const unsigned char*>(text.data()),
            text.size()
        ) == 1;
    signature.resize(good ? size : 0);
    return signature;
}

/// What follows `"name":` and white space; empty: there is no such thing. No JSON reader lives in this room, and these
/// two little objects come from whom we trust with our account.
std::string_view behind(std::string_view object, std::string_view name) {
    const auto quoted = "\"" + std::string(name) + "\"";
    const auto skip = [&object](std::string_view some) {
        object.remove_prefix(std::min(object.find_first_not_of(some), object.size()));
    };
    const auto at = object.find(quoted);
    if (at == std::string_view::npos) {
        return {};
    }
    object.remove_prefix(at + quoted.size());
    skip(" \t\r\n");
    if (!object.starts_with(':')) {
        return {};
    }
    object.remove_prefix(1);
    skip(" \t\r\n");
    return object;
}

}  // namespace

Result<std::string> login_jwt(
    std::string_view uid, std::int64_t expires, const std::string& private_key_pem
) {
    const auto key = read_key(private_key_pem);
    ERR_clear_error();
    if (!key) {
        return Error{"no usable private key (PEM, without a password)"};
    }
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
        return Error{"the private key is not an RSA key"};
    }
    std::string payload = R"({"uid":)";
    append_json_string(payload, uid);
    payload += R"(,"exp":)" + std::to_string(expires) + "}";
    const auto text = base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(payload);
    const auto signature = sign(text, key.get());
    ERR_clear_error();
    if (signature.empty()) {
        return Error{"the private key does not sign"};
    }
    // In place, since an Error can be made from a string too.
    return Result<std::string>(boost::system::in_place_value, text + "." + base64url(signature));
}

std::optional<std::int64_t> expiry_of(std::string_view jwt) {
    const auto first = jwt.find('.');
    const auto last = jwt.rfind('.');
    if (first == last) {
        return std::nullopt;
    }
    const auto payload = from_base64url(jwt.substr(first + 1, last - first - 1));
    const auto digits = payload ? behind(*payload, "exp") : std::string_view();
    std::int64_t seconds = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    const bool good = code == std::errc() && seconds > 0 && seconds < seconds_end;
    return good ? std::optional(seconds) : std::nullopt;
}

std::optional<std::string> token_of(std::string_view answer) {
    auto text = behind(answer, "token");
    if (!text.starts_with('"')) {
        return std::nullopt;
    }
    text.remove_prefix(1);
    const auto end = text.find('"');
    const auto token = text.substr(0, end);
    const bool good = end != std::string_view::npos && !token.empty() &&
                      std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7F' && c != '\\'; });
    return good ? std::optional<std::string>(token) : std::nullopt;
}

}  // namespace tally::connect
