#include "record/payload_short.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "tally/base/time.hpp"

namespace tally::record {

namespace {

using Place = model::EventFact::Place;

constexpr char entity_byte = '\xFF', app_byte = '\xFE', time_byte = '\xFD';

/// Whether `text` stands there in the payload.
bool is_at(std::string_view payload, std::size_t at, std::string_view text) {
    return at < payload.size() && payload.substr(at, text.size()) == text;
}

/// The time stands at the very end or before the event type, with few exceptions. Those stay whole.
Place place_of_time(const model::EventFact& event) {
    constexpr std::string_view key = "\"timestamp\":\"", type_key = ",\"eventType\":\"", end = "\"}";
    char text[timestamp_size];
    if (!write_timestamp(event.time, text)) {
        return {};
    }
    const std::string_view time(text, timestamp_size);
    const std::size_t behind = event.payload.size() - end.size();  // may wrap, and is then in no payload
    for (const std::size_t at : {behind - time.size(), behind - event.type.size() - type_key.size() - 1 - time.size()}) {
        if (is_at(event.payload, at, time) && is_at(event.payload, at - key.size(), key)) {
            return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(time.size())};
        }
    }
    return {};
}

}  // namespace

Place place_of_name(std::string_view payload, std::string_view name) {
    for (std::size_t at = name.empty() ? std::string_view::npos : payload.find(name, 1);
         at != std::string_view::npos && at + name.size() < payload.size(); at = payload.find(name, at + 1)) {
        if (payload[at - 1] == '"' && payload[at + name.size()] == '"') {
            return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(name.size())};
        }
    }
    return {};
}

char* write_short(char* to, const model::EventFact& event) {
    struct Cut : Place {
        char byte;
    };
    std::array<Cut, 3> cuts{
        Cut{event.entity_place, entity_byte}, Cut{event.app_place, app_byte},
        Cut{place_of_time(event), time_byte}};
    std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.at < b.at; });
    std::size_t done = 0;
    const auto copy_up_to = [&](std::size_t place) {
        std::memcpy(to, event.payload.data() + done, place - done);
        to += place - done;
    };
    for (const Cut& cut : cuts) {
        if (cut.size != 0 && cut.at >= done) {
            copy_up_to(cut.at);
            *to++ = cut.byte;
            done = std::size_t{cut.at} + cut.size;
        }
    }
    copy_up_to(event.payload.size());
    return to;
}

void append_whole(std::string& to, std::string_view shortened, const PayloadNames& names) {
    const auto is_name = [](char c) { return static_cast<unsigned char>(c) >= static_cast<unsigned char>(time_byte); };
    for (auto from = shortened.begin();;) {
        const auto next = std::find_if(from, shortened.end(), is_name);
        to.append(from, next);
        if (next == shortened.end()) {
            return;
        }
        if (*next == time_byte) {
            char text[timestamp_size];
            to.append(text, write_timestamp(names.time, text) ? timestamp_size : 0);
        } else {
            to += *next == entity_byte ? names.entity : names.app;
        }
        from = next + 1;
    }
}

}  // namespace tally::record
