#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "simulate/time_text.hpp"

namespace tally::simulate {

/// Appends compact JSON to a text that the caller owns and that must outlive this. It knows no
/// grammar: the caller writes the punctuation with raw(), so that every key order is visible where
/// it is written.
class Json {
  public:
    explicit Json(std::string& out) : out_(out) {}

    Json& raw(std::string_view text) {
        out_ += text;
        return *this;
    }

    /// In quotes, without escapes: for ids and names, which hold nothing to escape.
    Json& plain(std::string_view text) {
        out_ += '"';
        out_ += text;
        out_ += '"';
        return *this;
    }

    /// In quotes, escaped as play-json does: raw UTF-8, short escapes where JSON has them.
    Json& escaped(std::string_view text) {
        out_ += '"';
        for (const char c : text) {
            escape(c);
        }
        out_ += '"';
        return *this;
    }

    template <std::integral Number>
    Json& number(Number value) {
        char digits[24];
        const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
        out_.append(digits, static_cast<std::size_t>(end - digits));
        return *this;
    }

    Json& boolean(bool value) { return raw(value ? "true" : "false"); }

    Json& time(TimeMs value) {
        out_ += '"';
        time_text_.append(out_, value);
        out_ += '"';
        return *this;
    }

    std::string& text() { return out_; }

  private:
    void escape(char c) {
        static constexpr std::string_view hex = "0123456789abcdef";
        switch (c) {
            case '"':
                out_ += "\\\"";
                return;
            case '\\':
                out_ += "\\\\";
                return;
            case '\n':
                out_ += "\\n";
                return;
            case '\r':
                out_ += "\\r";
                return;
            case '\t':
                out_ += "\\t";
                return;
            default:
                break;
        }
        if (static_cast<unsigned char>(c) < 0x20) {
            out_ += "\\u00";
            out_ += hex[static_cast<unsigned char>(c) >> 4];
            out_ += hex[c & 15];
            return;
        }
        out_ += c;
    }

    std::string& out_;
    TimeText time_text_;
};

}  // namespace tally::simulate
