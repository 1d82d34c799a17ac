#pragma once

#include <string>
#include <string_view>

namespace tally {

/// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 are passed on
/// as they are: what we show comes from our configuration or was validated.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tally
