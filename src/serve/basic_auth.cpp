#include "tally/serve/basic_auth.hpp"

#include <cstdint>

namespace tally::serve {

namespace {

std::optional<std::string> base64_decoded(std::string_view text) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr unsigned letter_bits = 6, byte_bits = 8;
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
        text.remove_suffix(1);
    }
    std::string decoded;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char letter : text) {
        const std::size_t value = letters.find(letter);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = bits << letter_bits | static_cast<std::uint32_t>(value);
        count += letter_bits;
        if (count >= byte_bits) {
            count -= byte_bits;
            decoded += static_cast<char>(bits >> count & 0xFFU);
        }
    }
    return decoded;
}

bool is_basic(std::string_view scheme) {
    constexpr std::string_view small = "basic";
    for (std::size_t i = 0; i < small.size(); ++i) {
        if ((scheme[i] | 0x20) != small[i]) {
            return false;
        }
    }
    return scheme[small.size()] == ' ';
}

}  // namespace

std::optional<Credentials> basic_credentials(std::string_view authorization) {
    constexpr std::size_t scheme_size = 6;
    if (authorization.size() < scheme_size || !is_basic(authorization)) {
        return std::nullopt;
    }
    const auto decoded = base64_decoded(authorization.substr(scheme_size));
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) {
        return std::nullopt;
    }
    return Credentials{.user = decoded->substr(0, colon), .password = decoded->substr(colon + 1)};
}

}  // namespace tally::serve
