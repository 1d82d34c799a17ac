#include "report/number_text.hpp"

#include <charconv>
#include <cmath>

namespace tally::report {

namespace {

char* write_seconds(char* to, TimeMs ms) {
    auto magnitude = static_cast<std::uint64_t>(ms);
    if (ms < 0) {
        *to++ = '-';
        magnitude = 0 - magnitude;
    }
    to = std::to_chars(to, to + number_size_max, magnitude / 1000).ptr;
    auto rest = static_cast<unsigned>(magnitude % 1000);
    if (rest == 0) {
        return to;
    }
    *to++ = '.';
    for (unsigned scale = 100; rest != 0; scale /= 10) {
        *to++ = static_cast<char>('0' + rest / scale);
        rest %= scale;
    }
    return to;
}

}  // namespace

char* write_number(char* to, std::int64_t value, Number::Unit unit) {
    return unit == Number::Unit::whole ? std::to_chars(to, to + number_size_max, value).ptr
                                       : write_seconds(to, value);
}

void append_seconds(std::string& out, TimeMs ms) {
    char text[number_size_max];
    out.append(text, write_seconds(text, ms));
}

void append_double(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    char text[40];
    constexpr double exact_max = 9007199254740992.0;  // 2^53
    const bool whole = std::abs(value) < exact_max && value == std::floor(value);
    const auto end = whole
                         ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value))
                         : std::to_chars(text, text + sizeof text, value);
    out.append(text, end.ptr);
}

}  // namespace tally::report
