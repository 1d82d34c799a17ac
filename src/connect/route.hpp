#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tally/base/result.hpp"
#include "tally/connect/endpoint.hpp"

namespace tally::connect {

/// The way of one request: to a server, then where redirects lead, three at most and never in a circle; and who of them
/// may see credentials. Pure.
class Route {
  public:
    /// `members` are those who may see credentials of themselves.
    explicit Route(std::vector<Endpoint> members) : members_(std::move(members)) {}

    /// To a server of our own choice.
    void begin(Endpoint server, std::string target);

    /// Another step, as a Location header says. On error nothing has changed; it says what is wrong, and nothing of the
    /// header's text.
    [[nodiscard]] Result<void> follow(std::string_view location);

    [[nodiscard]] const Endpoint& server() const { return server_; }
    [[nodiscard]] const std::string& target() const { return target_; }
    /// For members and for those to whom a member redirects; once we were on https, over https only.
    [[nodiscard]] bool credentials() const { return credentials_; }

  private:
    [[nodiscard]] bool is_member(const Endpoint& server) const;
    void go_to(Endpoint server, std::string target);

    std::vector<Endpoint> members_;
    Endpoint server_;
    std::string target_;
    bool credentials_ = false;
    bool came_by_tls_ = false;  // a server of this way was https
    std::vector<std::string> visited_;
};

/// A status that a Location header goes with.
[[nodiscard]] bool is_redirect(unsigned status);

}  // namespace tally::connect
