#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tally::report {

/// Text that stood in the same stream before, as whoever writes it knows.
struct Repeat {
    std::size_t at = 0;  ///< in the piece of text that it is told with
    std::size_t size = 0;
    std::size_t distance = 0;  ///< how far before `at` the same bytes begin

    static constexpr std::size_t size_min = 3;
    static constexpr std::size_t distance_max = 32'768;
};

/// Packs text as one gzip member (RFC 1952). Other packers spend their time looking for text that
/// stood before; an exposition repeats itself line by line and its writer knows where, so this one
/// only looks where it is told nothing. Huffman codes are the fixed ones of RFC 1951, 3.2.6, and
/// all is one block: of 100,000 series, as small as zlib's level 1 in a tenth of the time.
///
/// Thread: one.
class GzipWriter {
  public:
    /// `reserve`: a guess at the packed size of the whole.
    explicit GzipWriter(std::size_t reserve);

    /// Adds a piece of text. `repeats` are in order, do not overlap and lie in it; each is in
    /// reach.
    void add(std::string_view text, std::span<const Repeat> repeats);

    /// The whole member; the writer is then empty.
    [[nodiscard]] std::string finish();

  private:
    void add_unknown(std::string_view text, std::size_t from, std::size_t to);
    void literal(char c);
    void repeat(std::size_t size, std::size_t distance);
    void put(std::uint64_t bits, unsigned count);
    void hand_on();

    std::string whole_;
    std::vector<char> packed_;  // of this piece
    char* at_ = nullptr;        // in packed_
    std::uint64_t bits_ = 0;    // not yet written, fewer than 8 between calls
    unsigned bits_count_ = 0;
    std::uint32_t checksum_ = 0;
    std::uint64_t size_ = 0;                  // of the text
    std::array<std::uint32_t, 4096> seen_{};  // where text of a hash began in this piece, and 1
};

}  // namespace tally::report
