#include "valid_utf8.hpp"

namespace tally::model {

namespace {

/// Bytes of the character that begins `text`, or 0 with `bad` set to those of the longest beginning
/// of one, at least 1.
std::size_t character_bytes(std::string_view text, std::size_t& bad) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    bad = 1;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    for (; bad < length; ++bad) {
        const bool second = bad == 1;
        const unsigned char low = second && lead == 0xE0   ? 0xA0
                                  : second && lead == 0xF0 ? 0x90
                                                           : 0x80;
        const unsigned char high = second && lead == 0xED   ? 0x9F
                                   : second && lead == 0xF4 ? 0x8F
                                                            : 0xBF;
        if (bad == text.size() || byte(bad) < low || byte(bad) > high) {
            return 0;
        }
    }
    return length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        std::size_t bad = 0;
        const std::size_t length = character_bytes(text, bad);
        if (length != 0 && text.front() != '\0') {
            valid.append(text, 0, length);
        } else {
            valid += "\xEF\xBF\xBD";
        }
        text.remove_prefix(length != 0 ? length : bad);
    }
    return valid;
}

}  // namespace tally::model
