#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tally/base/result.hpp"

namespace tally::simulate {

/// What can go wrong between this Marathon and its listeners, when somebody asks for it.
enum class TroubleKind : std::uint8_t {
    // streams
    close,
    rst,
    half_frame,
    silence,
    drip,
    buffer,
    flush,
    proxy,
    // attempts to attach
    http_error,
    empty_200,
    not_a_stream,
    never_answers,
    redirect,
    refuse,
    expire_tokens,
    // the leader
    leader_change,
    rerun,
    // events
    drop,
    duplicate,
    reorder,
    bad,
    oversize,
    // snapshots
    snapshot_older,
    snapshot_newer,
    snapshot_error,
    snapshot_not_json,
    snapshot_cut,
    snapshot_slow,
    other_framework,
    // callbacks
    callbacks_late,
    // the end of all that lasts
    clear,
};
inline constexpr std::size_t kinds = 31;

[[nodiscard]] std::string_view name_of(TroubleKind kind);

/// An order for one trouble. Arguments that were not given hold the kind's default (see
/// describe_troubles); those that the kind does not have are without meaning.
struct Trouble {
    enum class Which : std::uint8_t { all, open, coming };

    TroubleKind kind = TroubleKind::clear;
    std::string text;  ///< the order as a line, for reports
    std::optional<std::uint64_t> count;
    std::optional<std::chrono::milliseconds> length;  ///< for=; without: until cleared
    Which which = Which::all;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    double share = 0;
    std::chrono::milliseconds every{0};
    std::chrono::milliseconds delay{0};
    int status = 503;
    std::uint32_t hops = 0;
    std::uint32_t ready_after = 0;
    std::string at;    ///< half_frame: body, utf8, crlf, blank
    std::string how;   ///< close or rst
    std::string to;    ///< redirect: self, other, none, unusable, URL; leader_change: number
    std::string path;  ///< snapshots: apps, tasks, deployments, pods, info; empty: all
    std::string id;    ///< other_framework
};

/// With the defaults of its kind.
[[nodiscard]] Trouble default_trouble(TroubleKind kind);

using Arguments = std::vector<std::pair<std::string, std::string>>;

/// Error: one line that names what is wrong.
[[nodiscard]] Result<Trouble> make_trouble(std::string_view kind, const Arguments& arguments);

/// "KIND name=value name=value"
[[nodiscard]] Result<Trouble> parse_trouble(std::string_view line);

/// Every kind with its arguments, their defaults and what it does: the text for --help.
[[nodiscard]] std::string describe_troubles();

}  // namespace tally::simulate
