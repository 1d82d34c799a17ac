#include "decode/json_reader.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <system_error>

#include <simdjson.h>

#include "decode/json_escapes.hpp"

namespace tally::decode {

namespace {

bool is_decimal(char c) {
    return c >= '0' && c <= '9';
}

/// The first byte from `p` on that is a quote, a backslash or a control character; `end` if there
/// is none.
const char* plain_end(const char* p, const char* end) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = ones * 0x80;
    while (end - p >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, p, sizeof word);
        const std::uint64_t quote = word ^ (ones * '"');
        const std::uint64_t backslash = word ^ (ones * '\\');
        const std::uint64_t found = (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
                                     ((backslash - ones) & ~backslash)) &
                                    highs;
        if (found != 0) {
            // Borrows run upwards only: the lowest mark is true.
            if constexpr (std::endian::native == std::endian::little) {
                return p + std::countr_zero(found) / 8;
            }
            break;
        }
        p += 8;
    }
    while (p < end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) {
        ++p;
    }
    return p;
}

}  // namespace

// The bytes behind the body are those of a std::string: one NUL, which no rule accepts. So a byte
// can be looked at without asking for the end first.
JsonReader::JsonReader(const std::string& body) : at_(body.c_str()), end_(at_ + body.size()) {
    if (!simdjson::validate_utf8(body.data(), body.size())) {
        fail();
    }
}

bool JsonReader::enter_object() {
    if (ahead() != '{') {
        return false;
    }
    value_ahead_ = false;
    return open(true);
}

bool JsonReader::enter_list() {
    if (ahead() != '[') {
        return false;
    }
    value_ahead_ = false;
    return open(false);
}

std::optional<std::string_view> JsonReader::next_member() {
    if (value_ahead_) {
        step_over();
    }
    if (!to_member()) {
        return std::nullopt;
    }
    value_ahead_ = true;
    return escaped_ ? unescaped() : raw_;
}

bool JsonReader::next_element() {
    if (value_ahead_) {
        step_over();
    }
    value_ahead_ = to_element();
    return value_ahead_;
}

std::string_view JsonReader::text() {
    if (ahead() != '"') {
        return {};
    }
    step_over();
    if (failed_) {
        return {};
    }
    return escaped_ ? unescaped() : raw_;
}

std::optional<bool> JsonReader::truth() {
    const char first = ahead();
    if (first != 't' && first != 'f') {
        return std::nullopt;
    }
    step_over();
    return failed_ ? std::nullopt : std::optional(first == 't');
}

std::optional<std::int64_t> JsonReader::integer() {
    const char first = ahead();
    if (first != '-' && !is_decimal(first)) {
        return std::nullopt;
    }
    step_over();
    std::int64_t number = 0;
    const char* raw_end = raw_.data() + raw_.size();
    const auto [end, error] = std::from_chars(raw_.data(), raw_end, number);
    if (failed_ || error != std::errc{} || end != raw_end) {
        return std::nullopt;
    }
    return number;
}

bool JsonReader::finish() {
    if (value_ahead_) {
        step_over();
    }
    skip_space();
    return !failed_ && at_ == end_ && depth_ == 0;
}

/// Puts the cursor where nothing can be read.
bool JsonReader::fail() {
    failed_ = true;
    value_ahead_ = false;
    at_ = end_;
    return false;
}

void JsonReader::skip_space() {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r') {
        ++at_;
    }
}

char JsonReader::ahead() {
    if (!value_ahead_) {
        return '\0';
    }
    skip_space();
    return *at_;
}

/// One pass without recursion: a scalar, or a container with all that it holds.
void JsonReader::step_over() {
    value_ahead_ = false;
    const std::size_t outside = depth_;
    bool is_value = true;
    do {
        if (is_value && !step_over_scalar_or_open()) {
            return;
        }
        if (depth_ > outside) {
            is_value = objects_[depth_ - 1] ? to_member() : to_element();
        }
    } while (depth_ > outside && !failed_);
}

bool JsonReader::step_over_scalar_or_open() {
    skip_space();
    switch (*at_) {
        case '{':
            return open(true);
        case '[':
            return open(false);
        case '"':
            return scan_string();
        case 't':
            return scan_literal("true");
        case 'f':
            return scan_literal("false");
        case 'n':
            return scan_literal("null");
        default:
            return scan_number();
    }
}

bool JsonReader::open(bool is_object) {
    if (depth_ == nesting_max) {
        return fail();
    }
    ++at_;
    objects_[depth_++] = is_object;
    fresh_ = true;
    return true;
}

bool JsonReader::close() {
    ++at_;
    --depth_;
    fresh_ = false;
    return false;
}

/// Behind a value or an opening brace: to the value of the next member, its key in raw_. False
/// where the object ends.
bool JsonReader::to_member() {
    skip_space();
    if (*at_ == '}' && depth_ > 0) {
        return close();
    }
    if (!fresh_) {
        if (*at_ != ',') {
            return fail();
        }
        ++at_;
        skip_space();
    }
    fresh_ = false;
    if (*at_ != '"' || !scan_string()) {
        return fail();
    }
    skip_space();
    if (*at_ != ':') {
        return fail();
    }
    ++at_;
    return true;
}

/// Behind a value or an opening bracket: to the next element. False where the list ends.
bool JsonReader::to_element() {
    skip_space();
    if (*at_ == ']' && depth_ > 0) {
        return close();
    }
    if (!fresh_) {
        if (*at_ != ',') {
            return fail();
        }
        ++at_;
    }
    fresh_ = false;
    return !failed_;
}

bool JsonReader::scan_string() {
    const char* begin = ++at_;
    escaped_ = false;
    for (;;) {
        at_ = plain_end(at_, end_);
        if (*at_ == '"') {
            raw_ = {begin, static_cast<std::size_t>(at_ - begin)};
            ++at_;
            return true;
        }
        const std::size_t length = *at_ == '\\' ? escape_length(at_) : 0;
        if (length == 0) {
            return fail();
        }
        at_ += length;
        escaped_ = true;
    }
}

bool JsonReader::scan_number() {
    const char* begin = at_;
    at_ += *at_ == '-' ? 1 : 0;
    const bool leading_zero = at_[0] == '0' && is_decimal(at_[1]);
    if (leading_zero || !scan_digits()) {
        return fail();
    }
    if (*at_ == '.') {
        ++at_;
        if (!scan_digits()) {
            return fail();
        }
    }
    if (*at_ == 'e' || *at_ == 'E') {
        ++at_;
        at_ += *at_ == '+' || *at_ == '-' ? 1 : 0;
        if (!scan_digits()) {
            return fail();
        }
    }
    raw_ = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
}

bool JsonReader::scan_digits() {
    const char* begin = at_;
    while (is_decimal(*at_)) {
        ++at_;
    }
    return at_ != begin;
}

bool JsonReader::scan_literal(std::string_view literal) {
    if (static_cast<std::size_t>(end_ - at_) < literal.size() ||
        std::memcmp(at_, literal.data(), literal.size()) != 0) {
        return fail();
    }
    at_ += literal.size();
    return true;
}

/// raw_ without its escapes, which scan_string() has checked.
std::string_view JsonReader::unescaped() {
    unescaped_.clear();
    append_unescaped(unescaped_, raw_);
    return unescaped_;
}

}  // namespace tally::decode
