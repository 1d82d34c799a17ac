#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tally/record/query.hpp"

namespace tally::record {

/// `{"columns":[..],"rows":[[..]],"truncated":bool,"elapsed_ms":n}` and a line end. NULL, infinite
/// numbers and NaN are null. Always valid JSON in valid UTF-8: see append_json_text(). Pure.
[[nodiscard]] std::string table_as_json(const Table& table, std::chrono::milliseconds elapsed);

/// RFC 4180 with a header line; NULL is empty, an empty text is `""`. Text is made valid UTF-8 as
/// in JSON; numbers as JSON shows them, infinite ones as Inf and -Inf.
[[nodiscard]] std::string table_as_csv(const Table& table);

/// Appends `text` with its quotes. Control characters are escaped; each byte that is not UTF-8
/// becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text);

/// How many bytes append_json_text() would append, at most.
[[nodiscard]] std::size_t json_text_size(std::string_view text);

}  // namespace tally::record
