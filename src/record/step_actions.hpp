#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tally/model/facts.hpp"

namespace tally::record {

/// The actions of a step as the JSON array of column `actions`.
[[nodiscard]] std::string to_json(const std::vector<model::ActionText>& actions);

/// What to_json() wrote, and nothing else: SQLite's own JSON functions end a text at U+0000. Text is kept in
/// `text`. An empty result for anything else.
[[nodiscard]] std::vector<model::ActionText> actions_from_json(std::string_view json, Arena& text);

}  // namespace tally::record
