#include "sources.hpp"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "config_change.hpp"

namespace tally {

Sources::Sources(boost::asio::io_context& io, boost::asio::thread_pool& workers, Outside outside)
    : io_(io), workers_(workers), outside_(std::move(outside)) {}

void Sources::begin(const Config& config, const IngestThread::Streams& streams) {
    config_ = config;
    for (const SourceConfig& source : config_.sources) {
        follow(source, streams.at(source.name));
    }
}

void Sources::hide(const std::string& name) {
    unsent_.emplace_back(IngestThread::Followed{.source = name, .shown = false, .done = {}});
}

void Sources::follow(const SourceConfig& source, const model::World::Stream& stream) {
    followers_[source.name] = std::make_unique<Follower>(
        io_, workers_, source, config_, stream,
        Follower::Outside{.hand_over =
                              [this](IngestThread::Message& message) {
                                  give();  // of those that were before it
                                  return unsent_.empty() && outside_.hand_over(message);
                              },
                          .next_connection = outside_.next_connection}
    );
}

void Sources::change(const Config& config) {
    const bool all_change = !follows_alike(config_, config);
    const std::vector<SourceConfig> before = std::exchange(config_, config).sources;
    ++generation_;
    for (const SourceConfig& source : before) {
        const auto now = std::find(config_.sources.begin(), config_.sources.end(), source);
        if (all_change || now == config_.sources.end()) {
            leave(source.name);
        }
    }
    for (const SourceConfig& source : config_.sources) {
        const auto known = followers_.find(source.name);
        if (known == followers_.end()) {
            begin_later(source);
        } else {
            known->second->renew_callback(config_);
        }
    }
    give();
}

void Sources::leave(const std::string& name) {
    const auto found = followers_.find(name);
    if (found == followers_.end()) {
        hide(name);  // it was to come
        return;
    }
    Follower& follower = *found->second;
    const std::uint64_t number = next_left_++;
    left_[number] = std::move(found->second);
    followers_.erase(found);
    // Not inside its own call.
    follower.stop(connect::Cause::reload, [this, number] {
        boost::asio::post(io_, [this, number] { left_.erase(number); });
    });
    for (IngestThread::Message& message : follower.take_rest()) {
        unsent_.push_back(std::move(message));
    }
    hide(name);
}

/// Once ingest has restored it.
void Sources::begin_later(const SourceConfig& source) {
    unsent_.emplace_back(IngestThread::Followed{
        .source = source.name,
        .shown = true,
        .done = [this, source, of = generation_](const model::World::Stream& stream) {
            boost::asio::post(io_, [this, source, of, stream] {
                if (of == generation_ && !stopped_) {
                    follow(source, stream);
                }
            });
        }});
}

void Sources::give() {
    while (!unsent_.empty() && outside_.hand_over(unsent_.front())) {
        unsent_.pop_front();
    }
}

void Sources::retry() {
    give();
    for (const auto& [name, follower] : followers_) {
        follower->retry();
    }
}

void Sources::stop(connect::Cause cause) {
    stopped_ = true;
    leaving_ = followers_.size();
    for (const auto& [name, follower] : followers_) {
        follower->stop(cause, [this] { --leaving_; });
    }
}

std::vector<IngestThread::Message> Sources::take_rest() {
    std::vector<IngestThread::Message> rest(
        std::make_move_iterator(unsent_.begin()), std::make_move_iterator(unsent_.end())
    );
    unsent_.clear();
    for (const auto& [name, follower] : followers_) {
        for (IngestThread::Message& message : follower->take_rest()) {
            rest.push_back(std::move(message));
        }
    }
    return rest;
}

Follower* Sources::find(const std::string& name) {
    const auto found = followers_.find(name);
    return found == followers_.end() ? nullptr : found->second.get();
}

std::vector<report::StreamNumbers> Sources::numbers() const {
    std::vector<report::StreamNumbers> numbers;
    for (const auto& [name, follower] : followers_) {
        if (follower->has_stream()) {
            numbers.push_back(follower->numbers());
        }
    }
    return numbers;
}

std::vector<serve::ReadyReason> Sources::not_ready(TimeMs now) const {
    std::vector<serve::ReadyReason> reasons;
    for (const auto& [name, follower] : followers_) {
        for (serve::ReadyReason& reason : follower->not_ready(now)) {
            reasons.push_back(std::move(reason));
        }
    }
    return reasons;
}

std::vector<serve::Landing::Source> Sources::landing() const {
    std::vector<serve::Landing::Source> landing;
    for (const auto& [name, follower] : followers_) {
        landing.push_back(follower->landing());
    }
    return landing;
}

}  // namespace tally
