#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tally/base/result.hpp"
#include "tally/model/world.hpp"

namespace tally::record {

struct Verified {
    std::int64_t events = 0;       ///< folded again
    std::int64_t differences = 0;
    bool fold_checked = true;      ///< false: payloads are not kept, only counters were compared with rows
};

/// Folds the stored events and marks again into a scratch history and compares every derived table and counter with
/// the stored ones; then every counter with the rows behind it. `tell` gets a line for each difference (the
/// first 100 of a table). Reads `path`, writes only the scratch file, which is removed again. May run beside a daemon:
/// it sees the moment at which it began. CannotStart if the file cannot be read. The fold remembers as much as that of the daemon
/// unless `memory` says otherwise (tests do).
[[nodiscard]] Result<Verified> verify(
    const std::string& path, const std::string& scratch, const std::function<void(std::string_view)>& tell,
    const model::World::Options& memory = {}
);

}  // namespace tally::record
