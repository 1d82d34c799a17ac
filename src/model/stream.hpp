#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "books.hpp"
#include "instances.hpp"
#include "tally/model/mark.hpp"

namespace tally::model {

/// The life of a source's stream, folded from Marks (live.md section 2): sessions, the gaps between
/// them, and what was lost within them.
///
///   (never attached) --attached--> session --ended, stopped, started--> gap --attached--> session
///   ...
///                                  session --shed--> session, with a gap inside that has ended
///                                  already
///
/// Sessions and gaps of a source lie one behind the other: where a wall clock stepped back, a time
/// is that of what came before. Health time leaves out every gap.
class Stream {
  public:
    Stream(Books& books, Instances& instances) : books_(books), instances_(instances) {}

    /// All that a mark changes, but the facts that a snapshot showed.
    void apply(const Mark& mark, Batch& out);

    /// An event was stored that came by that connection.
    void see_event(std::uint64_t connection, TimeMs received) {
        if (session_.is_open() && session_.connection == connection) {
            ++session_.events;
            session_.last = later(received);
            session_.dirty = true;
        }
    }

    /// Adds the rows that changed, and counts observed time up to the last byte or event.
    void finish(Batch& out);

    [[nodiscard]] World::Stream state() const;

    [[nodiscard]] std::string_view framework() const { return framework_; }

    [[nodiscard]] bool reconciled() const { return reconciled_; }

    [[nodiscard]] bool stopped() const { return stopped_; }

    void restore(const SourceRow& row);
    void restore(const SessionRow& row);
    void restore(const GapRow& row);

  private:
    struct Session {
        std::uint32_t number = 0;  ///< 0: there never was one
        TimeMs start = no_time, last = no_time, end = no_time;
        TimeMs counted = no_time;  ///< observed time is counted up to here
        std::uint64_t connection = 0;
        std::string_view cause{};
        std::string url{};
        std::uint64_t events = 0, bytes = 0;
        bool born = false, dirty = false;

        [[nodiscard]] bool is_open() const { return number != 0 && end == no_time; }
    };

    struct Gap {
        std::uint32_t number = 0;
        TimeMs start = no_time, end = no_time;
        std::string_view cause{};
        std::string last_error{};
        std::int64_t attempts = 0;
        bool reconciled = false;
        std::int64_t inferred = 0;
        bool born = false, dirty = false;

        [[nodiscard]] bool is_open() const { return number != 0 && end == no_time; }
    };

    void start(Batch& out);
    void attach(const Mark& mark, TimeMs time, Batch& out);
    void go_on(const Mark& mark, TimeMs time);
    void end(const Mark& mark, TimeMs time, Batch& out);
    void stop(const Mark& mark, TimeMs time, Batch& out);
    void fail(const Mark& mark);
    void settle(const Mark& mark);
    void lose(const Mark& mark, TimeMs time, Batch& out);
    void reconcile(const Mark& mark);

    void end_session(std::string_view cause, TimeMs time, Batch& out);
    void begin_gap(std::string_view cause, Batch& out);
    void end_gap(TimeMs time);
    void count_observed();
    void write_session(Batch& out);
    void write_gap(Batch& out);
    void restore_clock(const GapRow& row);
    [[nodiscard]] std::string_view cause_of(const Mark& mark) const;
    [[nodiscard]] Code code(LabelKind kind, std::string_view name, std::string_view fallback) const;

    /// `time`, or where the rows end so far, if that is later; they end there from now on.
    TimeMs later(TimeMs time) { return edge_ = std::max(edge_, time); }

    Books& books_;
    Instances& instances_;
    Session session_;         ///< the last one
    Gap gap_;                 ///< the last one between sessions
    std::uint32_t gaps_ = 0;  ///< of both kinds
    TimeMs edge_ = no_time;
    bool stopped_ = false;
    bool reconciled_ = false;
    std::string framework_;
    std::string_view before_{};
};

}  // namespace tally::model
