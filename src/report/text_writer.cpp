#include "report/text_writer.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <prometheus/metric_family.h>

#include "report/escape.hpp"
#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

constexpr std::size_t number_size_max = 24;  // of an int64, or of one as seconds with a point

char* copy(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

char* write_int(char* to, std::int64_t value) {
    return std::to_chars(to, to + number_size_max, value).ptr;
}

char* write_seconds(char* to, TimeMs ms) {
    std::uint64_t whole = static_cast<std::uint64_t>(ms);
    if (ms < 0) {
        *to++ = '-';
        whole = 0 - whole;
    }
    to = std::to_chars(to, to + number_size_max, whole / 1000).ptr;
    auto rest = static_cast<unsigned>(whole % 1000);
    if (rest == 0) {
        return to;
    }
    *to++ = '.';
    for (unsigned scale = 100; rest != 0; scale /= 10) {
        *to++ = static_cast<char>('0' + rest / scale);
        rest %= scale;
    }
    return to;
}

char* write(char* to, std::int64_t value, Number::Unit unit) {
    return unit == Number::Unit::whole ? write_int(to, value) : write_seconds(to, value);
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

void append_seconds(std::string& out, TimeMs ms) {
    char text[number_size_max + 1];
    out.append(text, write_seconds(text, ms));
}

void append_double(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    char text[40];
    constexpr double exact_max = 9007199254740992.0;  // 2^53
    const bool whole = std::abs(value) < exact_max && value == std::floor(value);
    const auto end = whole
                         ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value))
                         : std::to_chars(text, text + sizeof text, value);
    out.append(text, end.ptr);
}

TextWriter::TextWriter(Format format, std::size_t reserve) : format_(format) {
    out_.reserve(reserve);
}

void TextWriter::begin(const FamilyInfo& family) {
    family_ = &family;
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
    // name{source="..",app="..",A="..",B=".."} VALUE: the part before A is the same for the whole
    // group.
    std::string prefix = name_ + "{source=\"";
    append_label_value(prefix, layout.snapshot().source);
    std::size_t next = 1;
    if (app != model::no_app) {
        prefix.append("\",app=\"").append(layout.escaped_app(app));
        next = 2;
    }
    const auto lead = [this](std::size_t label) {
        const std::string_view name = family_->labels[label];
        return name.empty() ? std::string() : "\"," + std::string(name) + "=\"";
    };
    const std::string lead_a = lead(next);
    const std::string lead_b = lead(next + 1);
    const std::size_t fixed = prefix.size() + lead_a.size() + lead_b.size() + number_size_max + 4;
    for (const Layout::Series& one : series) {
        const std::string_view a = layout.escaped(one.a);
        const std::string_view b = layout.escaped(one.b);
        if (line_.size() < fixed + a.size() + b.size()) {
            line_.resize(2 * (fixed + a.size() + b.size()));
        }
        char* at = copy(line_.data(), prefix);
        if (!lead_a.empty()) {
            at = copy(copy(at, lead_a), a);
        }
        if (!lead_b.empty()) {
            at = copy(copy(at, lead_b), b);
        }
        at = write(copy(at, "\"} "), one.value, unit);
        *at++ = '\n';
        out_.append(line_.data(), at);
    }
    written_.back().series += static_cast<std::int64_t>(series.size());
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
        value(static_cast<std::int64_t>(cumulative));
    }
    line("_sum", labels, {});
    value({.value = sum_ms, .unit = Number::Unit::milliseconds});
    line("_count", labels, {});
    value(static_cast<std::int64_t>(cumulative));
}

void TextWriter::summary(Values values, std::int64_t count, TimeMs sum_ms) {
    const std::string labels = labels_of(values);
    line("_sum", labels, {});
    value({.value = sum_ms, .unit = Number::Unit::milliseconds});
    line("_count", labels, {});
    value(count);
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
                value(static_cast<std::int64_t>(metric.summary.sample_count));
                break;
            case prometheus::MetricType::Histogram:
                // prometheus-cpp's own histograms end with +Inf already; other Collectables may
                // not.
                for (const auto& bucket : metric.histogram.bucket) {
                    if (std::isfinite(bucket.upper_bound)) {
                        line("_bucket", labels, bound_of(bucket.upper_bound));
                        value(static_cast<std::int64_t>(bucket.cumulative_count));
                    }
                }
                line("_bucket", labels, "+Inf");
                value(static_cast<std::int64_t>(metric.histogram.sample_count));
                line("_sum", labels, {});
                value(metric.histogram.sample_sum);
                line("_count", labels, {});
                value(static_cast<std::int64_t>(metric.histogram.sample_count));
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

void TextWriter::value(std::int64_t number) {
    value(Number{.value = number});
}

void TextWriter::value(Number number) {
    char text[number_size_max + 1];
    out_ += ' ';
    out_.append(text, write(text, number.value, number.unit));
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
