#include "report/text_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <prometheus/metric_family.h>

#include "report/escape.hpp"
#include "report/number_text.hpp"
#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

constexpr std::size_t lines_size = std::size_t{16} << 10;  // fits the first cache

char* copy(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

std::string_view type_name(prometheus::MetricType type, Format format) {
    switch (type) {
        case prometheus::MetricType::Counter:
            return to_string(Type::counter);
        case prometheus::MetricType::Gauge:
            return to_string(Type::gauge);
        case prometheus::MetricType::Summary:
            return to_string(Type::summary);
        case prometheus::MetricType::Histogram:
            return to_string(Type::histogram);
        case prometheus::MetricType::Untyped:
            break;
    }
    return format == Format::text ? "untyped" : "unknown";
}

/// OpenMetrics' UNIT, where the name ends with one of the units we use.
std::string_view unit_of(std::string_view name) {
    for (const std::string_view unit : {"seconds", "bytes"}) {
        if (name.ends_with(unit) && name.size() > unit.size() &&
            name[name.size() - unit.size() - 1] == '_') {
            return unit;
        }
    }
    return {};
}

}  // namespace

TextWriter::TextWriter(Format format, std::size_t reserve)
    : format_(format), lines_(lines_size, '\0') {
    out_.reserve(reserve);
}

void TextWriter::begin(const FamilyInfo& family) {
    family_ = &family;
    pieces_of_ = nullptr;
    open(family.name, to_string(family.type), family.help);
}

void TextWriter::open(std::string_view name, std::string_view type, std::string_view help) {
    constexpr std::string_view total = "_total";
    std::string_view base = name;
    name_ = name;
    if (format_ == Format::openmetrics && type == to_string(Type::counter)) {
        if (base.ends_with(total)) {
            base.remove_suffix(total.size());
        } else {
            name_ += total;
        }
    }
    header_ = "# HELP ";
    header_.append(base).append(" ");
    append_help(header_, help, format_ == Format::text ? Quotes::plain : Quotes::escaped);
    header_.append("\n# TYPE ").append(base).append(" ").append(type).append("\n");
    if (const auto unit = unit_of(base); format_ == Format::openmetrics && !unit.empty()) {
        header_.append("# UNIT ").append(base).append(" ").append(unit).append("\n");
    }
}

void TextWriter::header() {
    if (!header_.empty()) {
        out_ += header_;
        header_.clear();
        written_.push_back({.name = name_});
    }
}

void TextWriter::group(
    const Layout& layout,
    std::uint32_t app,
    std::span<const Layout::Series> series,
    Number::Unit unit
) {
    if (series.empty()) {
        return;
    }
    header();
    // name{source="..",app=".." | ,A=".. | ,B=".."} | VALUE: the first part is the same for the
    // whole group, the others are few and kept for the family and source.
    prefix_.assign(name_).append("{source=\"");
    append_label_value(prefix_, layout.snapshot().source);
    if (app != model::no_app) {
        prefix_.append("\",app=\"").append(layout.escaped_app(app));
    }
    const std::size_t first = app == model::no_app ? 1 : 2;
    if (pieces_of_ != &layout) {
        pieces_of_ = &layout;
        pieces_a_.assign(layout.labels_count(), {});
        pieces_b_.assign(layout.labels_count(), {});
    }
    std::size_t used = 0;
    for (const Layout::Series& one : series) {
        const std::string& a = piece(pieces_a_[one.a], first, layout.escaped(one.a), "");
        const std::string& b = piece(pieces_b_[one.b], first + 1, layout.escaped(one.b), "\"} ");
        const std::size_t size_max = prefix_.size() + a.size() + b.size() + number_size_max + 1;
        if (lines_.size() - used < size_max) {
            out_.append(lines_, 0, used);
            used = 0;
            lines_.resize(std::max(lines_.size(), size_max));
        }
        char* at = copy(copy(copy(lines_.data() + used, prefix_), a), b);
        at = write_number(at, one.value, unit);
        *at++ = '\n';
        used = static_cast<std::size_t>(at - lines_.data());
    }
    out_.append(lines_, 0, used);
    written_.back().series += static_cast<std::int64_t>(series.size());
}

const std::string& TextWriter::piece(
    std::string& kept, std::size_t label, std::string_view value, std::string_view end
) const {
    if (kept.empty()) {
        if (const std::string_view name = family_->labels[label]; !name.empty()) {
            kept.append("\",").append(name).append("=\"").append(value);
        }
        kept += end;
    }
    return kept;
}

void TextWriter::number(Values values, Number number) {
    line({}, labels_of(values), {});
    value(number);
}

