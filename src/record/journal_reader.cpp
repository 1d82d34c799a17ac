#include "record/journal_reader.hpp"

#include <algorithm>
#include <cstring>

namespace tally::record {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{256} << 10U;
constexpr std::size_t kept_bytes_max = std::size_t{4} << 20U;  // of memory, for the next time
constexpr std::size_t padding = 64;

}  // namespace

Result<std::optional<std::string_view>> JournalReader::record(Journal::Position at, Journal::Position limit) {
    const JournalSegment* segment = run_.at(at);
    if (segment == nullptr) {
        return std::optional<std::string_view>();
    }
    const std::uint64_t salt = segment->salt();
    JournalFrame frame;
    const auto head = bytes(at, sizeof frame, limit);
    if (!head) {
        return head.error();
    }
    if (!*head) {
        return std::optional<std::string_view>();
    }
    std::memcpy(&frame, **head, sizeof frame);
    if (!has_whole_head(frame, at, salt)) {
        return std::optional<std::string_view>();
    }
    const auto whole = bytes(at, sizeof frame + frame.bytes, limit);
    if (!whole) {
        return whole.error();
    }
    if (!*whole) {
        return std::optional<std::string_view>();
    }
    const std::string_view body(**whole + sizeof frame, frame.bytes);
    return is_of(frame, at, salt, body) ? std::optional(body) : std::nullopt;
}

void JournalReader::forget() {
    filled_ = 0;
    if (buffer_bytes_ > kept_bytes_max) {
        buffer_.reset();
        buffer_bytes_ = 0;
    }
}

Result<std::optional<const char*>> JournalReader::bytes(
    Journal::Position at, std::size_t count, Journal::Position limit
) {
    if (at > limit || count > limit - at) {
        return std::optional<const char*>();
    }
    const auto there = [this, at, count] { return at >= begin_ && at - begin_ + count <= filled_; };
    if (!there()) {
        make_room(at, count);
        const std::size_t wanted = std::min<std::size_t>(buffer_bytes_ - filled_, limit - (begin_ + filled_));
        const auto got = run_.read(begin_ + filled_, buffer_.get() + filled_, wanted);
        if (!got) {
            return got.error();
        }
        filled_ += *got;
        std::memset(buffer_.get() + filled_, 0, padding);
    }
    return there() ? std::optional<const char*>(buffer_.get() + (at - begin_)) : std::nullopt;
}

/// The buffer begins at `at` then, keeps what it has of it, and is large enough.
void JournalReader::make_room(Journal::Position at, std::size_t count) {
    const bool overlaps = at >= begin_ && at - begin_ < filled_;
    const std::size_t kept = overlaps ? filled_ - (at - begin_) : 0;
    const char* from = overlaps ? buffer_.get() + (at - begin_) : nullptr;
    if (count > buffer_bytes_) {
        const std::size_t bytes = std::max(chunk_bytes, count);
        auto larger = std::make_unique_for_overwrite<char[]>(bytes + padding);
        if (kept != 0) {
            std::memcpy(larger.get(), from, kept);
        }
        buffer_ = std::move(larger);
        buffer_bytes_ = bytes;
    } else if (kept != 0) {
        std::memmove(buffer_.get(), from, kept);
    }
    begin_ = at;
    filled_ = kept;
}

}  // namespace tally::record
