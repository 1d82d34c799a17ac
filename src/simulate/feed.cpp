#include "simulate/feed.hpp"

namespace tally::simulate {

Feed::Feed(const Shape& shape, std::optional<std::uint64_t> events_max)
    : events_left_(events_max),
      disorder_(shape, *this),
      life_(shape, disorder_),
      visitors_(shape, life_.cluster(), life_.schedule(), *this) {}

void Feed::put(const Said& said, std::string_view body, std::string_view light) {
    const bool typed = said.fault == Fault::nothing || said.fault == Fault::missing_field;
    auto event = std::make_shared<Broadcast>();
    event->type = typed ? name_of(said.type) : "status_update_event";
    event->body = body;
    event->light = light;
    waiting_.push_back({said, std::move(event)});
}

std::shared_ptr<const Broadcast> Feed::take(std::deque<Waiting>& from) {
    const Waiting taken = std::move(from.front());
    from.pop_front();
    totals_.put(taken.said);
    taken.event->sequence = ++sent_;
    return taken.event;
}

std::shared_ptr<const Broadcast> Feed::next(TimeMs now) {
    if (events_left_ == 0) {
        waiting_.clear();
        return nullptr;
    }
    while (waiting_.empty()) {
        life_.set_stamp(now);
        life_.step();
    }
    if (events_left_) {
        --*events_left_;
    }
    return take(waiting_);
}

std::shared_ptr<const Broadcast> Feed::stream(
    TimeMs now, EventType type, std::string_view address
) {
    std::deque<Waiting> later;
    later.swap(waiting_);
    life_.set_stamp(now);
    visitors_.stream(type, address);
    later.swap(waiting_);
    return take(later);
}

std::shared_ptr<const Broadcast> Feed::subscriber(
    TimeMs now, EventType type, std::string_view client_ip, std::string_view callback_url
) {
    std::deque<Waiting> later;
    later.swap(waiting_);
    life_.set_stamp(now);
    visitors_.subscriber(type, client_ip, callback_url);
    later.swap(waiting_);
    return take(later);
}

void Feed::change_leader(TimeMs now) {
    life_.set_stamp(now);
    life_.change_leader();
}

void Feed::rerun(TimeMs now) {
    life_.set_stamp(now);
    life_.rerun();
}

}  // namespace tally::simulate
