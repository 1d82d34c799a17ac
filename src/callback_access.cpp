#include "callback_access.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "secret_config.hpp"
#include "source_config.hpp"
#include "tally/serve/basic_auth.hpp"

namespace tally {

namespace {

using Source = CallbackAccess::Source;
using Caller = CallbackAccess::Caller;

/// All are compared, so that the time does not tell which one was right.
bool gives(const Caller& caller, const std::string& secret) {
    bool found = false;
    for (const std::string& given : caller.secrets) {
        found = CallbackAccess::same_secret(given, secret) || found;
    }
    return found;
}

bool lets_in(const Source& source, std::string_view peer) {
    return source.allow.empty() || std::any_of(source.allow.begin(), source.allow.end(), [peer](const auto& range) {
               return range.contains(peer);
           });
}

}  // namespace

CallbackAccess::Verdict CallbackAccess::judge(std::string_view source, const Caller& caller) const {
    const Source* asked = nullptr;
    bool knows_it = false, knows_any = false;
    for (const Source& one : sources_) {
        const bool knows = gives(caller, one.secret);
        knows_any = knows || knows_any;
        if (one.name == source) {
            asked = &one;
            knows_it = knows;
        }
    }
    if (asked == nullptr) {
        return judge_unknown(knows_any, caller.peer);
    }
    if (!asked->secret.empty() && !knows_it) {
        return Verdict::unauthorized;
    }
    return lets_in(*asked, caller.peer) ? Verdict::admitted : Verdict::forbidden;
}

CallbackAccess::Verdict CallbackAccess::judge_unknown(bool knows_a_secret, std::string_view peer) const {
    const auto has_secret = [](const Source& one) { return !one.secret.empty(); };
    const auto shuts_out = [peer](const Source& one) { return !lets_in(one, peer); };
    if (sources_.empty()) {
        return Verdict::unknown;
    }
    if (!knows_a_secret && std::all_of(sources_.begin(), sources_.end(), has_secret)) {
        return Verdict::unauthorized;
    }
    return std::all_of(sources_.begin(), sources_.end(), shuts_out) ? Verdict::forbidden : Verdict::unknown;
}

bool CallbackAccess::same_secret(std::string_view given, std::string_view secret) {
    if (secret.empty()) {
        return false;
    }
    volatile unsigned difference = given.size() == secret.size() ? 0U : 1U;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto left = static_cast<unsigned char>(given[i]);
        const auto right = static_cast<unsigned char>(secret[i % secret.size()]);
        difference = difference | static_cast<unsigned>(left ^ right);
    }
    return difference == 0;
}

std::vector<std::string> given_secrets(std::optional<std::string> query_secret, std::string_view authorization) {
    constexpr std::string_view bearer = "bearer ";
    std::vector<std::string> secrets;
    if (query_secret) {
        secrets.push_back(*std::move(query_secret));
    }
    if (auto basic = serve::basic_credentials(authorization)) {
        secrets.push_back(std::move(basic->password));
    }
    const bool is_bearer = authorization.size() > bearer.size() &&
                           std::equal(bearer.begin(), bearer.end(), authorization.begin(), [](char small, char c) {
                               return small == c || (c >= 'A' && c <= 'Z' && small == c - 'A' + 'a');
                           });
    if (is_bearer) {
        secrets.emplace_back(authorization.substr(bearer.size()));
    }
    return secrets;
}

Result<std::string> read_callback_secret(const CallbackConfig& config) {
    return places_of(config.secret) == 0 ? Result<std::string>(boost::system::in_place_value) : connect::read_secret(config.secret);
}

Result<CallbackAccess> read_callback_access(const std::vector<SourceConfig>& sources) {
    std::vector<Source> found;
    for (const SourceConfig& source : sources) {
        const CallbackConfig config = source.callback.value_or(CallbackConfig{});
        auto secret = read_callback_secret(config);
        if (!secret) {
            return Error{fmt::format("source {}: callback: {}", source.name, secret.error().what)};
        }
        Source one{.name = source.name, .secret = *std::move(secret), .allow = {}};
        for (const std::string& text : config.allow) {
            const auto range = AddressRange::parse(text);
            if (!range) {
                return Error{fmt::format("source {}: callback.allow: {}", source.name, range.error().what)};
            }
            one.allow.push_back(*range);
        }
        found.push_back(std::move(one));
    }
    return CallbackAccess(std::move(found));
}

}  // namespace tally
