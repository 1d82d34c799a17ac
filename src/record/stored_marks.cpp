#include "record/stored_marks.hpp"

#include <zstd.h>

#include "tally/record/mark_code.hpp"

namespace tally::record {

namespace {

constexpr unsigned long long unpacked_max = std::uint64_t{1} << 30;

/// False for bytes that are not what a packed mark is.
bool unpack(std::string_view packed, std::string& raw) {
    const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size > unpacked_max) {  // as are the numbers for `unknown` and `error`
        return false;
    }
    raw.resize(size);
    return ZSTD_decompress(raw.data(), raw.size(), packed.data(), packed.size()) == size;
}

}  // namespace

StoredMarks::StoredMarks(const Database& db, model::Seq after)
    : rows_(db.prepare("SELECT seq, last_seq, source_id, packed, body FROM mark WHERE seq > ? ORDER BY seq")) {
    rows_.bind_all(after);
    has_row_ = rows_.step();
}

std::optional<StoredMarks::Stored> StoredMarks::next(model::Seq before) {
    if (!has_row_ || rows_.integer(0) >= before) {
        return std::nullopt;
    }
    Stored stored = read();
    has_row_ = rows_.step();
    return stored;
}

StoredMarks::Stored StoredMarks::read() {
    Stored stored{
        .seq = rows_.integer(0), .last_seq = rows_.integer(1), .source = static_cast<model::SourceId>(rows_.integer(2)), .mark = {}};
    std::string_view body = rows_.blob(4);
    if (rows_.integer(3) != 0) {
        if (!unpack(body, raw_)) {
            return stored;
        }
        body = raw_;
    }
    stored.mark = decode_mark(body);
    return stored;
}

}  // namespace tally::record
