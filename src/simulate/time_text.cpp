#include "simulate/time_text.hpp"

namespace tally::simulate {

namespace {

void digits(char* out, TimeMs value, int count) {
    for (int i = count - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

}  // namespace

void TimeText::append(std::string& out, TimeMs time) {
    constexpr TimeMs day_ms = 86'400'000;
    const TimeMs day = time / day_ms - (time % day_ms < 0 ? 1 : 0);
    Day& known = days_[static_cast<std::size_t>(day) % days_.size()];
    if (day != known.number || known.date.empty()) {
        known = {.number = day, .date = format_timestamp(day * day_ms).substr(0, 11)};
    }
    const TimeMs rest = time - day * day_ms;
    char clock[] = "00:00:00.000Z";
    digits(clock, rest / 3'600'000, 2);
    digits(clock + 3, rest / 60'000 % 60, 2);
    digits(clock + 6, rest / 1000 % 60, 2);
    digits(clock + 9, rest % 1000, 3);
    out += known.date;
    out.append(clock, sizeof clock - 1);
}

}  // namespace tally::simulate
