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

char* copy(char* to, std::string_view text) {
    return std::copy(text.begin(), text.end(), to);
}

/// How many bytes at the begin of both are the same.
std::size_t shared_size(std::string_view left, std::string_view right) {
    const std::size_t size = std::min(left.size(), right.size());
    const auto same = std::mismatch(left.begin(), left.begin() + size, right.begin());
    return static_cast<std::size_t>(same.first - left.begin());
}

/// As copy(), but in whole steps: quicker for short texts. Reads and writes up to Texts::read_ahead
/// bytes too many.
char* copy_ahead(char* to, std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += Texts::read_ahead) {
        std::memcpy(to + at, text.data() + at, Texts::read_ahead);
    }
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

TextWriter::TextWriter(Format format, Packing packing, std::size_t reserve)
    : format_(format), page_(packing, reserve) {}

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
        page_.append(header_);
        header_.clear();
        written_.push_back({.name = name_});
    }
}

std::string TextWriter::head(std::string_view suffix, std::string_view source, bool by_app) const {
    std::string text = name_;
    text.append(suffix).append("{source=\"");
    append_label_value(text, source);
    return by_app ? text + "\",app=\"" : text;
}

void TextWriter::lines(std::string_view head, std::string_view app, const Ready& ready) {
    header();
    std::size_t shared = begin_lines(head, app);
    const std::string_view prefix(prefix_.data(), head.size() + app.size());
    const std::size_t size_max = prefix.size() + ready.ends.size_max() + number_size_max + 1;
    for (std::size_t i = 0; i < ready.lines.size(); ++i) {
        const std::uint32_t end = ready.lines[i].end;
        char* at = page_.room(size_max + Texts::read_ahead);
        if (page_.packs()) {
            tell_repeats(shared, ready.ends, end);
            shared = prefix.size();
        }
        at = copy_ahead(copy_ahead(at, prefix), ready.ends[end]);
        at = write_number(at, ready.values[i], ready.unit);
        *at++ = '\n';
        page_.advance_to(at);
    }
    written_.back().series += static_cast<std::int64_t>(ready.lines.size());
}

void TextWriter::line(std::string_view head, std::string_view app, Number number) {
    static const Texts no_more_labels = [] {
        Texts texts;
        (void)texts.add("\"} ");
        return texts;
    }();
    const std::int64_t value[]{number.value};
    const Sheet::Line line[]{{.end = 0}};
    lines(head, app, {.lines = line, .values = value, .ends = no_more_labels, .unit = number.unit});
}

std::size_t TextWriter::begin_lines(std::string_view head, std::string_view app) {
    const std::size_t size = head.size() + app.size();
    std::size_t shared = 0;
    if (page_.packs()) {
        const std::string_view old(prefix_.data(), prefix_.size() - Texts::read_ahead);
        shared = shared_size(old, head);
        shared += shared == head.size() ? shared_size(old.substr(shared), app) : 0;
    }
    prefix_.resize(size + Texts::read_ahead);
    copy(copy(prefix_.data(), head), app);
    return shared;
}

/// Of the line that comes: the first `shared` bytes of prefix_ are as in the line before, its end
/// stood where it stood last.
void TextWriter::tell_repeats(std::size_t shared, const Texts& ends, std::uint32_t end) {
    if (ends_ != &ends) {
        ends_ = &ends;
        ends_at_.assign(ends.size(), nowhere);
    }
    const std::size_t at = page_.size();
    if (line_at_ != nowhere) {
        // With the line feeds before both, unless the one is handed on already.
        const std::size_t feed = page_.is_empty() || line_at_ == 0 ? 0 : 1;
        page_.repeats(at - feed, shared + feed, line_at_ - feed);
    }
    line_at_ = at;
    const std::size_t end_at = at + prefix_.size() - Texts::read_ahead;
    std::size_t& last_at = ends_at_[end];
    if (last_at != nowhere) {
        page_.repeats(end_at, ends[end].size(), last_at);
    }
    last_at = end_at;
}

void TextWriter::number(Values values, Number number) {
    begin_line({}, labels_of(values), {});
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
        begin_line(
            "_bucket", labels, last ? "+Inf" : bound_of(static_cast<double>(bounds[i]) / 1000)
        );
        value(Number{static_cast<std::int64_t>(cumulative)});
    }
    begin_line("_sum", labels, {});
    value({.value = sum_ms, .unit = Number::Unit::milliseconds});
    begin_line("_count", labels, {});
    value(Number{static_cast<std::int64_t>(cumulative)});
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
                begin_line({}, labels, {});
                value(metric.counter.value);
                break;
            case prometheus::MetricType::Gauge:
                begin_line({}, labels, {});
                value(metric.gauge.value);
                break;
            case prometheus::MetricType::Untyped:
                begin_line({}, labels, {});
                value(metric.untyped.value);
                break;
            case prometheus::MetricType::Summary:
                for (const auto& quantile : metric.summary.quantile) {
                    std::string with = labels + (labels.empty() ? "" : ",") + "quantile=\"";
                    append_double(with, quantile.quantile);
                    begin_line({}, with + '"', {});
                    value(quantile.value);
                }
                begin_line("_sum", labels, {});
                value(metric.summary.sample_sum);
                begin_line("_count", labels, {});
                value(Number{static_cast<std::int64_t>(metric.summary.sample_count)});
                break;
            case prometheus::MetricType::Histogram:
                // prometheus-cpp's own histograms end with +Inf already; other Collectables may
                // not.
                for (const auto& bucket : metric.histogram.bucket) {
                    if (std::isfinite(bucket.upper_bound)) {
                        begin_line("_bucket", labels, bound_of(bucket.upper_bound));
                        value(Number{static_cast<std::int64_t>(bucket.cumulative_count)});
                    }
                }
                begin_line("_bucket", labels, "+Inf");
                value(Number{static_cast<std::int64_t>(metric.histogram.sample_count)});
                begin_line("_sum", labels, {});
                value(metric.histogram.sample_sum);
                begin_line("_count", labels, {});
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
        page_.append("# EOF\n");
    }
    return page_.finish();
}

void TextWriter::begin_line(std::string_view suffix, std::string_view labels, std::string_view le) {
    header();
    ++written_.back().series;
    page_.append(name_);
    page_.append(suffix);
    if (labels.empty() && le.empty()) {
        return;
    }
    page_.append("{");
    page_.append(labels);
    if (!le.empty()) {
        page_.append(labels.empty() ? "le=\"" : ",le=\"");
        page_.append(le);
        page_.append("\"");
    }
    page_.append("}");
}

void TextWriter::value(Number number) {
    char text[number_size_max];
    page_.append(" ");
    page_.append({text, write_number(text, number.value, number.unit)});
    page_.append("\n");
}

void TextWriter::value(double number) {
    std::string text = " ";
    append_double(text, number);
    page_.append(text += '\n');
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
