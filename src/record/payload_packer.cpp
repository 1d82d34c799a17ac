#include "tally/record/payload_packer.hpp"

#include <numeric>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <zstd.h>

#include "record/payload_layout.hpp"
#include "record/payload_short.hpp"
#include "tally/base/assert.hpp"
#include "tally/base/prefetch.hpp"

namespace tally::record {

namespace {

constexpr std::size_t worth_bytes = std::size_t{256} << 10;
constexpr int zstd_level = 1;

/// Bytes that are kept for their memory, and not set to zero before they are written.
class Scratch {
  public:
    char* room(std::size_t size) {
        if (size > size_) {
            bytes_.reset(new char[size]);
            size_ = size;
        }
        return bytes_.get();
    }

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
};

}  // namespace

struct PayloadPacker::Impl {
    Impl() : context(ZSTD_createCCtx()) {
        TALLY_ASSERT(context != nullptr);
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, zstd_level);
    }
    ~Impl() { ZSTD_freeCCtx(context); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    std::size_t group(std::span<const model::EventFact> events);
    void pack_block(model::Facts& facts, std::size_t begin, std::size_t end);

    ZSTD_CCtx* context;
    boost::unordered_flat_map<std::string_view, std::uint32_t> types;  // these are kept for their memory
    std::vector<PayloadEntry> entries;
    std::vector<std::size_t> order, group_ends;
    Scratch raw, packed;
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

/// The events of a type are a group: `order` has them one group behind the other. Returns the bytes of all bodies.
std::size_t PayloadPacker::Impl::group(std::span<const model::EventFact> events) {
    types.clear();
    entries.clear();
    group_ends.clear();
    std::size_t bytes = 0;
    for (const model::EventFact& event : events) {
        const auto type = types.try_emplace(event.type, static_cast<std::uint32_t>(types.size())).first;
        entries.push_back({.seq = event.seq, .group = type->second});
        group_ends.resize(types.size());
        ++group_ends[type->second];
        bytes += event.payload.size();
    }
    std::partial_sum(group_ends.begin(), group_ends.end(), group_ends.begin());
    order.resize(entries.size());
    for (std::size_t i = entries.size(); i-- > 0;) {
        order[--group_ends[entries[i].group]] = i;
    }
    return bytes;
}

void PayloadPacker::Impl::pack_block(model::Facts& facts, std::size_t begin, std::size_t end) {
    const std::span events = std::span(facts.events).subspan(begin, end - begin);
    const std::size_t whole_bytes = group(events);
    const std::size_t columns = columns_bytes(events.size());
    char* const block = raw.room(columns + whole_bytes);
    char* at = block + columns;
    constexpr std::size_t ahead = 2;
    for (std::size_t place = 0; place < order.size(); ++place) {
        if (place + ahead < order.size()) {
            prefetch_bytes(events[order[place + ahead]].payload);  // just written by another core, and in another order
        }
        const std::size_t i = order[place];
        char* const body = at;
        at = write_short(at, events[i]);
        events[i].payload = {};
        entries[i].bytes = static_cast<std::uint32_t>(at - body);
    }
    write_columns(block, events.front().seq, entries);
    const auto block_size = static_cast<std::size_t>(at - block);
    const std::size_t packed_max = ZSTD_compressBound(block_size);
    char* const to = packed.room(packed_max);
    const std::size_t size = ZSTD_compress2(context, to, packed_max, block, block_size);
    TALLY_ASSERT(!ZSTD_isError(size));
    facts.payload_blocks.push_back({.first_seq = events.front().seq,
                                    .last_seq = events.back().seq,
                                    .events = events.size(),
                                    .packed = facts.text.keep({to, size})});
}

}  // namespace tally::record
