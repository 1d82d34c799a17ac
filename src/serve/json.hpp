#pragma once

#include <string>
#include <string_view>

namespace tally::serve {

/// Appends `text` as a JSON string with its quotes. Invalid UTF-8 is passed on as it is: what we
/// show comes from our configuration or was validated as JSON.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tally::serve
