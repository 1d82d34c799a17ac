#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "simulate/disorder.hpp"
#include "simulate/life.hpp"
#include "simulate/totals.hpp"

namespace tally::simulate {

/// One event as it goes to every listener.
struct Broadcast {
    std::string type;
    std::string body;
    std::string light;           ///< the body for `plan-format=light`; empty: the same
    std::uint64_t sequence = 0;  ///< from 1, as published
};

/// A life as a live source: events one by one, stamped with the wall clock and counted when they
/// are taken. No sockets, no clock of its own. It keeps the live state and the few events of one
/// moment, no history.
class Feed : private Outlet {
  public:
    /// `events_max`: the life ends there, in the middle of a moment if need be.
    Feed(const Shape& shape, std::optional<std::uint64_t> events_max);

    /// The next event of the life; nothing when it has ended. Counted in sent() and totals() from
    /// here on.
    [[nodiscard]] std::shared_ptr<const Broadcast> next(TimeMs now);

    /// An event that a real client causes; it comes before what the life has to say next.
    [[nodiscard]] std::shared_ptr<const Broadcast> stream(
        TimeMs now, EventType type, std::string_view address
    );
    [[nodiscard]] std::shared_ptr<const Broadcast> subscriber(
        TimeMs now, EventType type, std::string_view client_ip, std::string_view callback_url
    );

    /// What these make the life say is taken by next().
    void change_leader(TimeMs now);
    void rerun(TimeMs now);

    /// See Disorder.
    void worsen(double duplicates, double reorder, double bad) {
        disorder_.worsen(duplicates, reorder, bad);
    }

    void flush() { disorder_.flush(); }

    /// Whether the life's state is ahead of what was taken. Snapshots agree with the stream only
    /// when it is not.
    [[nodiscard]] bool ahead() const { return !waiting_.empty(); }

    [[nodiscard]] std::uint64_t sent() const { return sent_; }

    [[nodiscard]] std::string totals() const { return totals_.text(life_.cluster().apps()); }

    [[nodiscard]] const Life& life() const { return life_; }

  private:
    struct Waiting {
        Said said;
        std::shared_ptr<Broadcast> event;
    };

    void put(const Said& said, std::string_view body, std::string_view light) override;
    [[nodiscard]] std::shared_ptr<const Broadcast> take(std::deque<Waiting>& from);

    std::optional<std::uint64_t> events_left_;
    std::deque<Waiting> waiting_;
    Disorder disorder_;
    Life life_;
    Speech visitors_;  // for what real clients cause: past the disorder, and not part of the life's
                       // rate
    Totals totals_;
    std::uint64_t sent_ = 0;
};

}  // namespace tally::simulate
