#include "serve/reply.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ostream>

#include <boost/beast/http/status.hpp>

namespace tally::serve {

std::string head_of(const Response& response, const Framing& framing) {
    namespace http = boost::beast::http;
    const std::string_view reason =
        http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
    head += reason;
    head += "\r\n";
    const auto line = [&head](std::string_view name, std::string_view value) {
        head.append(name).append(": ").append(value).append("\r\n");
    };
    line("Date", http_date(framing.now));
    if (!response.content_type.empty()) {
        line("Content-Type", response.content_type);
    }
    line("Content-Length", std::to_string(response.body.size()));
    if (framing.packed) {
        line("Content-Encoding", "gzip");
    }
    if (framing.varies) {
        line("Vary", "Accept-Encoding");
    }
    for (const auto& [name, value] : response.headers) {
        line(name, value);
    }
    for (const auto& [name, value] : framing.headers) {
        const auto same = [&name = name](const auto& own) { return own.first == name; };
        if (std::none_of(response.headers.begin(), response.headers.end(), same)) {
            line(name, value);
        }
    }
    if (!framing.keep_alive) {
        line("Connection", "close");
    } else if (framing.http10) {
        line("Connection", "keep-alive");
    }
    head += "\r\n";
    return head;
}

std::string http_date(TimeMs time) {
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    using namespace std::chrono;
    const sys_time<milliseconds> when{milliseconds(time)};
    const auto day = floor<std::chrono::days>(when);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(when - day));
    std::array<char, 64> text{};
    const int size = std::snprintf(
        text.data(),
        text.size(),
        "%s, %02u %s %04d %02d:%02d:%02d GMT",
        days.at(weekday(day).c_encoding()),
        static_cast<unsigned>(date.day()),
        months.at(static_cast<unsigned>(date.month()) - 1),
        static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count())
    );
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace tally::serve
