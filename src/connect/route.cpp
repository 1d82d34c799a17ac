#include "connect/route.hpp"

#include <algorithm>
#include <utility>

namespace tally::connect {
namespace {

constexpr std::size_t redirects_max = 3;

std::string place(const Endpoint& server, std::string_view target) {
    return (server.tls ? "https://" : "http://") + server.host + ":" + std::to_string(server.port) +
           std::string(target);
}

}  // namespace

void Route::begin(Endpoint server, std::string target) {
    visited_.clear();
    came_by_tls_ = false;
    credentials_ = is_member(server);
    go_to(std::move(server), std::move(target));
}

Result<void> Route::follow(std::string_view location) {
    auto next = parse_location(server_, location);
    if (!next) {
        return Error{"unusable Location: " + next.error().what};
    }
    auto target = request_target(*next);
    if (std::ranges::find(visited_, place(*next, target)) != visited_.end()) {
        return Error{"redirects go in a circle"};
    }
    if (visited_.size() > redirects_max) {
        return Error{"more than 3 redirects"};
    }
    const bool known = is_member(server_) || is_member(*next);
    credentials_ = known && (next->tls || !came_by_tls_);
    go_to(std::move(*next), std::move(target));
    return {};
}

void Route::go_to(Endpoint server, std::string target) {
    visited_.push_back(place(server, target));
    came_by_tls_ = came_by_tls_ || server.tls;
    server_ = std::move(server);
    target_ = std::move(target);
}

bool Route::is_member(const Endpoint& server) const {
    return std::ranges::any_of(members_, [&](const Endpoint& one) { return same_server(one, server); });
}

bool is_redirect(unsigned status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace tally::connect
