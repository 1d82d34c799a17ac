#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tally::decode {

/// Finds where JSON strings end, many bytes at a time, and notes on the way whether all that it
/// passed was ASCII. One for each body.
class TextEnd {
  public:
    /// The first byte from `text` on that is a quote, a backslash or a control character; `end` or
    /// a byte behind it when there is none before. Up to 15 bytes from `end` on are read.
    [[nodiscard, gnu::always_inline]] const char* find(const char* text, const char* end);

    /// False: some byte was not, perhaps one behind `end`.
    [[nodiscard]] bool all_ascii() const;

  private:
#ifdef __SSE2__  // each x86-64 has it
    __m128i seen_ = _mm_setzero_si128();
#else
    std::uint64_t seen_ = 0;
#endif
};

#ifdef __SSE2__

inline const char* TextEnd::find(const char* text, const char* end) {
    for (; text < end; text += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
        const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        const __m128i last_control = _mm_set1_epi8(0x1F);
        const __m128i controls = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
        const int found =
            _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), controls));
        seen_ = _mm_or_si128(seen_, bytes);
        if (found != 0) {
            return text + std::countr_zero(static_cast<unsigned>(found));
        }
    }
    return text;
}

inline bool TextEnd::all_ascii() const {
    return _mm_movemask_epi8(seen_) == 0;
}

#else

inline const char* TextEnd::find(const char* text, const char* end) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    for (; text < end; text += 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text, sizeof bytes);
        const std::uint64_t quote = bytes ^ (ones * '"');
        const std::uint64_t backslash = bytes ^ (ones * '\\');
        const std::uint64_t found = (((bytes - ones * 0x20) & ~bytes) | ((quote - ones) & ~quote) |
                                     ((backslash - ones) & ~backslash)) &
                                    (ones * 0x80);
        seen_ |= bytes;
        if (found != 0) {  // one of the eight, though which one only a look at each can tell
            while (*text != '"' && *text != '\\' && static_cast<unsigned char>(*text) >= 0x20) {
                ++text;
            }
            return text;
        }
    }
    return text;
}

inline bool TextEnd::all_ascii() const {
    return (seen_ & 0x8080808080808080) == 0;
}

#endif

}  // namespace tally::decode
