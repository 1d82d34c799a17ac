#include "record/payload_short.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "tally/base/time.hpp"

namespace tally::record {

namespace {

using Place = model::EventFact::Place;

constexpr char entity_byte = '\xFF', app_byte = '\xFE', time_byte = '\xFD';

/// The time stands near the end, with few exceptions.
Place place_of_time(std::string_view payload, TimeMs time) {
    constexpr std::size_t tail_bytes = 128;
    constexpr std::string_view key = "\"timestamp\":\"";
    const std::size_t tail = payload.size() - std::min(payload.size(), tail_bytes);
    const void* found = ::memmem(payload.data() + tail, payload.size() - tail, key.data(), key.size());
    if (found == nullptr) {
        return {};
    }
    const std::size_t at = static_cast<std::size_t>(static_cast<const char*>(found) - payload.data()) + key.size();
    char text[timestamp_size];
    if (!write_timestamp(time, text) || payload.substr(at, timestamp_size) != std::string_view(text, timestamp_size)) {
        return {};
    }
    return {static_cast<std::uint32_t>(at), timestamp_size};
}

}  // namespace

void append_short(std::string& to, const model::EventFact& event) {
    struct Cut : Place {
        char byte;
    };
    std::array<Cut, 3> cuts{
        Cut{event.entity_place, entity_byte}, Cut{event.app_place, app_byte},
        Cut{place_of_time(event.payload, event.time), time_byte}};
    std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.at < b.at; });
    const std::size_t begin = to.size();
    to.resize(begin + event.payload.size() + cuts.size());
    char* end = to.data() + begin;
    std::size_t done = 0;
    const auto copy_up_to = [&](std::size_t place) {
        std::memcpy(end, event.payload.data() + done, place - done);
        end += place - done;
    };
    for (const Cut& cut : cuts) {
        if (cut.size != 0 && cut.at >= done) {
            copy_up_to(cut.at);
            *end++ = cut.byte;
            done = std::size_t{cut.at} + cut.size;
        }
    }
    copy_up_to(event.payload.size());
    to.resize(static_cast<std::size_t>(end - to.data()));
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
