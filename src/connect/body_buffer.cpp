#include "tally/connect/body_buffer.hpp"

#include <algorithm>

#include "tally/base/assert.hpp"

namespace tally::connect {
namespace {

constexpr std::size_t capacity_kept_max = std::size_t{1}
                                          << 20;  // a larger buffer is given back after use

bool is_white(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view without_leading_white(std::string_view text) {
    const auto* first = std::find_if_not(text.begin(), text.end(), is_white);
    return text.substr(static_cast<std::size_t>(first - text.begin()));
}

std::size_t length_without_trailing_white(std::string_view text) {
    std::size_t length = text.size();
    while (length > 0 && is_white(text[length - 1])) {
        --length;
    }
    return length;
}

}  // namespace

BodyBuffer::BodyBuffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

void BodyBuffer::append(std::string_view piece) {
    if (length_ == 0) {
        piece = without_leading_white(piece);
    }
    if (const auto length = length_without_trailing_white(piece); length > 0) {
        end_ = length_ + length;
    }
    length_ += piece.size();
    keep(piece);
}

// White space that goes beyond bytes_max is only counted: it is either trailing and not of the
// body, or the body is too large. Either way bytes_ is an unbroken beginning of the body.
void BodyBuffer::keep(std::string_view piece) {
    const bool too_large = end_ > bytes_max_;
    const auto kept_max =
        too_large ? too_large_kept_bytes : std::max(bytes_max_, too_large_kept_bytes);
    if (bytes_.size() > kept_max) {
        bytes_ = std::string(bytes_, 0, kept_max);
    }
    piece = piece.substr(0, kept_max - bytes_.size());
    const auto needed = bytes_.size() + piece.size() + body_padding;
    if (needed > bytes_.capacity()) {
        bytes_.reserve(std::clamp(bytes_.capacity() * 2, needed, kept_max + body_padding));
    }
    bytes_.append(piece);
}

void BodyBuffer::emit(const FrameSink& sink) {
    if (end_ > 0) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(end_, bytes_.size()));
        bytes_.append(body_padding, '\0');
        sink(Frame{std::string_view(bytes_).substr(0, size), end_, end_ > bytes_max_, false});
    }
    clear();
}

void BodyBuffer::emit_whole(std::string_view body, bool padded, const FrameSink& sink) {
    TALLY_ASSERT(empty());
    body = without_leading_white(body);
    body = body.substr(0, length_without_trailing_white(body));
    if (body.empty()) {
        return;
    }
    if (!padded) {
        append(body);
        emit(sink);
        return;
    }
    const bool too_large = body.size() > bytes_max_;
    sink(Frame{too_large ? body.substr(0, too_large_kept_bytes) : body, body.size(), too_large, true});
}

void BodyBuffer::clear() {
    length_ = 0;
    end_ = 0;
    if (bytes_.capacity() > capacity_kept_max) {
        bytes_ = std::string();
    }
    bytes_.clear();
}

}  // namespace tally::connect
