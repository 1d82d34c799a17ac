#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tally::simulate {

/// The Marathons we can be. Between two of them lies a change on the wire (protocol:
/// "Introduced/removed").
enum class Dialect { v1_3, v1_4, v1_5, v1_8 };

/// "1.3", "1.4", "1.5", "1.8"; nothing for another text.
[[nodiscard]] std::optional<Dialect> parse_dialect(std::string_view text);
[[nodiscard]] std::string_view name_of(Dialect dialect);

/// What GET /v2/info says: the last patch release that still behaves as we do.
[[nodiscard]] std::string_view version_of(Dialect dialect);

/// instance_* events, pods, unreachable tasks.
[[nodiscard]] constexpr bool has_instances(Dialect dialect) {
    return dialect >= Dialect::v1_4;
}

/// The same instance id is launched again; conditions Scheduled and Provisioned; `._app.N`.
[[nodiscard]] constexpr bool relaunches(Dialect dialect) {
    return dialect >= Dialect::v1_8;
}

/// POST /v2/eventSubscriptions exists.
[[nodiscard]] constexpr bool has_callbacks(Dialect dialect) {
    return dialect <= Dialect::v1_4;
}

/// The event buffer of one connection when the operator says nothing.
[[nodiscard]] constexpr std::size_t outstanding_max(Dialect dialect) {
    return dialect <= Dialect::v1_4 ? 50 : 1024;
}

/// A consumer over the limit is disconnected; before 1.8 its new events are dropped without a sign.
[[nodiscard]] constexpr bool disconnects_slow(Dialect dialect) {
    return dialect >= Dialect::v1_8;
}

/// Plans carry both root groups unless told otherwise.
[[nodiscard]] constexpr bool heavy_by_default(Dialect dialect) {
    return dialect == Dialect::v1_3;
}

/// `?plan-format=light` is understood.
[[nodiscard]] constexpr bool selects_plan(Dialect dialect) {
    return dialect == Dialect::v1_5;
}

}  // namespace tally::simulate
