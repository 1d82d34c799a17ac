#include "record/unpacked_block.hpp"

#include <algorithm>

#include <zstd.h>

#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

/// A block holds one payload at least, which may be as large as an event may be.
constexpr std::uint64_t unpacked_bytes_max = std::uint64_t{2} << 30;

}  // namespace

UnpackedBlock::UnpackedBlock() : context_(ZSTD_createDCtx()) { TALLY_ASSERT(context_ != nullptr); }

UnpackedBlock::~UnpackedBlock() { ZSTD_freeDCtx(context_); }

Result<void> UnpackedBlock::unpack(
    model::Seq first, model::Seq last, std::int64_t events, std::string_view packed, int layout
) {
    first_ = 0;
    last_ = -1;
    const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size > unpacked_bytes_max) {
        return Error{"no size"};
    }
    raw_.resize(size);
    if (ZSTD_decompressDCtx(context_, raw_.data(), raw_.size(), packed.data(), packed.size()) != size) {
        return Error{"cannot be unpacked"};
    }
    if (!read_entries(raw_, layout, first, static_cast<std::uint64_t>(events), entries_)) {
        return Error{"too short"};
    }
    first_ = first;
    last_ = last;
    return {};
}

std::optional<std::string_view> UnpackedBlock::find(model::Seq seq, const PayloadNames& names) {
    const auto entry = std::lower_bound(
        entries_.begin(), entries_.end(), seq, [](const PayloadEntry& e, model::Seq wanted) { return e.seq < wanted; }
    );
    if (!covers(seq) || entry == entries_.end() || entry->seq != seq) {
        return std::nullopt;
    }
    whole_.clear();
    append_whole(whole_, std::string_view(raw_).substr(entry->begin, entry->bytes), names);
    return whole_;
}

}  // namespace tally::record
