#include "decode/json_fault.hpp"

#include <bitset>
#include <charconv>
#include <system_error>

namespace tally::decode {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// One pass without recursion. A reader function returns false after having noted the fault.
class Scanner {
  public:
    explicit Scanner(std::string_view body) : body_(body) {}

    std::optional<JsonFault> scan() {
        if (body_.starts_with("\xEF\xBB\xBF")) {
            return JsonFault{0, "byte order mark"};
        }
        skip_space();
        if (at_ == body_.size()) {
            return JsonFault{at_, "no JSON text"};
        }
        if (read_values()) {
            skip_space();
            if (at_ < body_.size()) {
                fail(at_, "trailing bytes");
            }
        }
        return fault_;
    }

  private:
    [[nodiscard]] bool more() const { return at_ < body_.size(); }

    /// The byte at the cursor; NUL at the end, which no rule accepts.
    [[nodiscard]] char peek() const { return more() ? body_[at_] : '\0'; }

    bool fail(std::size_t offset, std::string_view what) {
        fault_ = JsonFault{offset, offset < body_.size() ? what : "unexpected end"};
        return false;
    }

    void skip_space() {
        while (more() && is_space(body_[at_])) {
            ++at_;
        }
    }

    /// Values, one behind the other, until the outermost is complete.
    bool read_values() {
        do {
            bool opened = false;
            if (!read_value(opened) || (!opened && !close_and_separate())) {
                return false;
            }
        } while (depth_ > 0);
        return true;
    }

    /// A scalar, an empty container, or the opening of one with the key of its first member.
    bool read_value(bool& opened) {
        skip_space();
        switch (peek()) {
            case '{':
            case '[':
                return open(opened);
            case '"':
                return read_string();
            case 't':
                return read_literal("true");
            case 'f':
                return read_literal("false");
            case 'n':
                return read_literal("null");
            default:
                return read_number();
        }
    }

    bool open(bool& opened) {
        const bool is_object = peek() == '{';
        if (depth_ == nesting_max) {
            return fail(at_, "nesting over 512");
        }
        ++at_;
        skip_space();
        if (more() && peek() == (is_object ? '}' : ']')) {
            ++at_;
            return true;
        }
        objects_[depth_++] = is_object;
        opened = true;
        return !is_object || read_key();
    }

    /// Behind a value: closes what ends here, and reads the comma (and key) before the next value.
    bool close_and_separate() {
        while (depth_ > 0) {
            const bool is_object = objects_[depth_ - 1];
            skip_space();
            if (peek() == ',') {
                ++at_;
                return !is_object || read_key();
            }
            if (peek() != (is_object ? '}' : ']')) {
                return fail(at_, is_object ? "expected , or }" : "expected , or ]");
            }
            ++at_;
            --depth_;
        }
        return true;
    }

    bool read_key() {
        skip_space();
        if (peek() != '"') {
            return fail(at_, "expected a key");
        }
        if (!read_string()) {
            return false;
        }
        skip_space();
        if (peek() != ':') {
            return fail(at_, "expected :");
        }
        ++at_;
        return true;
    }

    bool read_literal(std::string_view literal) {
        if (body_.substr(at_, literal.size()) != literal) {
            return fail(at_, "unexpected byte");
        }
        at_ += literal.size();
        return true;
    }

    bool read_digits() {
        if (!is_digit(peek())) {
            return fail(at_, "bad number");
        }
        while (is_digit(peek())) {
            ++at_;
        }
        return true;
    }

    bool read_number() {
        const std::size_t start = at_;
        if (peek() == '-') {
            ++at_;
        } else if (!is_digit(peek())) {
            return fail(at_, "unexpected byte");
        }
        const bool leading_zero = peek() == '0';
        const std::size_t first = at_;
        if (!read_digits()) {
            return false;
        }
        if (leading_zero && at_ - first > 1) {
            return fail(start, "bad number");
        }
        if (peek() == '.') {
            ++at_;
            if (!read_digits()) {
                return false;
            }
        }
        if (peek() == 'e' || peek() == 'E') {
            ++at_;
            if (peek() == '+' || peek() == '-') {
                ++at_;
            }
            return read_digits();
        }
        return true;
    }

    bool read_string() {
        ++at_;
        while (more()) {
            const auto c = static_cast<unsigned char>(body_[at_]);
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c < 0x20) {
                return fail(at_, "control character in a string");
            }
            if (c == '\\' ? !read_escape() : !read_utf8(c)) {
                return false;
            }
        }
        return fail(at_, "unexpected end");
    }

    bool read_escape() {
        const std::size_t start = at_++;
        constexpr std::string_view plain = "\"\\/bfnrt";
        if (peek() != 'u') {
            if (!more() || plain.find(peek()) == std::string_view::npos) {
                return fail(more() ? start : at_, "bad escape");
            }
            ++at_;
            return true;
        }
        const auto unit = read_hex();
        if (!unit) {
            return fail(start, "bad escape");
        }
        if (*unit < 0xD800 || *unit > 0xDFFF) {
            return true;
        }
        const bool another = body_.substr(at_, 2) == "\\u";
        at_ += another ? 1 : 0;
        const auto low = another ? read_hex() : std::nullopt;
        if (*unit > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) {
            return fail(start, "lone surrogate");
        }
        return true;
    }

    /// The cursor is on the u of \uXXXX and then behind it.
    std::optional<unsigned> read_hex() {
        const std::string_view digits = body_.substr(at_ + 1, 4);
        unsigned value = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (error != std::errc{} || digits.size() != 4 || end != digits.data() + 4) {
            return std::nullopt;
        }
        at_ += 5;
        return value;
    }

    /// One code point in its shortest form, no surrogates, up to U+10FFFF (RFC 3629 section 4).
    bool read_utf8(unsigned char lead) {
        std::size_t tail = 0;
        unsigned second_min = 0x80;
        unsigned second_max = 0xBF;
        if (lead >= 0x80) {
            if (lead < 0xC2 || lead > 0xF4) {
                return fail(at_, "invalid UTF-8");
            }
            tail = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
            second_min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            second_max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        }
        for (std::size_t i = 1; i <= tail; ++i) {
            const unsigned next =
                at_ + i < body_.size() ? static_cast<unsigned char>(body_[at_ + i]) : 0U;
            if (next < (i == 1 ? second_min : 0x80U) || next > (i == 1 ? second_max : 0xBFU)) {
                return fail(at_, "invalid UTF-8");
            }
        }
        at_ += tail + 1;
        return true;
    }

    std::string_view body_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::bitset<nesting_max> objects_;  // per open container: an object, or a list
    std::optional<JsonFault> fault_;
};

}  // namespace

std::optional<JsonFault> json_fault(std::string_view body) {
    return Scanner(body).scan();
}

}  // namespace tally::decode
