#pragma once

#include <string_view>

#include "decode/event_clock.hpp"
#include "tally/decode/event.hpp"

namespace tally::decode {

/// The layouts in which Marathon 0.14 to 1.11 writes its five hot events (95 of 100 on a busy
/// cluster): which keys, in which order, without white space. A body that is written so, letter by
/// letter, needs no parser.
///
/// A shape takes only what the parser would take too, and gives the same Event. It steps aside
/// where it is not sure: another order of keys, an escape anywhere, an unusual number, a needed
/// field that is absent. event_shapes_test and shapes_fuzz hold it to that.
class EventShapes {
  public:
    /// False: of no shape; what is in `event` means nothing. Else everything in `event` (fresh when
    /// given) is filled in, with views into `body`. Reads up to 18 bytes behind the body. No
    /// allocation.
    [[nodiscard]] bool read(std::string_view body, Event& event);

  private:
    EventClock clock_;
};

}  // namespace tally::decode
