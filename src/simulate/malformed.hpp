#pragma once

#include <string>
#include <string_view>

#include "simulate/random.hpp"
#include "simulate/said.hpp"

namespace tally::simulate {

/// Makes bodies that are not events, some of each kind. No body holds a line end, so that each fits
/// a line. The random numbers must outlive it.
class Malformed {
  public:
    explicit Malformed(Random& random) : random_(random) {}

    /// One more, next to the good body that was said at `time`; its text is body() until the next
    /// call.
    Said make(TimeMs time, std::string_view good);

    [[nodiscard]] std::string_view body() const { return body_; }

  private:
    void not_json(std::string_view good);
    void not_object(std::string_view good);
    void no_event_type(TimeMs time);
    EventType missing_field(TimeMs time);

    Random& random_;
    std::string body_;
};

}  // namespace tally::simulate
