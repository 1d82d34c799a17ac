#include "tally/serve/http.hpp"

#include <algorithm>

#include "tally/base/json.hpp"
#include "tally/base/assert.hpp"

namespace tally::serve {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return lower(a) == lower(b);
    });
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

std::string Request::header(std::string_view name) const {
    std::string joined;
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) {
            joined.append(joined.empty() ? "" : ", ").append(value);
        }
    }
    return joined;
}

std::optional<std::string> Request::query_value(std::string_view key) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (percent_decode(pair.substr(0, equals), Plus::is_blank) == key) {
            return percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::is_blank);
        }
    }
    return std::nullopt;
}

Response error_response(int status, std::string_view what) {
    Response response{.status = status, .content_type = "application/json", .body = "{\"error\":"};
    append_json_string(response.body, what);
    response.body += "}\n";
    return response;
}

Responder& Responder::operator=(Responder&& other) noexcept {
    // What was held is dropped, and thereby answered, when `old` dies.
    const Responder old(std::exchange(send_, std::exchange(other.send_, nullptr)));
    return *this;
}

Responder::~Responder() {
    if (send_) {
        send_(error_response(503, "the request was dropped"));
    }
}

void Responder::operator()(Response response) {
    TALLY_ASSERT(send_);
    std::exchange(send_, nullptr)(std::move(response));
}

std::string percent_decode(std::string_view text, Plus plus) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            decoded += text[i] == '+' && plus == Plus::is_blank ? ' ' : text[i];
        }
    }
    return decoded;
}

}  // namespace tally::serve
