#include "connect/format_guess.hpp"

#include <algorithm>
#include <array>

namespace tally::connect {
namespace {

constexpr std::array<std::string_view, 5> sse_beginnings = {
    "event:", "data:", "id:", "retry:", ":"};

}  // namespace

std::size_t FormatGuess::take(std::string_view bytes) {
    const auto text = bom_.take(bytes);
    const auto skipped = bytes.size() - text.bytes.size();
    bom_held_.append(bytes.substr(0, skipped));
    if (!text.literal.empty()) {
        decided_ = Format::ndjson;
    }
    std::size_t taken = 0;
    while (taken < text.bytes.size() && !decided_) {
        look_at(text.bytes[taken]);
        ++taken;
    }
    return skipped + taken;
}

void FormatGuess::look_at(char c) {
    const bool end_of_line = c == '\n' || c == '\r';
    if (line_.empty() && (end_of_line || c == ' ' || c == '\t')) {
        blanks_dropped_ = true;
        after_blank_ = !end_of_line;
        return;
    }
    line_ += c;
    compare();
}

void FormatGuess::compare() {
    const auto begins_like_line = [this](std::string_view beginning) {
        return beginning.starts_with(line_);
    };
    if (after_blank_ || std::ranges::none_of(sse_beginnings, begins_like_line)) {
        decided_ = Format::ndjson;
    } else if (std::ranges::find(sse_beginnings, line_) != sse_beginnings.end()) {
        decided_ = Format::sse;
    }
}

// A blank in place of the dropped ones keeps the line's place: a BOM after it is text, as it was.
std::string FormatGuess::held() const {
    return bom_held_ + (blanks_dropped_ ? "\n" : "") + line_;
}

}  // namespace tally::connect
