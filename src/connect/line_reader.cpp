#include "tally/connect/line_reader.hpp"

#include "connect/scan.hpp"

namespace tally::connect {

LineReader::LineReader(std::size_t max_event_bytes) : body_(max_event_bytes) {}

void LineReader::feed(std::string_view bytes, bool padded, const FrameSink& sink) {
    const auto text = bom_.take(bytes);
    body_.append(text.literal);
    const char* at = text.bytes.data();
    const char* end = at + text.bytes.size();
    while (at != end) {
        const char* line_end = find_byte('\n', at, end);
        const auto piece = view_of(at, line_end);
        if (line_end == end) {
            body_.append(piece);
            return;
        }
        if (body_.empty()) {
            body_.emit_whole(piece, has_padding(line_end, end, padded), sink);
        } else {
            body_.append(piece);
            body_.emit(sink);
        }
        at = line_end + 1;
    }
}

void LineReader::finish(const FrameSink& sink) {
    body_.append(bom_.unfinished());
    body_.emit(sink);
    reset();
}

void LineReader::reset() {
    body_.clear();
    bom_ = BomSkipper();
}

}  // namespace tally::connect
