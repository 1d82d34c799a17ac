#pragma once

#include <map>

#include "record/database.hpp"

namespace tally::record {

/// Table minute: between which seqs the inputs of each minute lie.
class Minutes {
  public:
    explicit Minutes(Database& db);

    void see(TimeMs time, model::Seq seq) {
        constexpr TimeMs minute_ms = 60'000;
        const TimeMs minute = time >= 0 ? time / minute_ms : (time + 1) / minute_ms - 1;
        if (last_ == nullptr || minute != minute_) {
            last_ = &spans_[minute];
            minute_ = minute;
        }
        last_->first = last_->inputs == 0 ? seq : last_->first;
        last_->last = seq;
        ++last_->inputs;
    }

    /// Adds what was seen, of one source, to the table; forgets it.
    void write(model::SourceId source);
    void forget();

  private:
    struct Span {
        model::Seq first = 0, last = 0;
        std::int64_t inputs = 0;
    };

    std::map<TimeMs, Span> spans_;
    TimeMs minute_ = 0;
    Span* last_ = nullptr;
    Statement upsert_;
};

}  // namespace tally::record
