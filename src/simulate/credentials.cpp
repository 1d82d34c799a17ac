#include "simulate/credentials.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "simulate/cluster.hpp"
#include "simulate/json_find.hpp"
#include "tally/base/result.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t file_bytes_max = 65'536;

/// Nothing: cannot be read. Without blanks and newlines at the end.
std::optional<std::string> read_file(const std::string& name) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
        std::fopen(name.c_str(), "rb"), &std::fclose
    );
    if (!file) {
        return std::nullopt;
    }
    std::string text(file_bytes_max, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    return text;
}

/// The rest of `value` behind `prefix`, whose letters may be in any case.
std::optional<std::string_view> behind(std::string_view value, std::string_view prefix) {
    const auto same = [](char a, char b) {
        return b == (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a);
    };
    if (value.size() < prefix.size() ||
        !std::equal(prefix.begin(), prefix.end(), value.begin(), [&same](char b, char a) {
            return same(a, b);
        })) {
        return std::nullopt;
    }
    value.remove_prefix(prefix.size());
    return value;
}

}  // namespace

Credentials::Credentials(CredentialOptions options, std::uint64_t seed)
    : options_(std::move(options)), random_(seed ^ 0x746f6b656e73) {
    if (!options_.account_key.empty()) {
        const auto key = read_file(options_.account_key);
        if (!key || key->find("PUBLIC KEY") == std::string::npos) {
            throw CannotStart{
                "--service-account-public-key needs a PEM file, not " + options_.account_key};
        }
        key_pem_ = *key + "\n";
    }
    if (!options_.token_file.empty() && !read_file(options_.token_file)) {
        throw CannotStart{"--token-file: cannot read " + options_.token_file};
    }
    if (!options_.basic.empty() && options_.basic.find(':') == std::string::npos) {
        throw CannotStart{"--basic-auth needs USER:PASSWORD"};
    }
    asks_ = !options_.basic.empty() || !options_.token.empty() || !options_.token_file.empty() ||
            !key_pem_.empty();
}

bool Credentials::accept(const std::vector<std::string_view>& authorizations, TimeMs now) {
    return !asks_ ||
           std::any_of(authorizations.begin(), authorizations.end(), [&](std::string_view value) {
               return accept_one(value, now);
           });
}

bool Credentials::accept_one(std::string_view value, TimeMs now) const {
    if (const auto basic = behind(value, "basic ")) {
        return !options_.basic.empty() && decode_base64(*basic) == options_.basic;
    }
    if (const auto token = behind(value, "token=")) {
        return accept_token(*token, now);
    }
    const auto token = behind(value, "bearer ");
    return token && accept_token(*token, now);
}

bool Credentials::accept_token(std::string_view token, TimeMs now) const {
    if (token.empty()) {
        return false;
    }
    if (token == options_.token) {
        return true;
    }
    if (!options_.token_file.empty() && read_file(options_.token_file) == token) {
        return true;
    }
    return std::any_of(issued_.begin(), issued_.end(), [&](const Issued& issued) {
        return issued.token == token && (!issued.end || now < *issued.end);
    });
}

std::string_view Credentials::challenge() const {
    return options_.basic.empty() ? R"(acsjwt)" : R"(basic realm="Mesosphere")";
}

std::optional<std::string> Credentials::log_in(std::string_view body, TimeMs now) {
    const auto uid = find_string(body, "uid");
    const auto jwt = find_string(body, "token");
    if (key_pem_.empty() || !uid || !jwt || !verify_jwt(*jwt, *uid, key_pem_, now)) {
        return std::nullopt;
    }
    Issued issued{.token = Cluster::random_uuid(random_), .end = std::nullopt};
    if (options_.token_ttl_s) {
        issued.end = now + *options_.token_ttl_s * 1000;
    }
    issued_.push_back(std::move(issued));
    if (issued_.size() > tokens_max) {
        issued_.pop_front();
    }
    return issued_.back().token;
}

void Credentials::expire_tokens() {
    issued_.clear();
    options_.token.clear();
}

void Credentials::set_token(std::string token) {
    options_.token = std::move(token);
    asks_ = true;
}

}  // namespace tally::simulate
