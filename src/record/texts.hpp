#pragma once

#include <cstdint>
#include <string>
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
    struct Hash {
        using is_transparent = void;
        using is_avalanching = void;
        std::size_t operator()(std::string_view text) const { return hash128(text).low; }
    };

    Database& db_;
    Statement find_;
    Statement insert_;
    boost::unordered_flat_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;
};

}  // namespace tally::record
