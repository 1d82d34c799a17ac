#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tally::report {

enum class Type : std::uint8_t { counter, gauge, histogram, summary };

/// As written behind `# TYPE`.
[[nodiscard]] std::string_view to_string(Type type);

/// One metric family as users know it; schema/metrics.md holds the same table (a test compares
/// them).
struct FamilyInfo {
    std::string_view name;  ///< a counter's with `_total`
    Type type{};
    std::array<std::string_view, 4>
        labels;  ///< in the order written, unused ones empty, without `le`
    std::string_view help;
};

/// Every family that marathon-tally can show, in the order of an exposition: `marathon_`, then
/// `marathon_tally_`, then `process_`. Lives for ever. Any thread.
[[nodiscard]] std::span<const FamilyInfo> families();

}  // namespace tally::report
