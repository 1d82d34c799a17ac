#include "tally/record/payload_packer.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <zstd.h>

#include "record/payload_layout.hpp"
#include "record/payload_short.hpp"
#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

constexpr std::size_t worth_bytes = std::size_t{256} << 10;
constexpr int zstd_level = 1;

}  // namespace

struct PayloadPacker::Impl {
    Impl() : context(ZSTD_createCCtx()) {
        TALLY_ASSERT(context != nullptr);
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, zstd_level);
    }
    ~Impl() { ZSTD_freeCCtx(context); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void group(const model::Facts& facts, std::size_t begin, std::size_t end);
    void pack_block(model::Facts& facts, std::size_t begin, std::size_t end);

    ZSTD_CCtx* context;
    boost::unordered_flat_map<std::string_view, std::uint32_t> types;  // these are kept for their memory
    std::vector<PayloadEntry> entries;
    std::vector<std::size_t> order;
    std::string bodies, raw, packed;
};

PayloadPacker::PayloadPacker() : impl_(std::make_unique<Impl>()) {}

PayloadPacker::~PayloadPacker() = default;

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
            impl_->pack_block(facts, begin, i + 1);
            begin = i + 1;
            bytes = 0;
        }
    }
    if (begin < facts.events.size()) {
        impl_->pack_block(facts, begin, facts.events.size());
    }
}

/// The events of a type are a group.
void PayloadPacker::Impl::group(const model::Facts& facts, std::size_t begin, std::size_t end) {
    types.clear();
    entries.clear();
    for (std::size_t i = begin; i < end; ++i) {
        const model::EventFact& event = facts.events[i];
        const auto type = types.try_emplace(event.type, static_cast<std::uint32_t>(types.size())).first;
        entries.push_back({.seq = event.seq, .group = type->second});
    }
    order.resize(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return entries[a].group < entries[b].group;
    });
}

void PayloadPacker::Impl::pack_block(model::Facts& facts, std::size_t begin, std::size_t end) {
    const model::Seq first = facts.events[begin].seq;
    group(facts, begin, end);
    bodies.clear();
    for (const std::size_t i : order) {
        model::EventFact& event = facts.events[begin + i];
        const std::size_t before = bodies.size();
        append_short(bodies, event);
        event.payload = {};
        entries[i].bytes = static_cast<std::uint32_t>(bodies.size() - before);
    }
    raw.clear();
    append_columns(raw, first, entries);
    raw += bodies;
    packed.resize(ZSTD_compressBound(raw.size()));
    const std::size_t size = ZSTD_compress2(context, packed.data(), packed.size(), raw.data(), raw.size());
    TALLY_ASSERT(!ZSTD_isError(size));
    facts.payload_blocks.push_back({.first_seq = first,
                                    .last_seq = facts.events[end - 1].seq,
                                    .events = end - begin,
                                    .packed = facts.text.keep(std::string_view(packed).substr(0, size))});
}

}  // namespace tally::record
