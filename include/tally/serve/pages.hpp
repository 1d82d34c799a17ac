#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tally/base/time.hpp"
#include "tally/serve/http.hpp"

namespace tally::serve {

/// Why the program is not ready; the names are those of the answer.
enum class NotReady : std::uint8_t {
    never_attached,
    disconnected,
    reconciling,
    other_cluster,
    history_unwritable,
    starting,
    shutting_down
};
[[nodiscard]] std::string_view to_string(NotReady reason);

struct ReadyReason {
    std::optional<std::string> source;  ///< none: about the program as a whole
    NotReady reason{};
    TimeMs since = 0;
    std::string detail;
    bool tolerated = false;  ///< told, but ready all the same: a stream lost a moment ago
};

[[nodiscard]] bool is_ready(std::span<const ReadyReason> reasons);

/// `/-/ready`: 200 when every reason is tolerated or there is none, else 503; the body is
/// `{"ready":bool,"reasons":[{"source":NAME|null,"reason":..,"since":RFC3339,"detail":TEXT}]}`.
[[nodiscard]] Response ready_response(std::span<const ReadyReason> reasons);

/// `/-/healthy`: always 200.
[[nodiscard]] Response healthy_response();

/// `/metrics` while state and counters are not restored, and any other "not now": 503 with
/// Retry-After.
[[nodiscard]] Response unavailable_response(std::string_view what, int retry_after_s);

/// What the landing page at `/` shows.
struct Landing {
    struct Source {
        std::string name;
        std::string url;    ///< without credentials; may be empty
        std::string state;  ///< readable: "attached since ...", "refused, next attempt in 2 s"
        bool good = false;
    };

    struct Link {
        std::string path;
        std::string text;
    };

    std::string version;
    std::vector<Source> sources;
    std::vector<ReadyReason> reasons;
    std::vector<Link> links;  ///< beside the ones to metrics, ready and healthy
};

/// One plain HTML page without scripts and without assets of others.
[[nodiscard]] Response landing_response(const Landing& landing);

}  // namespace tally::serve
