#include "record/stored_marks.hpp"

#include "record/packed_bytes.hpp"
#include "tally/record/mark_code.hpp"

namespace tally::record {

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
        if (!unpack_bytes(body, raw_)) {
            return stored;
        }
        body = raw_;
    }
    stored.mark = decode_mark(body);
    return stored;
}

}  // namespace tally::record
