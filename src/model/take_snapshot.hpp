#pragma once

#include <string>

#include "books.hpp"
#include "deployments.hpp"
#include "tally/model/snapshot.hpp"

namespace tally::model {

/// Every number of a source as it is now.
[[nodiscard]] Snapshot take_snapshot(
    const std::string& source, const Books& books, const Deployments& deployments
);

}  // namespace tally::model
