#include "tally/record/payload_packer.hpp"

#include <algorithm>
#include <numeric>

#include <zstd.h>

#include "record/payload_short.hpp"
#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

constexpr std::size_t worth_bytes = std::size_t{256} << 10;
constexpr int level = 1;

/// 32 bits, little endian.
void put_number(std::string& to, std::uint64_t number) {
    TALLY_ASSERT(number >> 32 == 0);
    for (int shift = 0; shift < 32; shift += 8) {
        to += static_cast<char>(number >> shift & 0xFF);
    }
}

}  // namespace

PayloadPacker::PayloadPacker() : context_(ZSTD_createCCtx()) {
    TALLY_ASSERT(context_ != nullptr);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
}

PayloadPacker::~PayloadPacker() { ZSTD_freeCCtx(context_); }

void PayloadPacker::pack(model::Facts& facts) {
    std::size_t bytes = 0;
    for (const model::EventFact& event : facts.events) {
        bytes += event.payload.size();
    }
    if (bytes >= worth_bytes) {
        pack_all(facts);
    }
}

void PayloadPacker::pack_all(model::Facts& facts) {
    std::size_t begin = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < facts.events.size(); ++i) {
        bytes += facts.events[i].payload.size();
        if (bytes >= block_bytes) {
            pack_block(facts, begin, i + 1);
            begin = i + 1;
            bytes = 0;
        }
    }
    if (begin < facts.events.size()) {
        pack_block(facts, begin, facts.events.size());
    }
}

void PayloadPacker::pack_block(model::Facts& facts, std::size_t begin, std::size_t end) {
    const model::Seq first = facts.events[begin].seq;
    // Those of a type lie together: what is alike packs best side by side.
    order_.resize(end - begin);
    std::iota(order_.begin(), order_.end(), begin);
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
        return facts.events[a].type < facts.events[b].type;
    });
    bodies_.clear();
    raw_.clear();
    for (const std::size_t i : order_) {
        model::EventFact& event = facts.events[i];
        const std::size_t before = bodies_.size();
        append_short(bodies_, event);
        event.payload = {};
        put_number(raw_, static_cast<std::uint64_t>(event.seq - first));
        put_number(raw_, bodies_.size() - before);
    }
    raw_ += bodies_;
    packed_.resize(ZSTD_compressBound(raw_.size()));
    const std::size_t size = ZSTD_compress2(context_, packed_.data(), packed_.size(), raw_.data(), raw_.size());
    TALLY_ASSERT(!ZSTD_isError(size));
    facts.payload_blocks.push_back({.first_seq = first,
                                    .last_seq = facts.events[end - 1].seq,
                                    .events = end - begin,
                                    .packed = facts.text.keep(std::string_view(packed_).substr(0, size))});
}

}  // namespace tally::record
