#pragma once

#include <cstdint>
#include <deque>

#include <boost/unordered/unordered_flat_map.hpp>

#include "simulate/said.hpp"

namespace tally::simulate {

/// Counts of something keyed by small numbers packed into one.
using Counts = boost::unordered_flat_map<std::uint64_t, std::uint64_t>;

[[nodiscard]] constexpr std::uint64_t pack(
    std::uint64_t app, std::uint64_t a = 0, std::uint64_t b = 0
) {
    return (app << 16) | (a << 8) | b;
}

/// What an event did to the state of its task or instance.
enum class Verdict { repeat, late, transition };

/// No later event comes from so long ago: ended things beyond this number are forgotten.
inline constexpr std::size_t ended_max = 65'536;

[[nodiscard]] bool is_final(TaskState state);
[[nodiscard]] bool is_final(Condition condition);

/// The task states of semantics section 2, plainly.
class TaskTotals {
  public:
    Verdict count(const Said& said);

    /// Fills (app, state) with the tasks that are not final.
    [[nodiscard]] Counts current() const;

    Counts transitions;  ///< app, from, to
    Counts late;         ///< app
    Counts unexpected;   ///< 0, from, to

  private:
    struct Task {
        TaskState state = TaskState::none;
        TimeMs entered = 0;
        std::uint32_t app = 0;
    };

    boost::unordered_flat_map<std::uint64_t, Task> tasks_;
    std::deque<std::uint64_t> ended_;
};

/// The instance conditions of semantics section 3.
class InstanceTotals {
  public:
    Verdict count(const Said& said);

    [[nodiscard]] Counts current() const;  ///< app, condition

    Counts transitions;  ///< app, from, to

  private:
    struct Instance {
        Condition condition = Condition::none;
        TimeMs entered = 0;
        std::uint32_t app = 0;
    };

    boost::unordered_flat_map<std::uint64_t, Instance> instances_;
    std::deque<std::uint64_t> ended_;
};

}  // namespace tally::simulate
