#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "simulate/json_text.hpp"

namespace tally::simulate {

/// A set of event numbers that mostly grows at its end, as ranges. Bounded: with ranges_max of them
/// two that lie apart are told as a count only.
class Ranges {
  public:
    static constexpr std::size_t ranges_max = 4096;

    /// Numbers come in ascending order.
    void add(std::uint64_t number);

    [[nodiscard]] std::uint64_t count() const { return count_; }

    /// `"count":3,"ranges":[[1,2],[5,5]]`; with `"cut":true` when there were more than could be
    /// kept.
    void write(Json& json) const;

  private:
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
    std::uint64_t count_ = 0;
    bool cut_ = false;
};

/// Which events went to one stream: those whose last byte the socket has taken. An event that the
/// stream's filter left out counts as gone with the bytes before it. Memory: what is on its way.
class Delivered {
  public:
    /// The event's frame is the next `bytes` of the stream; none: left out by the filter.
    void framed(std::uint64_t sequence, std::size_t bytes);

    /// Bytes that belong to no event.
    void beat(std::size_t bytes) { framed_ += bytes; }

    /// The socket has taken so many more.
    void written(std::size_t bytes);

    [[nodiscard]] const Ranges& events() const { return events_; }

  private:
    std::uint64_t framed_ = 0;
    std::uint64_t written_ = 0;
    std::deque<std::pair<std::uint64_t, std::uint64_t>> waiting_;  // end of the frame, number
    Ranges events_;
};

}  // namespace tally::simulate
