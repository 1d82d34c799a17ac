#pragma once

#include <string>

#include "books.hpp"
#include "deployments.hpp"
#include "tally/model/snapshot.hpp"

namespace tally::model {

/// Every number of a source as it is now; of the first `known` series the values only.
[[nodiscard]] Snapshot take_snapshot(
    const std::string& source, const Books& books, const Deployments& deployments, std::size_t known
);

}  // namespace tally::model
