#pragma once

#include <string_view>

namespace tally::record {

/// What a statement sets out to do, by its words alone.
enum class Verb { reads, changes, unknown };

/// `reads` for SELECT, WITH, VALUES and EXPLAIN [QUERY PLAN] of those; `changes` for every other
/// statement SQLite has; `unknown` for what is none. The words of a WITH say nothing of what it
/// ends in: that is the authorizer's matter.
[[nodiscard]] Verb verb_of(std::string_view sql);

}  // namespace tally::record
