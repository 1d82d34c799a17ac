#include "connect/base64.hpp"

#include <cstdint>

namespace tally::connect {
namespace {

constexpr std::string_view mime_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet) {
    std::string result;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const auto group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        }
        for (std::size_t i = 0; i <= group.size(); ++i) {
            result += alphabet[bits >> (18 - 6 * i) & 63U];
        }
    }
    return result;
}

}  // namespace

std::string base64(std::string_view bytes) {
    auto result = encode(bytes, mime_alphabet);
    result.append((4 - result.size() % 4) % 4, '=');
    return result;
}

std::string base64url(std::string_view bytes) {
    return encode(bytes, url_alphabet);
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string result;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto value = url_alphabet.find(c);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFU;
        count += 6;
        if (count >= 8) {
            count -= 8;
            result += static_cast<char>(bits >> count & 0xFFU);
        }
    }
    return result;
}

}  // namespace tally::connect
