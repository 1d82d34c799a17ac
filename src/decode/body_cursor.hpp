#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <simdjson.h>

#include "decode/equal_bytes.hpp"
#include "decode/event_clock.hpp"
#include "decode/text_end.hpp"

namespace tally::decode {

/// A literal with the event's type in it, which BodyCursor::type() then shows where it stands.
template <std::size_t size>
struct TypeLiteral {
    consteval explicit TypeLiteral(const char (&with_type)[size]) : bytes(with_type) {
        constexpr std::string_view key = R"("eventType":")";
        const std::string_view text(with_type, size - 1);
        begin = text.find(key) + key.size();
        length = text.find('"', begin) - begin;
    }

    const char (&bytes)[size];
    std::size_t begin = 0;
    std::size_t length = 0;
};

/// true, false or null.
struct Literal {
    char& first;  ///< its first letter
};

/// A timestamp: a string with any text, null is none.
struct Timestamp {
    EventClock& clock;
    std::optional<TimeMs>& time;
};

/// Goes through a body whose layout is known and takes piece by piece: what is taken is exactly
/// what JSON's grammar allows there, no white space between. Each take tells whether the piece was
/// there; after a no, nothing counts any more. What it does not know (escapes, fractions, numbers
/// of more than 18 digits) it does not take, valid or not.
///
/// Views point into the body. Reads up to 18 bytes behind it.
class BodyCursor {
  public:
    explicit BodyCursor(std::string_view body)
        : begin_(body.data()), at_(begin_), end_(begin_ + body.size()) {}

    /// All of these, one behind the other.
    template <class... Pieces>
    [[nodiscard, gnu::always_inline]] bool take_all(Pieces&&... pieces) {
        return (take(pieces) && ...);
    }

    /// These bytes.
    template <std::size_t size>
    [[nodiscard, gnu::always_inline]] bool take(const char (&bytes)[size]) {
        constexpr std::size_t length = size - 1;
        if (left() < length || !equal_bytes<length>(at_, bytes)) {
            return false;
        }
        at_ += length;
        return true;
    }

    /// A string without escapes, or null, which is as good as an empty one.
    [[nodiscard, gnu::always_inline]] bool take(std::string_view& text) {
        if (next() != '"') [[unlikely]] {
            text = {};
            return take("null");
        }
        const char* first = at_ + 1;
        const char* last = text_end_.find(first, end_);
        if (last >= end_ || *last != '"') [[unlikely]] {
            return false;
        }
        text = {first, static_cast<std::size_t>(last - first)};
        at_ = last + 1;
        return true;
    }

    /// See type().
    template <std::size_t size>
    [[nodiscard, gnu::always_inline]] bool take(const TypeLiteral<size>& literal) {
        type_ = {at_ + literal.begin, literal.length};
        return take(literal.bytes);
    }

    [[nodiscard, gnu::always_inline]] bool take(const Timestamp& timestamp) {
        constexpr std::size_t quoted = EventClock::marathon_bytes + 2;
        if (left() >= quoted && *at_ == '"' && at_[quoted - 1] == '"') {
            timestamp.time = timestamp.clock.read_same_day(at_ + 1);
            if (timestamp.time) {
                at_ += quoted;
                return true;
            }
        }
        std::string_view text;
        if (!take(text)) {
            return false;
        }
        timestamp.time = timestamp.clock.read(text);
        return true;
    }

    [[nodiscard, gnu::always_inline]] bool take(const Literal& literal) {
        literal.first = next();
        switch (literal.first) {
            case 't':
                return take("true");
            case 'f':
                return take("false");
            case 'n':
                return take("null");
            default:
                return false;
        }
    }

    /// A whole number that is not negative, of at most 18 digits.
    [[nodiscard, gnu::always_inline]] bool take(std::int64_t& number) {
        constexpr int digits_max = 18;
        const char* p = at_;
        std::uint64_t value = 0;
        for (; p != at_ + digits_max; ++p) {
            const unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
            if (digit > 9) {
                break;
            }
            value = value * 10 + digit;
        }
        const std::ptrdiff_t digits = p - at_;
        if (digits == 0 || p > end_ || (digits > 1 && *at_ == '0')) {
            return false;
        }
        number = static_cast<std::int64_t>(value);
        at_ = p;
        return true;
    }

    /// The byte ahead; NUL at the end.
    [[nodiscard]] char next() const { return left() > 0 ? *at_ : '\0'; }

    /// The byte so far ahead; NUL behind the end.
    [[nodiscard]] char next(std::size_t ahead) const { return left() > ahead ? at_[ahead] : '\0'; }

    /// The name in the TypeLiteral that was taken last.
    [[nodiscard]] std::string_view type() const { return type_; }

    /// Whether all was taken and the strings were UTF-8.
    [[nodiscard]] bool finish() const {
        return at_ == end_ &&
               (text_end_.all_ascii() ||
                simdjson::validate_utf8(begin_, static_cast<std::size_t>(end_ - begin_)));
    }

  private:
    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    const char* begin_;
    const char* at_;
    const char* end_;
    TextEnd text_end_;
    std::string_view type_;
};

}  // namespace tally::decode
