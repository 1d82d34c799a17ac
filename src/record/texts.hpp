#pragma once

#include <cstdint>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "record/database.hpp"
#include "tally/base/hash.hpp"

namespace tally::record {

/// Table text as a map: the id of a string, given out at first sight. Remembers the ids of the last
/// 65,536 or so strings; the others are asked for.
class Texts {
  public:
    explicit Texts(Database& db);

    /// 0 for an empty string, which is stored as NULL.
    [[nodiscard]] std::int64_t id(std::string_view text);

    /// After a rollback: what was given out may not be there.
    void forget() { ids_.clear(); }

  private:
    Database& db_;
    Statement find_;
    Statement insert_;
    boost::unordered_flat_map<Hash128, std::int64_t, Hash128Hasher> ids_;
};

}  // namespace tally::record
