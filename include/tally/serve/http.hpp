#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::serve {

/// One request as it came, within the server's limits. A value.
struct Request {
    std::string method;     ///< as sent: GET, HEAD, POST ...
    std::string path;       ///< the target before `?`, as sent
    std::string query;      ///< behind `?`, as sent
    std::string parameter;  ///< what stands in the place of a route's `{...}`, percent-decoded once
    std::string peer;       ///< address of the client, without port
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    /// Set when the client has gone before its answer came; looked after by the server. May be
    /// null.
    std::shared_ptr<const std::atomic<bool>> gone{};

    /// Whether nobody waits for the answer any more: found out within about a quarter of a second.
    /// Thread: any. A client that has only closed its sending half counts as gone, too.
    [[nodiscard]] bool client_gone() const { return gone && *gone; }

    /// All lines of that name (in any case), joined by ", "; empty when there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
    /// The first value of a key of the query, decoded; nothing when the key is not there.
    [[nodiscard]] std::optional<std::string> query_value(std::string_view key) const;
};

/// One answer. Content-Length, Connection and, where the client takes it, gzip are the server's
/// matter.
struct Response {
    int status = 200;
    std::string content_type;  ///< no such line when empty
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers{};  ///< further lines
};

/// `{"error":"..."}` with that status.
[[nodiscard]] Response error_response(int status, std::string_view what);

/// The right to answer one request, once, now or later, from any thread. One that is dropped
/// answers 503, so that no client waits for ever. It may outlive the server; it then answers
/// nobody.
class Responder {
  public:
    explicit Responder(std::function<void(Response)> send) : send_(std::move(send)) {}

    Responder(Responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}

    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    /// Must not be called twice.
    void operator()(Response response);

  private:
    std::function<void(Response)> send_;
};

/// Called on the io thread; must return soon. Whoever needs time moves the Responder away.
using Handler = std::function<void(Request, Responder)>;

/// `%41` -> `A`; in a query also `+` -> ` ` (Plus::is_blank). A `%` without two hex digits stays as
/// it is.
enum class Plus { kept, is_blank };
[[nodiscard]] std::string percent_decode(std::string_view text, Plus plus);

}  // namespace tally::serve
