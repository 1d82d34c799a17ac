#pragma once

#include <optional>
#include <string>

#include "simulate/dialect.hpp"
#include "simulate/rendering.hpp"
#include "simulate/request.hpp"

namespace tally::simulate {

/// An HTTP answer. Its body is complete, or the beginning of one that `rest` goes on with.
struct Answer {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::string location;      ///< of a redirect
    std::string headers{};     ///< further ones, whole lines
    bool names_leader = true;  ///< X-Marathon-Leader
    std::optional<Rendering> rest{};
    std::shared_ptr<const Picture> moment{};  ///< what the rest is to be rendered from

    /// `leader`: a URL for X-Marathon-Leader; `date`: an HTTP date. Chunked when there is a rest.
    enum class Connection { keep, close };
    [[nodiscard]] std::string head(
        std::string_view leader, std::string_view date, Connection connection
    ) const;
};

[[nodiscard]] Answer error_answer(int status, std::string_view message);

/// Why a request for /v2/events gets no stream: wrong Accept (405, exact comparison as Jetty has
/// it), wrong method, or we are a standby (302). Nothing: attach it. `standby_of`: the leader's
/// URL; empty: we lead.
[[nodiscard]] std::optional<Answer> refuse_stream(
    const Request& request, std::string_view standby_of
);

/// A 302 without a body.
[[nodiscard]] Answer redirect_answer(std::string target);

/// The head of an event stream; `via`: "host:port" of the standby that it passes, which makes it
/// chunked.
[[nodiscard]] std::string stream_head(
    Dialect dialect, std::string_view leader, std::string_view date, std::string_view via = {}
);

/// What is common to the answers about the cluster.
struct Cast {
    Scene scene;
    std::string_view leader;        ///< "host:port"
    std::string_view framework_id;  ///< empty: the cluster's own
};

/// Everything else but subscriptions and /sim/: snapshots, info, leader, ping, 404 and 405. The
/// body of a large snapshot is complete up to 256 KiB only.
[[nodiscard]] Answer rest_answer(const Request& request, const Cast& cast);

/// A body with its first 256 KiB rendered, or all of it when the client cannot take chunks.
[[nodiscard]] Answer rendered_answer(
    const Request& request, const Scene& scene, Rendering rendering
);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
[[nodiscard]] std::string http_date(TimeMs time);

}  // namespace tally::simulate
