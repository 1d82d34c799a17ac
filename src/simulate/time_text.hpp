#pragma once

#include <array>
#include <string>

#include "tally/base/time.hpp"

namespace tally::simulate {

/// Writes times as Marathon does, `2019-08-20T10:00:00.001Z`. Keeps the text of a few days, since
/// neighbouring events share them. One thread.
class TimeText {
  public:
    void append(std::string& out, TimeMs time);

  private:
    struct Day {
        TimeMs number = -1;
        std::string date;  // "2019-08-20T"
    };

    std::array<Day, 16> days_;  // a day's place is its number modulo 16
};

}  // namespace tally::simulate