void TextWriter::histogram(
    Values values,
    std::span<const TimeMs> bounds,
    std::span<const std::uint64_t> counts,
    TimeMs sum_ms
) {
    TALLY_ASSERT(counts.size() == bounds.size() + 1);
    const std::string labels = labels_of(values);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        cumulative += counts[i];
        const bool last = i == bounds.size();
        line("_bucket", labels, last ? "+Inf" : bound_of(static_cast<double>(bounds[i]) / 1000));
        value(Number{static_cast<std::int64_t>(cumulative)});
    }
    line("_sum", labels, {});
    value({.value = sum_ms, .unit = Number::Unit::milliseconds});
    line("_count", labels, {});
    value(Number{static_cast<std::int64_t>(cumulative)});
}

void TextWriter::summary(Values values, std::int64_t count, TimeMs sum_ms) {
    const std::string labels = labels_of(values);
    line("_sum", labels, {});
    value({.value = sum_ms, .unit = Number::Unit::milliseconds});
    line("_count", labels, {});
    value(Number{count});
}

void TextWriter::family(const prometheus::MetricFamily& family) {
    open(family.name, type_name(family.type, format_), family.help);
    for (const prometheus::ClientMetric& metric : family.metric) {
        std::string labels;
        for (const auto& label : metric.label) {
            labels.append(labels.empty() ? "" : ",").append(label.name).append("=\"");
            append_label_value(labels, label.value);
            labels += '"';
        }
        switch (family.type) {
            case prometheus::MetricType::Counter:
                line({}, labels, {});
                value(metric.counter.value);
                break;
            case prometheus::MetricType::Gauge:
                line({}, labels, {});
                value(metric.gauge.value);
                break;
            case prometheus::MetricType::Untyped:
                line({}, labels, {});
                value(metric.untyped.value);
                break;
            case prometheus::MetricType::Summary:
                for (const auto& quantile : metric.summary.quantile) {
                    std::string with = labels + (labels.empty() ? "" : ",") + "quantile=\"";
                    append_double(with, quantile.quantile);
                    line({}, with + '"', {});
                    value(quantile.value);
                }
                line("_sum", labels, {});
                value(metric.summary.sample_sum);
                line("_count", labels, {});
                value(Number{static_cast<std::int64_t>(metric.summary.sample_count)});
                break;
            case prometheus::MetricType::Histogram:
                // prometheus-cpp's own histograms end with +Inf already; other Collectables may
                // not.
                for (const auto& bucket : metric.histogram.bucket) {
                    if (std::isfinite(bucket.upper_bound)) {
                        line("_bucket", labels, bound_of(bucket.upper_bound));
                        value(Number{static_cast<std::int64_t>(bucket.cumulative_count)});
                    }
                }
                line("_bucket", labels, "+Inf");
                value(Number{static_cast<std::int64_t>(metric.histogram.sample_count)});
                line("_sum", labels, {});
                value(metric.histogram.sample_sum);
                line("_count", labels, {});
                value(Number{static_cast<std::int64_t>(metric.histogram.sample_count)});
                break;
        }
    }
}

void TextWriter::series_by_family() {
    const FamilyInfo* self = nullptr;
    for (const FamilyInfo& family : families()) {
        self = family.name == "marathon_tally_series" ? &family : self;
    }
    TALLY_ASSERT(self != nullptr);
    const std::vector<Written> written = written_;
    begin(*self);
    for (const Written& one : written) {
        const std::string_view values[]{one.name};
        number(values, {.value = one.series});
    }
}

std::string TextWriter::finish() {
    if (format_ == Format::openmetrics) {
        out_ += "# EOF\n";
    }
    return std::move(out_);
}

void TextWriter::line(std::string_view suffix, std::string_view labels, std::string_view le) {
    header();
    ++written_.back().series;
    out_.append(name_).append(suffix);
    if (labels.empty() && le.empty()) {
        return;
    }
    out_.append("{").append(labels);
    if (!le.empty()) {
        out_.append(labels.empty() ? "le=\"" : ",le=\"").append(le).append("\"");
    }
    out_ += '}';
}

void TextWriter::value(Number number) {
    char text[number_size_max];
    out_ += ' ';
    out_.append(text, write_number(text, number.value, number.unit));
    out_ += '\n';
}

void TextWriter::value(double number) {
    out_ += ' ';
    append_double(out_, number);
    out_ += '\n';
}

std::string TextWriter::labels_of(Values values) const {
    std::string labels;
    for (std::size_t i = 0; i < values.size(); ++i) {
        labels.append(i == 0 ? "" : ",").append(family_->labels[i]).append("=\"");
        append_label_value(labels, values[i]);
        labels += '"';
    }
    return labels;
}

std::string TextWriter::bound_of(double bound) const {
    std::string text;
    append_double(text, bound);
    if (format_ == Format::openmetrics && text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

}  // namespace tally::report
