#pragma once

#include <string>
#include <string_view>

namespace tally::record {

/// Bytes packed by zstd for a column of the file, and back: marks and parts of checkpoints. (Payloads have blocks of their own.)
[[nodiscard]] std::string pack_bytes(std::string_view bytes);

/// False for what was not packed so, or says that it is larger than 1 GiB.
[[nodiscard]] bool unpack_bytes(std::string_view packed, std::string& to);

}  // namespace tally::record
