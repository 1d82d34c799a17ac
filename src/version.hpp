#pragma once

#include <string>

namespace tally {

/// Our version and those of the libraries, for --version and build_info.
[[nodiscard]] std::string version_text();

}  // namespace tally
