#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/page.hpp"
#include "report/sheet.hpp"
#include "tally/report/exposition.hpp"

namespace prometheus {
struct MetricFamily;
}

namespace tally::report {

/// Writes the text exposition formats: Prometheus 0.0.4 and OpenMetrics 1.0, which differ in the
/// name of a counter's family (there without _total), `# UNIT`, quotes in HELP, the bounds of
/// buckets (there always with a point: le="1.0") and `# EOF`.
///
/// `values` are label values in the order of FamilyInfo::labels, not escaped. Thread: one.
class TextWriter {
  public:
    using Values = std::span<const std::string_view>;

    TextWriter(Format format, Packing packing, std::size_t reserve);

    /// All that follows belongs to this family, until the next begin(). Perhaps nothing follows.
    void begin(const FamilyInfo& family);
    void number(Values values, Number number);
    /// `counts` as in model::HistogramSample: one more than `bounds`, not cumulative.
    void histogram(
        Values values,
        std::span<const TimeMs> bounds,
        std::span<const std::uint64_t> counts,
        TimeMs sum_ms
    );

    /// How the lines of a source begin, up to the name of the app if they have one.
    [[nodiscard]] std::string head(std::string_view suffix, std::string_view source, bool by_app)
        const;

    /// Lines of a sheet whose text is ready: `head`, `app`, and of each its end and its value.
    struct Ready {
        std::span<const Sheet::Line> lines;
        std::span<const std::int64_t> values;  ///< of the lines
        const Texts& ends;
        Number::Unit unit = Number::Unit::whole;
    };

    void lines(std::string_view head, std::string_view app, const Ready& ready);
    /// One line of an app without further labels.
    void line(std::string_view head, std::string_view app, Number number);

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

    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

    /// Makes prefix_ that of the next lines; how much of it is as it was.
    std::size_t begin_lines(std::string_view head, std::string_view app);
    void tell_repeats(std::size_t shared, const Texts& ends, std::uint32_t end);
    void open(std::string_view name, std::string_view type, std::string_view help);
    void header();
    void begin_line(std::string_view suffix, std::string_view labels, std::string_view le);
    void value(Number number);
    void value(double number);
    [[nodiscard]] std::string labels_of(Values values) const;
    [[nodiscard]] std::string bound_of(double bound) const;

    Format format_;
    Page page_;
    // Of the last line whose text was ready: what comes before its end, with room behind it to read
    // on, and where the line begins.
    std::string prefix_ = std::string(Texts::read_ahead, '\0');
    std::size_t line_at_ = nowhere;
    // Where each end was written last.
    const Texts* ends_ = nullptr;
    std::vector<std::size_t> ends_at_;
    const FamilyInfo* family_ = nullptr;
    std::string name_;    // of the samples, without suffix
    std::string header_;  // HELP, TYPE, UNIT: written before the first sample
    std::vector<Written> written_;
};

}  // namespace tally::report
