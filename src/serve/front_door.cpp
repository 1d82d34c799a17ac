#include "serve/front_door.hpp"

#include <algorithm>

namespace tally::serve {

namespace {

using Stamps = std::vector<std::pair<std::string, FileStamp>>;

/// As they are now, but for the config file itself, which has been read already.
Stamps stamps_of(const WebConfig& config) {
    Stamps stamps;
    if (!config.file.empty()) {
        stamps.emplace_back(config.file, config.stamp);
    }
    if (config.tls) {
        for (const auto* pem :
             {&config.tls->certificate, &config.tls->key, &config.tls->client_ca}) {
            if (!pem->file.empty()) {
                stamps.emplace_back(pem->file, FileStamp::of(pem->file));
            }
        }
    }
    return stamps;
}

}  // namespace

FrontDoor::FrontDoor() : users_(std::make_unique<Users>(std::map<std::string, std::string>())) {}

Result<void> FrontDoor::change(WebConfig config) {
    Stamps stamps = stamps_of(config);  // before they are read: a change meanwhile is noticed
    std::shared_ptr<TlsContext> context;
    if (config.tls) {
        auto made = TlsContext::make(*config.tls);
        if (!made) {
            return made.error();
        }
        context = *std::move(made);
    }
    if (config.users != config_.users) {
        users_ = std::make_unique<Users>(config.users);
    }
    if (config.rate_limit.interval != config_.rate_limit.interval ||
        config.rate_limit.burst != config_.rate_limit.burst) {
        rate_ = TokenBucket(config.rate_limit.interval, config.rate_limit.burst);
    }
    context_ = std::move(context);
    stamps_ = std::move(stamps);
    config_ = std::move(config);
    failure_.clear();
    return {};
}

std::shared_ptr<TlsContext> FrontDoor::context() {
    const bool changed = std::any_of(stamps_.begin(), stamps_.end(), [](const auto& one) {
        return FileStamp::of(one.first) != one.second;
    });
    if (changed) {
        read_again();
    }
    return context_;
}

void FrontDoor::read_again() {
    for (auto& [file, stamp] : stamps_) {
        stamp = FileStamp::of(file);  // a failure is not tried again until something changes
    }
    auto config = changed_config();
    const auto done = config ? change(*std::move(config)) : Result<void>(config.error());
    if (!done) {
        ++failures_;
        failure_ = done.error().what;
    }
}

Result<WebConfig> FrontDoor::changed_config() const {
    if (config_.file.empty()) {
        return config_;
    }
    auto config = read_web_config(config_.file);
    if (config && config_.tls && !config->tls) {
        return Error{config_.file + " has no TLS any more: that needs a reload"};
    }
    if (config && !config_.users.empty() && config->users.empty()) {
        return Error{config_.file + " has no users any more: that needs a reload"};
    }
    return config;
}

}  // namespace tally::serve
