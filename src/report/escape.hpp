#pragma once

#include <string>
#include <string_view>

namespace tally::report {

/// Appends `text` as it stands between the quotes of a label value: `\`, `"` and line feeds escaped
/// (both formats agree here), NUL and invalid UTF-8 as U+FFFD, since a scraper would refuse
/// the whole exposition for one such byte.
void append_label_value(std::string& out, std::string_view text);

/// Appends `text` as a HELP line has it; OpenMetrics escapes quotes there too.
enum class Quotes { plain, escaped };
void append_help(std::string& out, std::string_view text, Quotes quotes);

}  // namespace tally::report
