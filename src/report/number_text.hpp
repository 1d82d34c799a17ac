#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "report/recipes.hpp"

namespace tally::report {

/// Room that write_number() needs.
inline constexpr std::size_t number_size_max = 24;

/// Writes the number at `to` and returns its end: whole ones as they are, milliseconds as exact
/// seconds.
char* write_number(char* to, std::int64_t value, Number::Unit unit);

/// `ms` as seconds, exactly: 12345 -> 12.345, 12000 -> 12. Locale does not matter here.
void append_seconds(std::string& out, TimeMs ms);

/// Shortest text that reads back as `value`; whole numbers without exponent; +Inf, -Inf, NaN.
void append_double(std::string& out, double value);

}  // namespace tally::report
