#pragma once

#include <string>
#include <string_view>

namespace tally::simulate {

/// The beginning of a frame `event: T\r\ndata: JSON\r\n\r\n`, cut at "body" (its middle), "utf8"
/// (after the first byte of a character that has more; a made-up one when it has none), "crlf"
/// (between the CR and the LF that end the data line) or "blank" (before the empty line).
[[nodiscard]] inline std::string cut_frame(std::string_view frame, std::string_view at) {
    constexpr std::size_t ends = 4;  // CR LF CR LF
    if (frame.size() <= ends) {
        return std::string(frame);
    }
    if (at == "crlf") {
        return std::string(frame.substr(0, frame.size() - ends + 1));
    }
    if (at == "blank") {
        return std::string(frame.substr(0, frame.size() - ends + 2));
    }
    if (at == "utf8") {
        for (std::size_t i = 0; i < frame.size(); ++i) {
            if (static_cast<unsigned char>(frame[i]) >= 0xc0) {
                return std::string(frame.substr(0, i + 1));
            }
        }
        const std::size_t body = frame.find("data: {");
        return std::string(frame.substr(0, body == std::string_view::npos ? 0 : body + 7)) +
               "\"note\":\"caf\xc3";
    }
    return std::string(frame.substr(0, frame.size() / 2));
}

}  // namespace tally::simulate
