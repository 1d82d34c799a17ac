#pragma once

#include <string>
#include <string_view>

#include "tally/model/facts.hpp"

namespace tally::record {

/// What the row of an event says anyway: its payload need not say it again, and is half as large without (packed;
/// bench/README.md). Each stands for itself by one byte that is in no UTF-8 text.
struct PayloadNames {
    std::string_view entity{}, app{};
    TimeMs time = model::no_time;
};

/// Writes the payload of `event`, shortened where it has its names and its time as the row has them, and returns the end.
/// It is never longer than the payload.
char* write_short(char* to, const model::EventFact& event);

/// Where `name` stands in `payload` as a whole string of JSON, letter by letter; size 0: nowhere.
[[nodiscard]] model::EventFact::Place place_of_name(std::string_view payload, std::string_view name);

/// Appends the payload that `shortened` was. It is the same bytes if the names are those of its event.
void append_whole(std::string& to, std::string_view shortened, const PayloadNames& names);

}  // namespace tally::record
