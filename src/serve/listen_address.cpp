#include "tally/serve/listen_address.hpp"

#include <charconv>

namespace tally::serve {

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const auto refuse = [text] {
        return Error{
            "\"" + std::string(text) +
            "\" is not an address to listen on: HOST:PORT, :PORT or [ADDRESS]:PORT"};
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return refuse();
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    if (host.find_first_of("[]") != std::string_view::npos ||
        (!bracketed && host.find(':') != std::string_view::npos)) {
        return refuse();
    }
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (port.empty() || error != std::errc() || end != port.data() + port.size() ||
        number > 65535) {
        return refuse();
    }
    return ListenAddress{.host = std::string(host), .port = std::string(port)};
}

}  // namespace tally::serve
