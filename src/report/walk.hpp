#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "report/layout.hpp"
#include "report/recipes.hpp"
#include "tally/report/exposition.hpp"

namespace tally::report {

/// What the walk over all families meets, in the order of an exposition. Two of them exist: text
/// and prometheus-cpp's values.
///
/// `values` are the label values in the order of FamilyInfo::labels, not escaped; views and spans
/// live during the call only.
class Sink {
  public:
    using Values = std::span<const std::string_view>;

    virtual ~Sink() = default;
    /// All that follows belongs to this family, until the next begin(). Perhaps nothing follows.
    virtual void begin(const FamilyInfo& family) = 0;
    /// The series of one source, or of one app of it (no_app: none): the families with many of
    /// them.
    virtual void group(
        const Layout& layout,
        std::uint32_t app,
        std::span<const Layout::Series> series,
        Number::Unit unit
    ) = 0;
    virtual void number(Values values, Number number) = 0;
    /// `counts` as in model::HistogramSample: one more than `bounds`, not cumulative.
    virtual void histogram(
        Values values,
        std::span<const TimeMs> bounds,
        std::span<const std::uint64_t> counts,
        TimeMs sum_ms
    ) = 0;
    virtual void summary(Values values, std::int64_t count, TimeMs sum_ms) = 0;
};

/// Every `marathon_` series that is to be shown, closed label sets filled up with 0.
void walk(
    std::span<const model::Snapshot> sources,
    std::span<const StreamNumbers> streams,
    const Options& options,
    Sink& sink
);

}  // namespace tally::report
