#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/walk.hpp"
#include "tally/report/exposition.hpp"

namespace prometheus {
struct MetricFamily;
}

namespace tally::report {

/// Writes the text exposition formats: Prometheus 0.0.4 and OpenMetrics 1.0, which differ in the
/// name of a counter's family (there without _total), `# UNIT`, quotes in HELP, the bounds of
/// buckets (there always with a point: le="1.0") and `# EOF`.
///
/// Lines of groups are put together in a small piece of memory and appended many at a time. Thread:
/// one.
class TextWriter final : public Sink {
  public:
    explicit TextWriter(Format format, std::size_t reserve);

    void begin(const FamilyInfo& family) override;
    void group(
        const Layout& layout,
        std::uint32_t app,
        std::span<const Layout::Series> series,
        Number::Unit unit
    ) override;
    void number(Values values, Number number) override;
    void histogram(
        Values values,
        std::span<const TimeMs> bounds,
        std::span<const std::uint64_t> counts,
        TimeMs sum_ms
    ) override;
    void summary(Values values, std::int64_t count, TimeMs sum_ms) override;

    /// A family of prometheus-cpp as a whole.
    void family(const prometheus::MetricFamily& family);
    /// marathon_tally_series, about all that was written before.
    void series_by_family();
    /// The text; the writer is then empty.
    [[nodiscard]] std::string finish();

  private:
    struct Written {
        std::string name;
        std::int64_t series = 0;
    };

    void open(std::string_view name, std::string_view type, std::string_view help);
    void header();
    /// What follows the prefix for a label (the nth of the family) with that value; kept in `kept`.
    const std::string& piece(
        std::string& kept, std::size_t label, std::string_view value, std::string_view end
    ) const;
    void line(std::string_view suffix, std::string_view labels, std::string_view le);
    void value(Number number);
    void value(double number);
    [[nodiscard]] std::string labels_of(Values values) const;
    [[nodiscard]] std::string bound_of(double bound) const;

    Format format_;
    std::string out_;
    std::string lines_;   // of a group, before they are appended
    std::string prefix_;  // of all lines of a group
    // `",A="value` and `",B="value"} ` for each label value of pieces_of_, made when first needed.
    const Layout* pieces_of_ = nullptr;
    std::vector<std::string> pieces_a_;
    std::vector<std::string> pieces_b_;
    const FamilyInfo* family_ = nullptr;
    std::string name_;    // of the samples, without suffix
    std::string header_;  // HELP, TYPE, UNIT: written before the first sample
    std::vector<Written> written_;
};

}  // namespace tally::report
