#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/unordered_map.hpp>

#include "record/database.hpp"
#include "tally/model/facts.hpp"

namespace tally::record {

/// What an input did (kind.fact).
enum class FactKind : std::uint8_t {
    none,
    task_transition,
    unexpected_task_transition,
    task_late_event,
    instance_transition,
    health_failure,
    health_transition,
};

/// A row of table kind: what many inputs have in common.
struct InputKind {
    model::SourceId source = 0;
    std::string_view event_type{};  ///< empty: no event, but a difference of a snapshot
    bool received = false;
    FactKind fact = FactKind::none;
    std::string_view from{}, to{};
};

/// Table kind as a map: the row of a kind, given out at first sight. Remembers some 65,536 of them.
class InputKinds {
  public:
    explicit InputKinds(Database& db);

    [[nodiscard]] std::int64_t id(const InputKind& kind);

    /// After a rollback: what was given out may not be there.
    void forget() {
        ids_.clear();
        near_.fill({});
    }

  private:
    struct Hash {
        using is_transparent = void;
        using is_avalanching = void;
        std::size_t operator()(std::string_view key) const;
    };
    /// Most inputs are of a few kinds, whose names lie at the same addresses. The text is compared all the same: an address
    /// may hold another one by now.
    struct Near {
        std::string_view key{};  ///< in ids_, whose strings stay where they are
        std::int64_t id = 0;
    };

    [[nodiscard]] Near& near(const InputKind& kind);
    [[nodiscard]] std::int64_t find(const InputKind& kind);

    Database& db_;
    Statement find_, insert_;
    boost::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;
    std::string key_;
    std::array<Near, 256> near_{};
};

}  // namespace tally::record
