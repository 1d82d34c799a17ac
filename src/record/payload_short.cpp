#include "record/payload_short.hpp"

#include <algorithm>
#include <array>

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
    const std::size_t found = payload.substr(tail).rfind(key);
    if (found == std::string_view::npos) {
        return {};
    }
    const std::size_t at = tail + found + key.size();
    char text[timestamp_size];
    if (!write_timestamp(time, text) || payload.substr(at, timestamp_size) != std::string_view(text, timestamp_size)) {
        return {};
    }
    return {static_cast<std::uint32_t>(at), timestamp_size};
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

void append_short(std::string& to, const model::EventFact& event) {
    struct Cut : Place {
        char byte;
    };
    std::array<Cut, 3> cuts{
        Cut{event.entity_place, entity_byte}, Cut{event.app_place, app_byte},
        Cut{place_of_time(event.payload, event.time), time_byte}};
    std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) { return a.at < b.at; });
    std::size_t done = 0;
    for (const Cut& cut : cuts) {
        if (cut.size != 0 && cut.at >= done) {
            to += event.payload.substr(done, cut.at - done);
            to += cut.byte;
            done = std::size_t{cut.at} + cut.size;
        }
    }
    to += event.payload.substr(done);
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
