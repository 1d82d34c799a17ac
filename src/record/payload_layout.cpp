#include "record/payload_layout.hpp"

#include <algorithm>

#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

constexpr std::size_t number_bytes = 4;
constexpr std::size_t columns = 3;
constexpr std::size_t byte_bits = 8;

std::uint32_t byte_at(std::string_view block, std::size_t at) { return static_cast<unsigned char>(block[at]); }

/// 32 bits, little endian, whose bytes lie `apart`.
std::uint32_t number_at(std::string_view block, std::size_t at, std::size_t apart) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < number_bytes; ++i) {
        number |= byte_at(block, at + i * apart) << (byte_bits * i);
    }
    return number;
}

/// Where the bodies begin, those of each group behind those of the one before. False if they lead out of the block.
bool place(std::vector<PayloadEntry>& entries, std::size_t begin, std::size_t end) {
    std::vector<std::size_t> next(entries.size());
    for (const PayloadEntry& entry : entries) {
        if (entry.group >= next.size() || entry.bytes > end - begin) {
            return false;
        }
        next[entry.group] += entry.bytes;
    }
    for (std::size_t& group : next) {
        const std::size_t bytes = group;
        group = begin;
        if (bytes > end - begin) {
            return false;
        }
        begin += bytes;
    }
    for (PayloadEntry& entry : entries) {
        entry.begin = next[entry.group];
        next[entry.group] += entry.bytes;
    }
    return true;
}

}  // namespace

std::size_t columns_bytes(std::size_t entries) { return entries * columns * number_bytes; }

void write_columns(char* to, model::Seq first, std::span<const PayloadEntry> entries) {
    const std::size_t count = entries.size();
    const auto put = [&](std::size_t column, std::size_t i, std::uint64_t number) {
        TALLY_ASSERT(number >> 32 == 0);
        for (std::size_t byte = 0; byte < number_bytes; ++byte) {
            to[(column * number_bytes + byte) * count + i] = static_cast<char>(number >> (byte_bits * byte) & 0xFF);
        }
    };
    model::Seq before = first;
    for (std::size_t i = 0; i < count; ++i) {
        put(0, i, static_cast<std::uint64_t>(entries[i].seq - before));
        put(1, i, entries[i].group);
        put(2, i, entries[i].bytes);
        before = entries[i].seq;
    }
}

bool read_entries(
    std::string_view block, int layout, model::Seq first, std::uint64_t count, std::vector<PayloadEntry>& to
) {
    to.clear();
    const bool by_column = layout != 0;
    const std::size_t numbers = by_column ? columns : 2;
    if (count > block.size() / (numbers * number_bytes)) {
        return false;
    }
    to.resize(count);
    model::Seq seq = first;
    for (std::size_t i = 0; i < count; ++i) {
        if (by_column) {
            const auto number = [&](std::size_t column) { return number_at(block, column * number_bytes * count + i, count); };
            seq += number(0);
            to[i] = {.seq = seq, .group = number(1), .bytes = number(2)};
        } else {
            const std::size_t at = i * 2 * number_bytes;
            to[i] = {.seq = first + number_at(block, at, 1), .bytes = number_at(block, at + number_bytes, 1)};
        }
    }
    if (!place(to, count * numbers * number_bytes, block.size())) {
        return false;
    }
    std::sort(to.begin(), to.end(), [](const PayloadEntry& a, const PayloadEntry& b) { return a.seq < b.seq; });
    return true;
}

}  // namespace tally::record
