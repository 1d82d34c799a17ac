#pragma once

#include <vector>

#include "fold.hpp"

namespace tally::model {

/// World::compare and World::has_unsettled_health. Time and memory: linear in what the snapshot shows and what lives.
[[nodiscard]] std::vector<Difference> compare(
    const Fold& fold, const decode::Snapshot& snapshot, const World::Comparison& how
);
[[nodiscard]] bool has_unsettled_health(const Fold& fold, const decode::Snapshot& snapshot);

}  // namespace tally::model
