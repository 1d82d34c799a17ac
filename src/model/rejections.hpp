#pragma once

#include <array>
#include <cstdint>

#include "books.hpp"
#include "tally/decode/event.hpp"
#include "tally/model/world.hpp"

namespace tally::model {

/// The inputs that made no fact: each is counted by its reason and is a row; of the first hundred
/// of a reason in a minute the row has a sample.
class Rejections {
  public:
    explicit Rejections(Books& books) : books_(books) {}

    /// `seq` is that of the event, or 0 if it was none.
    void add(const World::Rejected& rejected, Seq seq, Batch& out);

    /// How many there were of a reason in the minute of the last one.
    void restore(decode::RejectReason reason, TimeMs received, std::int64_t count);

  private:
    void begin_minute(TimeMs received);

    Books& books_;
    TimeMs minute_ = no_time;
    std::array<std::int64_t, decode::reject_reason_count> in_minute_{};
};

}  // namespace tally::model
