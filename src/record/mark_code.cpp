#include "tally/record/mark_code.hpp"

#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

namespace tally::record {

namespace {

// A mark is lines, each of fields with a tab between them:
//
//   mark1 KIND TIME FROM CONNECTION BYTES LOST CAUSE DETAIL URL FRAMEWORK DIFFERENCES
//   KIND ID APP TO TIME_LOW SINCE HOST VERSION REQUESTED STEPS_DONE STEPS [ACTIONS [NAME
//   APP]...]...
//
// the second once for each difference; capital plurals are counts of what follows. `mark1` names
// the form: one with other fields gets another name, and an older program says that it cannot read
// it.
constexpr std::string_view form = "mark1";

// A backslash and the letter stand for the byte.
constexpr std::string_view escaped_bytes("\t\n\r\\\0", 5);
constexpr std::string_view escape_letters = "tnr\\0";

// ---------------------------------------------------------------- to bytes

class Writer {
  public:
    Writer& text(std::string_view text);

    template <class Number>
    Writer& number(Number number) {
        char digits[24];
        const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
        separate().append(digits, end);
        return *this;
    }

    void end_line() {
        out_ += '\n';
        at_begin_ = true;
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    std::string& separate() {
        if (!at_begin_) {
            out_ += '\t';
        }
        at_begin_ = false;
        return out_;
    }

    std::string out_;
    bool at_begin_ = true;
};

Writer& Writer::text(std::string_view text) {
    separate();
    std::size_t plain = 0;  // from here on nothing was written yet
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (static_cast<unsigned char>(text[i]) > '\r' && text[i] != '\\') {
            continue;
        }
        const std::size_t index = escaped_bytes.find(text[i]);
        if (index != std::string_view::npos) {
            out_ += text.substr(plain, i - plain);
            (out_ += '\\') += escape_letters[index];
            plain = i + 1;
        }
    }
    out_ += text.substr(plain);
    return *this;
}

void write(Writer& writer, const model::Difference& difference) {
    writer.text(to_string(difference.kind))
        .text(difference.id)
        .text(difference.app)
        .text(difference.to)
        .number(difference.time_low)
        .number(difference.since)
        .text(difference.host)
        .text(difference.version)
        .number(difference.requested)
        .number(difference.steps_done)
        .number(difference.steps.size());
    for (const auto& actions : difference.steps) {
        writer.number(actions.size());
        for (const model::Difference::Action& action : actions) {
            writer.text(action.name).text(action.app);
        }
    }
    writer.end_line();
}

// ---------------------------------------------------------------- and back

/// Reads field by field, not strictly: decode_mark() has the last word. From the first fault on
/// there are only empty fields, zeros and no entries, and failed() tells.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    /// The field as it stands, without what ends it.
    std::string_view word() {
        std::size_t end = 0;
        while (end < rest_.size() && rest_[end] != '\t' && rest_[end] != '\n') {
            ++end;
        }
        if (end == rest_.size()) {
            fail();
            return {};
        }
        const std::string_view field = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return field;
    }

    void text(std::string& text);

    template <class Number>
    void number(Number& number) {
        const std::string_view digits = word();
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error != std::errc{}) {
            fail();
        }
    }

    template <class Kind>
    void kind(Kind& kind, Kind last) {
        const std::string_view name = word();
        for (int i = 0; i <= static_cast<int>(last); ++i) {
            if (to_string(static_cast<Kind>(i)) == name) {
                kind = static_cast<Kind>(i);
                return;
            }
        }
        fail();
    }

    /// Adds as many entries as the next field says, each read by `read`, which takes fields or
    /// fails.
    template <class Entry, class Read>
    void list(std::vector<Entry>& entries, Read read) {
        std::size_t count = 0;
        number(count);
        while (count-- > 0 && !failed_) {
            read(*this, entries.emplace_back());
        }
    }

    void fail() {
        failed_ = true;
        rest_ = {};
    }

    [[nodiscard]] bool failed() const { return failed_; }

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
    bool failed_ = false;
};

void Reader::text(std::string& text) {
    const std::string_view field = word();
    text.clear();
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && i + 1 < field.size()) {
            ++i;
            const std::size_t index = escape_letters.find(field[i]);
            text += index == std::string_view::npos ? field[i] : escaped_bytes[index];
        } else {
            text += field[i];
        }
    }
}

void read_action(Reader& reader, model::Difference::Action& action) {
    reader.text(action.name);
    reader.text(action.app);
}

void read_step(Reader& reader, std::vector<model::Difference::Action>& actions) {
    reader.list(actions, read_action);
}

void read_difference(Reader& reader, model::Difference& difference) {
    reader.kind(difference.kind, model::Difference::Kind::app);
    reader.text(difference.id);
    reader.text(difference.app);
    reader.text(difference.to);
    reader.number(difference.time_low);
    reader.number(difference.since);
    reader.text(difference.host);
    reader.text(difference.version);
    reader.number(difference.requested);
    reader.number(difference.steps_done);
    reader.list(difference.steps, read_step);
}

void read_mark(Reader& reader, model::Mark& mark) {
    reader.kind(mark.kind, model::Mark::Kind::reconciled);
    reader.number(mark.time);
    reader.number(mark.from);
    reader.number(mark.connection);
    reader.number(mark.bytes);
    reader.number(mark.lost);
    reader.text(mark.cause);
    reader.text(mark.detail);
    reader.text(mark.url);
    reader.text(mark.framework);
    reader.list(mark.differences, read_difference);
}

}  // namespace

std::string encode(const model::Mark& mark) {
    Writer writer;
    writer.text(form)
        .text(to_string(mark.kind))
        .number(mark.time)
        .number(mark.from)
        .number(mark.connection)
        .number(mark.bytes)
        .number(mark.lost)
        .text(mark.cause)
        .text(mark.detail)
        .text(mark.url)
        .text(mark.framework)
        .number(mark.differences.size());
    writer.end_line();
    for (const model::Difference& difference : mark.differences) {
        write(writer, difference);
    }
    return writer.take();
}

std::optional<model::Mark> decode_mark(std::string_view bytes) {
    Reader reader(bytes);
    if (reader.word() != form) {
        return std::nullopt;
    }
    model::Mark mark;
    read_mark(reader, mark);
    // Numbers with leading zeros, needless escapes, tabs for line ends: whatever is read from bytes
    // that were not written by us is written otherwise.
    if (reader.failed() || !reader.at_end() || encode(mark) != bytes) {
        return std::nullopt;
    }
    return mark;
}

}  // namespace tally::record
