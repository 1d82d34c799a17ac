#include "serve/users.hpp"

#include <iterator>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "tally/serve/basic_auth.hpp"
#include "tally/base/assert.hpp"

namespace tally::serve {

namespace {

constexpr std::size_t remembered_max = 100;
constexpr std::size_t password_bytes_max = 500;  // crypt_r's bound; bcrypt looks at 72 of them

/// So that two texts after one another cannot be cut in two ways.
void append_with_length(std::string& out, std::string_view text) {
    out.append(std::to_string(text.size())).append(":").append(text);
}

}  // namespace

Users::Users(std::map<std::string, std::string> hashes)
    : hashes_(std::make_move_iterator(hashes.begin()), std::make_move_iterator(hashes.end())) {
    TALLY_ASSERT(RAND_bytes(key_.data(), static_cast<int>(key_.size())) == 1);
}

Users::Judgement Users::judge(std::string_view authorization) const {
    const auto credentials = basic_credentials(authorization);
    if (!credentials) {
        return {.verdict = Verdict::refused};
    }
    const auto found = hashes_.find(credentials->user);
    const bool known = found != hashes_.end();
    const std::string& hash = known ? found->second : stand_in(credentials->user);
    Question question{.password = credentials->password, .hash = hash, .known = known};
    question.digest = digest_of(credentials->user, hash, credentials->password);
    if (known && remembered(question.digest)) {
        return {.verdict = Verdict::admitted};
    }
    // To bcrypt a password ends at its first NUL: two would be the same. Such a one is never good.
    if (question.password.find('\0') != std::string::npos ||
        question.password.size() > password_bytes_max) {
        question.password.clear();
        question.known = false;
    }
    return {.verdict = Verdict::unsure, .question = std::move(question)};
}

void Users::remember(const Digest& digest) {
    if (remembered(digest)) {
        return;
    }
    good_.push_front(digest);
    if (good_.size() > remembered_max) {
        good_.pop_back();
    }
}

Users::Digest Users::digest_of(
    std::string_view user, std::string_view hash, std::string_view password
) const {
    std::string text;
    append_with_length(text, user);
    append_with_length(text, hash);
    append_with_length(text, password);
    Digest digest{};
    unsigned size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const bool made = HMAC(
                          EVP_sha256(),
                          key_.data(),
                          static_cast<int>(key_.size()),
                          bytes,
                          text.size(),
                          digest.data(),
                          &size
                      ) != nullptr;
    TALLY_ASSERT(made && size == digest.size());
    OPENSSL_cleanse(text.data(), text.size());
    return digest;
}

/// Looks at all of them, so that the time does not tell which one was near.
bool Users::remembered(const Digest& digest) const {
    bool found = false;
    for (const Digest& good : good_) {
        found = (CRYPTO_memcmp(good.data(), digest.data(), digest.size()) == 0) || found;
    }
    return found;
}

/// One of the known hashes, always the same one for a name: unknown users then take as long as
/// known ones do, also where the costs of the hashes differ.
const std::string& Users::stand_in(std::string_view user) const {
    const Digest digest = digest_of(user, {}, {});
    const std::size_t number = digest[0] + (std::size_t{digest[1]} << 8U);
    return std::next(hashes_.begin(), static_cast<std::ptrdiff_t>(number % hashes_.size()))->second;
}

}  // namespace tally::serve
