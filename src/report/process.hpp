#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tally::report {

/// What /proc/self/stat says, as far as it is shown.
struct ProcessStat {
    std::uint64_t cpu_ticks = 0;    ///< user and system
    std::uint64_t start_ticks = 0;  ///< since boot
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_pages = 0;
};

/// Nothing when it is not of the form of proc(5). The program's name may hold blanks and
/// parentheses.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// `btime` of /proc/stat: the boot, in seconds since the epoch.
[[nodiscard]] std::optional<std::uint64_t> parse_boot_time(std::string_view text);

}  // namespace tally::report
