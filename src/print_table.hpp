#pragma once

#include <cstdio>
#include <string>

#include "tally/record/query.hpp"

namespace tally {

/// Writes a table as aligned columns (`table`), RFC 4180 (`csv`) or a JSON array of objects (`json`). NULL is
/// empty in the first two.
void print_table(const record::Table& table, const std::string& format, std::FILE* out);

}  // namespace tally
