#pragma once

#include <string>

#include "tally/base/result.hpp"

namespace tally::serve {

struct FileText {
    std::string text;
};

/// The whole of a small file (1 MiB at most), as configuration and certificates are.
[[nodiscard]] Result<FileText> read_text(const std::string& path);

}  // namespace tally::serve
