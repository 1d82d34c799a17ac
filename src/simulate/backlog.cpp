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

void Backlog::frame(const Broadcast& event, std::string& out) const {
    const bool light = wishes_.light && !event.light.empty();
    out += "event: ";
    out += event.type;
    out += "\r\ndata: ";
    out += light ? event.light : event.body;
    out += "\r\n\r\n";
}

std::string Backlog::take(std::size_t bytes_max, Delivered* delivered) {
    std::string frames;
    while (!events_.empty() && frames.size() < bytes_max) {
        const std::shared_ptr<const Broadcast> event = std::move(events_.front());
        events_.pop_front();
        const std::size_t before = frames.size();
        if (wanted(*event)) {
            frame(*event, frames);
        }
        if (delivered != nullptr) {
            delivered->framed(event->sequence, frames.size() - before);
        }
    }
    return frames;
}

}  // namespace tally::simulate
