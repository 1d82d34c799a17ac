#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "report/sheet.hpp"
#include "report/text_writer.hpp"
#include "tally/report/exposition.hpp"

namespace tally::report {

/// A source at the moment of this scrape.
struct Source {
    const model::Snapshot& now;
    const Sheet& sheet;                 ///< that has taken it
    std::vector<std::uint32_t> apps{};  ///< that are shown, in order
    std::vector<char> shown{};          ///< of each app, whether it is
};

/// `now` and `sheet` must outlive it.
[[nodiscard]] Source source_of(
    const model::Snapshot& now, const Sheet& sheet, const Options& options
);

/// Writes every `marathon_` series that is to be shown, one family after the other.
void walk(
    std::span<const Source> sources,
    std::span<const StreamNumbers> streams,
    const Options& options,
    TextWriter& writer
);

}  // namespace tally::report
