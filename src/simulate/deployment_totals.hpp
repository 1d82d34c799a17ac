#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "simulate/task_totals.hpp"

namespace tally::simulate {

enum class Outcome : std::uint8_t { running, success, failed, canceled, rejected };
[[nodiscard]] std::string_view name_of(Outcome outcome);

enum class Kind : std::uint8_t { none, start, restart, scale, stop, mixed };
[[nodiscard]] std::string_view name_of(Kind kind);
[[nodiscard]] Kind kind_of(const Plan& plan);

/// The deployments of semantics section 4, plainly.
class DeploymentTotals {
  public:
    void info(const Said& said);
    void step_ended(const Said& said);
    void final_event(const Said& said);
    void group_change_failed(TimeMs version);

    Counts deployments;  ///< 0, outcome, kind; as first counted
    Counts corrections;  ///< 0, from, to
    Counts apps;         ///< app, outcome; as first counted
    Counts
        steps;  ///< 0, Verb, pod or not, of each distinct action: steps closed with a known start
    Counts steps_ms;  ///< the same: the sum of their durations
    std::uint64_t reruns = 0;
    std::uint64_t contradicted = 0;
    std::uint64_t step_successes = 0;
    std::uint64_t step_failures = 0;

    /// Of the rows that have a duration, as they are now.
    [[nodiscard]] std::uint64_t durations() const { return durations_; }

    [[nodiscard]] std::int64_t durations_ms() const { return durations_ms_; }

    /// Deployments heard of that have no final event.
    [[nodiscard]] std::uint64_t running() const { return known_ - closed_; }

  private:
    struct StepState {
        bool open = false;
        bool done = false;
        std::optional<TimeMs> started;
    };

    struct Deployment {
        std::shared_ptr<const Plan> plan;
        std::vector<std::uint32_t> apps;  // distinct
        std::vector<StepState> steps;
        std::optional<TimeMs> started;
        std::optional<TimeMs> failed;
        std::optional<TimeMs> succeeded;
        bool cancels = false;
        bool contradicted = false;
        Outcome outcome = Outcome::running;
        std::optional<TimeMs> duration;
    };

    Deployment& find(const Said& said);
    void open_step(Deployment& deployment, const Said& said);
    void close_step(Deployment& deployment, const Said& said);
    [[nodiscard]] Outcome outcome_of(const Deployment& deployment) const;
    void judge(Deployment& deployment);
    void judge_again(Deployment& failed, const Deployment& begun);
    void measure(Deployment& deployment);
    void forget_oldest();

    std::unordered_map<std::uint64_t, Deployment> all_;
    std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> of_app_;
    std::unordered_map<TimeMs, std::vector<std::uint64_t>> of_version_;
    std::unordered_set<TimeMs> refused_;
    std::deque<TimeMs> refused_order_;
    std::deque<std::uint64_t> ended_;
    std::uint64_t known_ = 0;
    std::uint64_t closed_ = 0;
    std::uint64_t durations_ = 0;
    std::int64_t durations_ms_ = 0;
};

}  // namespace tally::simulate
