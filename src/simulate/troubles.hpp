#pragma once

#include <array>
#include <chrono>
#include <optional>

#include "simulate/trouble.hpp"

namespace tally::simulate {

/// The troubles in force: at most one of each kind, the latest. Each ends by its count, its length
/// or a clear. No clock of its own.
class Troubles {
  public:
    using Time = std::chrono::steady_clock::time_point;

    void put(const Trouble& trouble, Time now);
    void clear();

    /// Forgets those whose time is over. True: there were some.
    bool expire(Time now);
    /// When the next one is over; nothing: none is bound to end by itself.
    [[nodiscard]] std::optional<Time> next_end() const;

    /// Null when it is not in force. Valid until the next call that is not const.
    [[nodiscard]] const Trouble* find(TroubleKind kind) const;

    /// The same, and one of its count is used up; a copy, since it may have been the last.
    std::optional<Trouble> use(TroubleKind kind);

    /// Whether this one in force touches a stream. `born`: orders() when the stream attached.
    [[nodiscard]] const Trouble* touching(TroubleKind kind, std::uint64_t born) const;

    /// How many were ever put.
    [[nodiscard]] std::uint64_t orders() const { return orders_; }

    /// The texts of those in force, in the order of kinds.
    [[nodiscard]] std::vector<std::string_view> in_force() const;

  private:
    struct InForce {
        Trouble trouble;
        std::uint64_t order = 0;
        std::optional<Time> end;
    };

    [[nodiscard]] std::optional<InForce>& slot(TroubleKind kind) {
        return all_[static_cast<std::size_t>(kind)];
    }

    std::array<std::optional<InForce>, kinds> all_;
    std::uint64_t orders_ = 0;
};

}  // namespace tally::simulate
