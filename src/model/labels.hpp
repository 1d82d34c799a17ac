#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tally::model {

/// The kinds of names that become label values. The first five are open: Marathon may send any
/// name.
enum class LabelKind : std::uint8_t {
    event_type,
    task_state,
    condition,
    protocol,
    action,
    reason,
    path,
    outcome,
    deployment_kind,
    health,
    verb,
    result,
    scheduler_event,
    cause,
    shed_reason,
    reconcile_result,
    difference,
    nothing,
};
inline constexpr std::size_t label_kind_count = static_cast<std::size_t>(LabelKind::nothing);
inline constexpr std::size_t open_kind_count = 5;

using Code = std::uint16_t;
inline constexpr Code other_code = 0xFFFF;  ///< past the first 64 unknown names, or no label text
inline constexpr Code none_code = 0xFFFE;   ///< the state before the first sight
/// A state that was sent as "none": another state than none_code, in the same series.
inline constexpr Code sent_none_code = 0xFFFD;

/// Whether a name can be a label value: at most 256 bytes, and no U+0000, behind which no reader
/// sees what tells two names apart.
[[nodiscard]] bool is_label_text(std::string_view name);

/// Names as small numbers: the known ones first, in the order of the lists in labels.cpp, then up
/// to 64 unknown ones per kind in order of arrival (semantics.md section 1). Names that share
/// other_code are different names: who must tell them apart keeps the text.
class Labels {
  public:
    Labels();

    struct Found {
        Code code = other_code;
        bool born = false;  ///< a new unknown name, to be stored
    };

    /// The code of a name, giving out a new one if there is room.
    [[nodiscard]] Found code(LabelKind kind, std::string_view name);

    /// The code a name has, without giving out one; other_code when it has none so far.
    [[nodiscard]] Code find(LabelKind kind, std::string_view name) const;

    /// "other", "none", or the name; lives as long as the Labels.
    [[nodiscard]] std::string_view name(LabelKind kind, Code code) const;

    [[nodiscard]] static std::string_view kind_name(LabelKind kind);

  private:
    static constexpr std::size_t unknown_max = 64;

    /// Its names, found by their length and their ends: there are never more than 100, in 256 places.
    struct Kind {
        std::vector<std::string_view> names;
        std::size_t known = 0;
        std::array<std::uint8_t, 256> places;

        Kind() { places.fill(empty); }
        /// The place where the name is, or where it would be.
        [[nodiscard]] std::uint8_t& place_of(std::string_view name);
        [[nodiscard]] const std::uint8_t& place_of(std::string_view name) const;
        Code add(std::string_view name);
    };

    static constexpr std::uint8_t empty = 0xFF;

    std::array<Kind, label_kind_count> kinds_;
    std::deque<std::string> owned_;
};

/// Codes of names the fold decides on; each is checked against the lists by a static_assert in
/// labels.cpp.
namespace state {
inline constexpr Code staging = 0, starting = 1, running = 2, killing = 3, finished = 4, failed = 5,
                      killed = 6, error = 7, dropped = 8, gone = 9, lost = 10, unreachable = 11,
                      unknown = 12, gone_by_operator = 13;
}

namespace condition {
inline constexpr Code created = 0, provisioned = 1, reserved = 2, scheduled = 3, staging = 4, starting = 5,
                      running = 6, killing = 7, unreachable = 8, unreachable_inactive = 9, finished = 10,
                      failed = 11, killed = 12, error = 13, gone = 14, dropped = 15, unknown = 16,
                      first_final = finished, last_final = unknown;
}

namespace outcome {
inline constexpr Code running = 0, success = 1, failed = 2, canceled = 3, rejected = 4, unknown = 5;
}

}  // namespace tally::model
