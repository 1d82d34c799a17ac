#include "simulate/backlog.hpp"

#include <algorithm>

namespace tally::simulate {

Backlog::Backlog(Dialect dialect, std::size_t events_max, Wishes wishes)
    : disconnects_(disconnects_slow(dialect)),
      events_max_(events_max),
      wishes_(std::move(wishes)) {}

void Backlog::offer(std::shared_ptr<const Broadcast> event) {
    if (closed_ || given_up_) {
        return;
    }
    if (events_.size() < events_max_) {
        events_.push_back(std::move(event));
        return;
    }
    ++dropped_;
    if (disconnects_) {
        dropped_ += events_.size();
        events_.clear();
        given_up_ = true;
    }
}

bool Backlog::wanted(const Broadcast& event) const {
    return wishes_.types.empty() ||
           std::find(wishes_.types.begin(), wishes_.types.end(), event.type) != wishes_.types.end();
}

std::string Backlog::take(std::size_t bytes_max) {
    std::string frames;
    while (!events_.empty() && frames.size() < bytes_max) {
        const std::shared_ptr<const Broadcast> event = std::move(events_.front());
        events_.pop_front();
        if (!wanted(*event)) {
            continue;
        }
        const bool light = wishes_.light && !event->light.empty();
        frames += "event: ";
        frames += event->type;
        frames += "\r\ndata: ";
        frames += light ? event->light : event->body;
        frames += "\r\n\r\n";
    }
    return frames;
}

}  // namespace tally::simulate
