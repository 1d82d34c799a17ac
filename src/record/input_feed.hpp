#pragma once

#include <vector>

#include "record/input_rows.hpp"

namespace tally::record {

/// Makes `rows`, whatever they are when it is read, a virtual table `input_feed` of this connection, with the columns
/// of table input. `rows` outlive the connection.
void show_as_table(Database& db, const std::vector<InputRow>& rows);

}  // namespace tally::record
