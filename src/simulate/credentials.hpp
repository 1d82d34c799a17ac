#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/random.hpp"
#include "tally/base/time.hpp"

namespace tally::simulate {

/// Who may ask. Nothing set: everybody.
struct CredentialOptions {
    std::string basic{};        ///< USER:PASSWORD
    std::string token{};        ///< for `Authorization: token=...` and `Bearer ...`
    std::string token_file{};   ///< the same, read again at every request
    std::string account_key{};  ///< file: public key (PEM) of the service account that logs in
    std::optional<std::int64_t> token_ttl_s{};  ///< of tokens given out; without: until expired
};

/// Checks credentials and gives tokens out, as DC/OS does. No clock of its own. Memory: at most
/// tokens_max tokens, the oldest go first.
class Credentials {
  public:
    static constexpr std::size_t tokens_max = 1024;

    /// Throws CannotStart: the key cannot be read.
    Credentials(CredentialOptions options, std::uint64_t seed);

    /// `authorizations`: the values of all such headers.
    [[nodiscard]] bool accept(const std::vector<std::string_view>& authorizations, TimeMs now);

    /// The value for WWW-Authenticate.
    [[nodiscard]] std::string_view challenge() const;

    /// The body of POST /acs/api/v1/auth/login: `{"uid":UID,"token":JWT}`, the JWT signed RS256 by
    /// the account's key. A fresh token; nothing when it is refused.
    [[nodiscard]] std::optional<std::string> log_in(std::string_view body, TimeMs now);

    [[nodiscard]] bool offers_login() const { return !key_pem_.empty(); }

    /// No token given out or set so far holds any more; one in a file stays as the file is.
    void expire_tokens();
    /// This token holds from now on, besides those given out; empty: none.
    void set_token(std::string token);

  private:
    struct Issued {
        std::string token;
        std::optional<TimeMs> end;
    };

    [[nodiscard]] bool accept_one(std::string_view value, TimeMs now) const;
    [[nodiscard]] bool accept_token(std::string_view token, TimeMs now) const;

    CredentialOptions options_;
    std::string key_pem_;
    bool asks_ = false;
    Random random_;
    std::deque<Issued> issued_;
};

/// Whether `jwt` is a JSON web token signed RS256 by the key, for this uid and not past its `exp`.
[[nodiscard]] bool verify_jwt(
    std::string_view jwt, std::string_view uid, const std::string& public_key_pem, TimeMs now
);

/// Base64 and base64url, padded or not; nothing for other text.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace tally::simulate
