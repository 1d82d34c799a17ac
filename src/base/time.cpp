#include "tally/base/time.hpp"

#include <array>
#include <chrono>

namespace tally {

namespace {

/// Value of `count` digits at `text`, or -1. Without a branch per digit: this runs once an event.
template <int count>
[[gnu::always_inline]] inline int digits(const char* text) {
    unsigned value = 0;
    unsigned bad = 0;
#pragma GCC unroll 4
    for (int i = 0; i < count; ++i) {
        const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
        bad |= static_cast<unsigned>(digit > 9);
        value = value * 10 + digit;
    }
    return bad != 0 ? -1 : static_cast<int>(value);
}

/// Days from 1970-01-01 of a date of the proleptic Gregorian calendar (H. Hinnant,
/// "chrono-compatible low-level date algorithms").
std::int64_t days_from_civil(int year, int month, int day) {
    const int y = month <= 2 ? year - 1 : year;
    const int era = (y >= 0 ? y : y - 399) / 400;
    const int year_of_era = y - era * 400;
    const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return std::int64_t{era} * 146097 + day_of_era - 719468;
}

bool leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_in_month(int year, int month) {
    static constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// Offset from UTC in minutes of `Z`, `±hh:mm` or `±hhmm`; nothing for anything else.
std::optional<int> offset_minutes(std::string_view zone) {
    if (zone == "Z") {
        return 0;
    }
    const bool colon = zone.size() == 6 && zone[3] == ':';
    if ((!colon && zone.size() != 5) || (zone[0] != '+' && zone[0] != '-')) {
        return std::nullopt;
    }
    const int hours = digits<2>(zone.data() + 1);
    const int minutes = digits<2>(zone.data() + (colon ? 4 : 3));
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
        return std::nullopt;
    }
    return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

TimeMs wall_now() {
    using std::chrono::milliseconds;
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::optional<TimeMs> parse_timestamp(std::string_view text) {
    constexpr std::size_t seconds_end = 19;  // YYYY-MM-DDThh:mm:ss
    if (text.size() <= seconds_end || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const char* p = text.data();
    const int year = digits<4>(p);
    const int month = digits<2>(p + 5);
    const int day = digits<2>(p + 8);
    const int hour = digits<2>(p + 11);
    const int minute = digits<2>(p + 14);
    const int second = digits<2>(p + 17);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return std::nullopt;
    }
    std::size_t at = seconds_end;
    int milliseconds = 0;
    if (text[at] == '.') {
        static constexpr std::array<int, 3> worth{100, 10, 1};
        const std::size_t first = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            if (at - first < worth.size()) {
                milliseconds += (text[at] - '0') * worth[at - first];
            }
        }
        if (at == first) {
            return std::nullopt;
        }
    }
    const auto offset = offset_minutes(text.substr(at));
    if (!offset) {
        return std::nullopt;
    }
    const std::int64_t minutes =
        days_from_civil(year, month, day) * 1440 + hour * 60 + minute - *offset;
    return (minutes * 60 + second) * 1000 + milliseconds;
}

namespace {

struct Civil {
    std::int64_t year, month, day, rest_ms;
};

Civil civil_of(TimeMs time) {
    constexpr std::int64_t day_ms = 86'400'000;
    std::int64_t days = time / day_ms;
    std::int64_t rest = time % day_ms;
    if (rest < 0) {
        rest += day_ms;
        --days;
    }
    // The inverse of days_from_civil, from the same source.
    const std::int64_t z = days + 719468;
    const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const std::int64_t day_of_era = z - era * 146097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    const std::int64_t month = shifted_month + (shifted_month < 10 ? 3 : -9);
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day, rest};
}

/// `width` digits and `end` behind them.
char* put(char* to, std::int64_t value, int width, char end) {
    for (int i = width; i-- > 0; value /= 10) {
        to[i] = static_cast<char>('0' + value % 10);
    }
    to[width] = end;
    return to + width + 1;
}

char* put_month_to_ms(char* to, const Civil& civil) {
    to = put(to, civil.month, 2, '-');
    to = put(to, civil.day, 2, 'T');
    to = put(to, civil.rest_ms / 3'600'000, 2, ':');
    to = put(to, civil.rest_ms / 60'000 % 60, 2, ':');
    to = put(to, civil.rest_ms / 1000 % 60, 2, '.');
    return put(to, civil.rest_ms % 1000, 3, 'Z');
}

}  // namespace

bool write_timestamp(TimeMs time, char* to) {
    constexpr TimeMs first = -62'167'219'200'000, end = 253'402'300'800'000;  // the years 0 to 9999
    if (time < first || time >= end) {
        return false;
    }
    const Civil civil = civil_of(time);
    put_month_to_ms(put(to, civil.year, 4, '-'), civil);
    return true;
}

std::string format_timestamp(TimeMs time) {
    char text[timestamp_size];
    if (write_timestamp(time, text)) {
        return {text, timestamp_size};
    }
    const Civil civil = civil_of(time);  // a year of another width
    put_month_to_ms(text, civil);
    constexpr std::size_t behind_year = timestamp_size - 5;
    return std::to_string(civil.year) + '-' + std::string(text, behind_year);
}

}  // namespace tally
