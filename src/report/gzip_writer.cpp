#include "report/gzip_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <libdeflate.h>
#include <utility>

#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

/// Bits as they go out, the first one lowest.
struct Code {
    std::uint32_t bits = 0;
    unsigned count = 0;
};

constexpr std::uint32_t reversed(std::uint32_t value, unsigned count) {
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < count; ++i) {
        bits = (bits << 1) | ((value >> i) & 1);
    }
    return bits;
}

/// The fixed code of a literal, of the end of the block (256) or of a class of sizes (257 to 287).
constexpr Code fixed_code(std::uint32_t symbol) {
    if (symbol < 144) {
        return {reversed(0x30 + symbol, 8), 8};
    }
    if (symbol < 256) {
        return {reversed(0x190 + symbol - 144, 9), 9};
    }
    return symbol < 280 ? Code{reversed(symbol - 256, 7), 7}
                        : Code{reversed(0xC0 + symbol - 280, 8), 8};
}

constexpr std::uint32_t end_of_block = 256;
constexpr std::size_t repeat_max = 258;

constexpr auto literals = [] {
    std::array<Code, 256> codes{};
    for (std::uint32_t i = 0; i < codes.size(); ++i) {
        codes[i] = fixed_code(i);
    }
    return codes;
}();

/// Classes of sizes and distances double every 4 and 2 classes: the place in the class follows in
/// `extra` bits.
struct Class {
    std::uint32_t number = 0;
    unsigned extra = 0;
    std::uint32_t place = 0;
};

constexpr Class class_of(std::uint32_t value, unsigned classes_log) {
    const std::uint32_t classes = 1U << classes_log;
    if (value < 2 * classes) {
        return {.number = value};
    }
    const unsigned extra = static_cast<unsigned>(std::bit_width(value)) - classes_log - 1;
    return {
        .number = (extra << classes_log) + (value >> extra),
        .extra = extra,
        .place = value & ((1U << extra) - 1)};
}

constexpr auto sizes = [] {
    std::array<Code, repeat_max + 1> codes{};
    for (std::uint32_t size = Repeat::size_min; size < repeat_max; ++size) {
        const Class found = class_of(size - static_cast<std::uint32_t>(Repeat::size_min), 2);
        const Code code = fixed_code(257 + found.number);
        codes[size] = {code.bits | (found.place << code.count), code.count + found.extra};
    }
    codes[repeat_max] = fixed_code(285);
    return codes;
}();

Code distance_code(std::size_t distance) {
    const Class found = class_of(static_cast<std::uint32_t>(distance - 1), 1);
    constexpr unsigned count = 5;
    return {reversed(found.number, count) | (found.place << count), count + found.extra};
}

std::uint32_t load4(const char* from) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

void append_little_endian(std::string& out, std::uint32_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        out += static_cast<char>(number >> shift);
    }
}

}  // namespace

GzipWriter::GzipWriter(std::size_t reserve) {
    whole_.reserve(reserve);
    // Deflate, no flags, no time, packed fast, unknown system.
    whole_.append("\x1F\x8B\x08\0\0\0\0\0\x04\xFF", 10);
    packed_.resize(sizeof bits_);
    at_ = packed_.data();
    put(0b011, 3);  // the last block, with the fixed codes
}

void GzipWriter::add(std::string_view text, std::span<const Repeat> repeats) {
    hand_on();
    packed_.resize(std::max(packed_.size(), text.size() / 8 * 9 + 2 * sizeof bits_ + 9));
    at_ = packed_.data();
    seen_ = {};
    std::size_t done = 0;
    for (const Repeat& known : repeats) {
        add_unknown(text, done, known.at);
        repeat(known.size, known.distance);
        done = known.at + known.size;
    }
    add_unknown(text, done, text.size());
    checksum_ = libdeflate_crc32(checksum_, text.data(), text.size());
    size_ += text.size();
}

/// Looks for the same four bytes earlier in the piece, takes the first that comes to hand.
void GzipWriter::add_unknown(std::string_view text, std::size_t from, std::size_t to) {
    constexpr std::size_t worth_it = 16;  // a number and little more is not
    constexpr std::size_t probe = 4;
    const bool look = to - from >= worth_it;
    while (from < to) {
        if (look && to - from >= probe) {
            const std::uint32_t bytes = load4(text.data() + from);
            std::uint32_t& seen = seen_[(bytes * 0x9E3779B1U) >> 20];
            const std::size_t before = std::exchange(seen, static_cast<std::uint32_t>(from + 1));
            if (before != 0 && from + 1 - before <= Repeat::distance_max &&
                load4(text.data() + before - 1) == bytes) {
                const auto begin = text.begin() + static_cast<std::ptrdiff_t>(from);
                const auto end = text.begin() + static_cast<std::ptrdiff_t>(to);
                const auto same = std::mismatch(
                    begin, end, text.begin() + static_cast<std::ptrdiff_t>(before - 1)
                );
                const auto size = static_cast<std::size_t>(same.first - begin);
                repeat(size, from + 1 - before);
                from += size;
                continue;
            }
        }
        literal(text[from++]);
    }
}

void GzipWriter::literal(char c) {
    const Code code = literals[static_cast<unsigned char>(c)];
    put(code.bits, code.count);
}

void GzipWriter::repeat(std::size_t size, std::size_t distance) {
    const Code back = distance_code(distance);
    while (size != 0) {
        // None of the parts may be shorter than the shortest there is.
        const std::size_t part = size <= repeat_max                     ? size
                                 : size < repeat_max + Repeat::size_min ? size - Repeat::size_min
                                                                        : repeat_max;
        const Code code = sizes[part];
        put(code.bits | (std::uint64_t{back.bits} << code.count), code.count + back.count);
        size -= part;
    }
}

/// At most 33 bits. There is room for 8 bytes.
void GzipWriter::put(std::uint64_t bits, unsigned count) {
    bits_ |= bits << bits_count_;
    bits_count_ += count;
    std::memcpy(at_, &bits_, sizeof bits_);
    at_ += bits_count_ / 8;
    bits_ >>= bits_count_ / 8 * 8;
    bits_count_ %= 8;
}

void GzipWriter::hand_on() {
    whole_.append(packed_.data(), at_);
    at_ = packed_.data();
}

std::string GzipWriter::finish() {
    hand_on();
    const Code end = fixed_code(end_of_block);
    put(end.bits, end.count);
    put(0, (8 - bits_count_) % 8);
    hand_on();
    append_little_endian(whole_, checksum_);
    append_little_endian(whole_, static_cast<std::uint32_t>(size_));
    return std::move(whole_);
}

}  // namespace tally::report
