#pragma once

#include <array>
#include <string>

#include "simulate/cluster.hpp"
#include "simulate/deployment_totals.hpp"
#include "simulate/health_totals.hpp"
#include "simulate/said.hpp"
#include "simulate/task_totals.hpp"

namespace tally::simulate {

/// What a listener who hears everything must count: a second, plain implementation of the rules
/// that marathon-tally follows, fed by what the generator did instead of by JSON. Each put() is one
/// body of one file or connection, in the order of arrival.
class Totals {
  public:
    void put(const Said& said);

    /// One JSON object with stable keys (totals_text.cpp lists them); rows are sorted.
    [[nodiscard]] std::string text(const std::vector<App>& apps) const;

  private:
    void apply(const Said& said);
    void status_update(const Said& said);
    void instance_changed(const Said& said);

    TimeMs clock_ = 0;  // the last event time: the greatest so far
    std::array<std::uint64_t, event_types> events_{};
    std::array<std::uint64_t, event_types> whole_{};  // the same without those that lack a field
    std::array<std::uint64_t, 5> rejected_{};
    TaskTotals tasks_;
    InstanceTotals instances_;
    HealthTotals health_;
    DeploymentTotals deployments_;
    Counts kills_;
    Counts unknown_terminations_;
    std::uint64_t framework_bytes_ = 0;
};

}  // namespace tally::simulate
