#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "simulate/random.hpp"
#include "simulate/trouble.hpp"

namespace tally::simulate {

/// Faults in an order, each at its moment. One line each, the next begins when the one before is
/// done; '#' begins a comment:
///
///     WHEN [FAULT [| FAULT]...]
///     repeat [TIMES]              the last line: from the top again, for ever without TIMES
///
///     now
///     after 5s                    since the line before; 2s..10s: a random time between these
///     at events 1000              once so many have been published in all
///     wait subscriber             a stream is attached
///     wait attach                 one more has attached since the line before
///
/// Of several faults one is taken at random. The same seed takes the same. A pure machine: it has
/// no clock and does nothing itself.
class Scenario {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Error: "line 3: ..."
    [[nodiscard]] static Result<Scenario> parse(std::string_view text, std::uint64_t seed);

    struct Now {
        Time time;
        std::uint64_t events = 0;    ///< published so far
        std::uint64_t attached = 0;  ///< streams ever
        std::size_t streams = 0;     ///< attached now
    };

    /// What is to be done at once; to be called after everything that Now tells of has changed,
    /// until it returns nothing.
    [[nodiscard]] std::optional<Trouble> step(const Now& now);

    /// When to call step() though nothing else has changed. Nothing: only a change helps.
    [[nodiscard]] std::optional<Time> wake() const { return due_; }

    [[nodiscard]] bool ended() const { return next_ >= lines_.size(); }

  private:
    enum class When : std::uint8_t { now, after, at_events, subscriber, attach, repeat };

    struct Line {
        When when = When::now;
        std::chrono::milliseconds least{0};
        std::chrono::milliseconds most{0};
        std::uint64_t number = 0;  // events; of repeat: times, 0 for ever
        std::vector<Trouble> choice{};
    };

    explicit Scenario(std::uint64_t seed) : random_(seed ^ 0x7363656e6172696f) {}

    Result<void> add(std::string_view line);
    [[nodiscard]] static Result<Line> parse_line(std::string_view line);
    [[nodiscard]] bool waits() const;
    void begin(const Now& now);
    [[nodiscard]] bool reached(const Line& line, const Now& now) const;
    void go_on(const Line& line);

    std::vector<Line> lines_;
    Random random_;
    std::size_t next_ = 0;
    bool begun_ = false;
    std::optional<Time> due_;
    std::uint64_t attached_before_ = 0;
    std::uint64_t rounds_ = 0;
};

/// A scenario that is part of the program.
struct ReadyScenario {
    std::string_view name;
    std::string_view what;  ///< one line
    std::string_view text;
};

[[nodiscard]] const std::vector<ReadyScenario>& ready_scenarios();

/// Its text; nothing when there is none of this name.
[[nodiscard]] std::optional<std::string_view> ready_scenario(std::string_view name);

}  // namespace tally::simulate
