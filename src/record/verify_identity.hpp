#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "record/database.hpp"

namespace tally::record {

/// Every event folded again (schema `again` of `db`) must have its identity in `main`, or the next replay would
/// count it twice; and what `main` has beyond must be that of rejected input, which is not folded. Calls `tell`
/// with a line for each bucket that differs. If some was `pruned`, identities of what is old are gone, and of others the events:
/// then only buckets that are younger as a whole are looked at, and not whether they hold too much.
void compare_identities(Database& db, bool pruned, const std::function<void(const std::string&)>& tell);

}  // namespace tally::record
