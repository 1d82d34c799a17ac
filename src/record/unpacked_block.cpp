#include "record/unpacked_block.hpp"

#include <algorithm>

#include <zstd.h>

#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

constexpr std::size_t number_bytes = 4;
/// A block holds one payload at least, which may be as large as an event may be.
constexpr std::uint64_t unpacked_bytes_max = std::uint64_t{2} << 30;

std::uint64_t number_at(const std::string& raw, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < number_bytes; ++i) {
        number |= std::uint64_t{static_cast<unsigned char>(raw[at + i])} << (8 * i);
    }
    return number;
}

}  // namespace

UnpackedBlock::UnpackedBlock() : context_(ZSTD_createDCtx()) { TALLY_ASSERT(context_ != nullptr); }

UnpackedBlock::~UnpackedBlock() { ZSTD_freeDCtx(context_); }

Result<void> UnpackedBlock::unpack(model::Seq first, model::Seq last, std::int64_t events, std::string_view packed) {
    first_ = 0;
    last_ = -1;
    const auto count = static_cast<std::uint64_t>(events);
    const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size > unpacked_bytes_max || count > size / (2 * number_bytes)) {
        return Error{"no size"};
    }
    raw_.resize(size);
    if (ZSTD_decompressDCtx(context_, raw_.data(), raw_.size(), packed.data(), packed.size()) != size) {
        return Error{"cannot be unpacked"};
    }
    entries_.clear();
    std::size_t begin = count * 2 * number_bytes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = i * 2 * number_bytes;
        const std::uint64_t bytes = number_at(raw_, at + number_bytes);
        if (bytes > raw_.size() - begin) {
            return Error{"too short"};
        }
        entries_.push_back({first + static_cast<model::Seq>(number_at(raw_, at)), begin, bytes});
        begin += bytes;
    }
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.seq < b.seq; });
    first_ = first;
    last_ = last;
    return {};
}

std::optional<std::string_view> UnpackedBlock::find(model::Seq seq, const PayloadNames& names) {
    const auto entry = std::lower_bound(
        entries_.begin(), entries_.end(), seq, [](const Entry& e, model::Seq wanted) { return e.seq < wanted; }
    );
    if (!covers(seq) || entry == entries_.end() || entry->seq != seq) {
        return std::nullopt;
    }
    whole_.clear();
    append_whole(whole_, std::string_view(raw_).substr(entry->begin, entry->bytes), names);
    return whole_;
}

}  // namespace tally::record
