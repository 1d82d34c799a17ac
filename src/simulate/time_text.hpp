#pragma once

#include <string>

#include "tally/base/time.hpp"

namespace tally::simulate {

/// Writes times as Marathon does, `2019-08-20T10:00:00.001Z`. Keeps the text of the last day, since
/// neighbouring events share it. One thread.
class TimeText {
  public:
    void append(std::string& out, TimeMs time);

  private:
    TimeMs day_ = -1;
    std::string date_;  // "2019-08-20T"
};

}  // namespace tally::simulate
