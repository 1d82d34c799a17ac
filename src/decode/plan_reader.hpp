#pragma once

#include <cstddef>
#include <vector>

#include "decode/fields.hpp"
#include "tally/decode/event.hpp"

namespace tally::decode {

/// Reads `plan` and `currentStep` of the deployment events, in every form they were ever written.
/// Owns the steps it hands out: they live until the next read().
class PlanReader {
  public:
    /// Sets plan_version, plan_known, steps, current_step. Returns plan.id.
    std::string_view read(const Fields& fields, Event& event);

    /// Gives all memory back.
    void shrink();

  private:
    void add_steps(simdjson::dom::array steps);
    bool add_step(simdjson::dom::element step);
    void add_action(simdjson::dom::element action);

    std::vector<Action> actions_;    // of all steps, one behind the other
    std::vector<std::size_t> ends_;  // where each step's actions end in actions_
    std::vector<Step> steps_;
};

}  // namespace tally::decode
