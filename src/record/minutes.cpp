#include "record/minutes.hpp"

namespace tally::record {

Minutes::Minutes(Database& db)
    : upsert_(db.prepare(
          "INSERT INTO minute VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq,"
          " inputs = inputs + excluded.inputs"
      )) {}

void Minutes::write(model::SourceId source) {
    for (const auto& [minute, span] : spans_) {
        upsert_.run(minute, source, span.first, span.last, span.inputs);
    }
    forget();
}

void Minutes::forget() {
    spans_.clear();
    last_ = nullptr;
}

}  // namespace tally::record
