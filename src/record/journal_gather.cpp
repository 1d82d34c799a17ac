#include "record/journal_gather.hpp"

#include <span>

#include "tally/base/assert.hpp"

namespace tally::record {

void JournalGather::begin(Journal::Position at) {
    segment_ = nullptr;
    at_ = written_ = at;
    count_ = 1;
}

void JournalGather::find_segment() {
    if (segment_ == nullptr) {
        segment_ = run_.at(at_);
        TALLY_ASSERT(segment_ != nullptr);
    }
}

std::uint64_t JournalGather::salt() {
    if (segment_ != nullptr && at_ == segment_->end()) {
        return run_.at(at_)->salt();
    }
    find_segment();
    return segment_->salt();
}

Result<void> JournalGather::put(std::string_view bytes) {
    while (!bytes.empty()) {
        find_segment();
        if (at_ == segment_->end() || count_ == pieces_max) {
            if (const auto flushed = flush(); !flushed) {
                return flushed;
            }
            continue;
        }
        const auto part = bytes.substr(0, segment_->end() - at_);
        pieces_[count_++] = {const_cast<char*>(part.data()), part.size()};
        at_ += part.size();
        bytes.remove_prefix(part.size());
    }
    return {};
}

Result<void> JournalGather::flush() {
    if (count_ == 1) {
        return {};
    }
    find_segment();
    const auto written = segment_->write(written_, std::span(pieces_).first(count_));
    run_.wrote(*segment_);
    begin(at_);
    return written;
}

}  // namespace tally::record
