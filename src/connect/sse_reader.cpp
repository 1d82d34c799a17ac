#include "tally/connect/sse_reader.hpp"

#include "connect/scan.hpp"

// Two ways through a line, told apart at its start:
//   whole in the fed bytes  ->  whole_line, a few compares and no copy (whole_ is a view)
//   cut over several reads  ->  part_of_line ... end_of_parts, value bytes straight into body_
// Nothing but value bytes is ever kept, so a giant comment or unknown field costs no memory.

namespace tally::connect {
namespace {

constexpr std::string_view data_field = "data:";

}  // namespace

SseReader::SseReader(std::size_t max_event_bytes) : body_(max_event_bytes) {}

void SseReader::feed(std::string_view bytes, bool padded, const FrameSink& sink) {
    const auto text = bom_.take(bytes);
    if (!text.literal.empty()) {
        line_ = Line::ignored;
    }
    if (text.bytes.empty()) {
        return;
    }
    const char* at = text.bytes.data();
    const Input input{at + text.bytes.size(), padded, sink};
    // The next LF is searched once and kept while CRs come before it: each byte is looked at twice
    // at most.
    const char* lf = find_byte('\n', at, input.end);
    while (at != input.end) {
        if (lf < at) {
            lf = find_byte('\n', at, input.end);
        }
        if (after_cr_) {
            after_cr_ = false;
            if (lf == at) {
                ++at;
                continue;
            }
        }
        const char* line_end = find_byte('\r', at, lf);
        if (line_end == input.end) {
            part_of_line(view_of(at, line_end));
            break;
        }
        line(view_of(at, line_end), input);
        after_cr_ = *line_end == '\r';
        at = line_end + 1;
    }
    keep_whole();
}

void SseReader::line(std::string_view text, const Input& input) {
    if (line_ == Line::name && name_bytes_ == 0) {
        whole_line(text, input);
        return;
    }
    part_of_line(text);
    end_of_parts();
}

void SseReader::whole_line(std::string_view text, const Input& input) {
    if (text.empty()) {
        dispatch(input);
        return;
    }
    if (text == data_field.substr(0, 4)) {
        begin_data_line();
        return;
    }
    if (!text.starts_with(data_field)) {
        return;
    }
    auto value = text.substr(data_field.size());
    if (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    if (!data_begun_) {
        data_begun_ = true;
        whole_ = value;
        return;
    }
    begin_data_line();
    body_.append(value);
}

void SseReader::part_of_line(std::string_view text) {
    while (line_ == Line::name && !text.empty()) {
        if (text.front() != data_field[name_bytes_]) {
            line_ = Line::ignored;
        } else if (++name_bytes_ == data_field.size()) {
            begin_data_line();
            line_ = Line::value_start;
        }
        text.remove_prefix(1);
    }
    if (line_ == Line::value_start && !text.empty()) {
        if (text.front() == ' ') {
            text.remove_prefix(1);
        }
        line_ = Line::value;
    }
    if (line_ == Line::value) {
        body_.append(text);
    }
}

void SseReader::end_of_parts() {
    if (line_ == Line::name && name_bytes_ == data_field.size() - 1) {
        begin_data_line();
    }
    line_ = Line::name;
    name_bytes_ = 0;
}

void SseReader::begin_data_line() {
    keep_whole();
    if (data_begun_) {
        body_.append("\n");
    }
    data_begun_ = true;
}

void SseReader::keep_whole() {
    if (!whole_.empty()) {
        body_.append(whole_);
        whole_ = {};
    }
}

void SseReader::dispatch(const Input& input) {
    if (!data_begun_) {
        return;
    }
    data_begun_ = false;
    if (whole_.empty()) {
        body_.emit(input.sink);
        return;
    }
    const auto body = whole_;
    whole_ = {};
    const bool padded = has_padding(body.data() + body.size(), input.end, input.padded);
    body_.emit_whole(body, padded, input.sink);
}

void SseReader::reset() {
    body_.clear();
    whole_ = {};
    bom_ = BomSkipper();
    line_ = Line::name;
    name_bytes_ = 0;
    after_cr_ = false;
    data_begun_ = false;
}

}  // namespace tally::connect
