#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "callback_answer.hpp"
#include "ingest.hpp"
#include "journal_record.hpp"
#include "slab.hpp"
#include "tally/decode/snapshot.hpp"
#include "tally/record/journal.hpp"

namespace tally {

/// What becomes of an input of the daemon (live.md section 0): it goes into the journal, then into the fold, and from
/// there to the history, whose commits say how far the journal is done with.
///
///     input --> journal --> [held: from the attach to the snapshot] --> fold --> commit
///                  |                                                     ^
///                  +-- spilled: the history cannot keep up; read again --+
///
/// The fold sees each record once, in the order of the journal, but for what a source holds: that comes behind its
/// next snapshot (live.md section 3). Restarted, it goes on where the last commit left it, and does the same again.
/// What finds no room in the journal is shed and counted; the loss becomes a mark as soon as there is room.
///
/// Thread: one (ingest).
class Intake {
  public:
    using Clock = std::chrono::steady_clock;

    struct Options {
        std::chrono::milliseconds hold_max{30'000};          ///< for a snapshot
        std::size_t hold_bytes_max = std::size_t{64} << 20;  ///< of one source
        std::uint64_t journal_bytes_max = std::uint64_t{1} << 30;
        std::function<void()> committed{};  ///< called on the history thread, after each commit
    };

    Intake(record::History& history, HistoryWriter& writer, Ingest& ingest, record::Journal& journal, Options options);

    /// Restores a source, if it is new, and makes its series be shown. Before recover() for those that are known then.
    /// Throws what History throws when a new one cannot be read now: nothing has changed then, and it may work later.
    void add_source(const std::string& name);
    /// Its series are not shown any more; its history stays.
    void hide_source(const std::string& name);

    /// Folds what is in the journal and not in the history, and makes the history know where it stands. Waits for the
    /// history. Before the first input.
    [[nodiscard]] Result<void> recover();

    /// The daemon begins to follow a source: what its stream was before, and why the first attempt is not the first.
    model::World::Stream begin(const std::string& source, TimeMs now, Clock::time_point at);

    /// False: there was no room, the bodies are shed. `at` is for the time a source may hold.
    bool take(const Slab& slab, Clock::time_point at);

    /// As take(), for the one body of a callback. What finds no room is refused, not shed: Marathon is told.
    [[nodiscard]] CallbackAnswer take_callback(const Slab& slab, Clock::time_point at);

    void mark(const std::string& source, const model::Mark& mark, Clock::time_point at);

    enum class Compared { ok, failed, other_cluster };
    struct Look {
        TimeMs sent = 0;              ///< when the snapshot was asked for
        bool health_is_settled = false;
        std::string accept_framework;  ///< the one other cluster that may take this one's place
    };
    struct Seen {
        Compared result = Compared::failed;
        bool health_is_unsettled = false;  ///< to be looked at again once the session is 60 s old
        std::size_t differences = 0;
        std::string detail;  ///< of a failure
    };
    /// Compares a snapshot and applies what is different; what the source holds comes behind it.
    Seen compare(const std::string& source, const decode::Snapshot& snapshot, const Look& look, Clock::time_point at);
    /// A snapshot could not be had: counted. `for_good`: it will not be had in the next seconds either, so that nothing
    /// is held for it any longer.
    void snapshot_failed(
        const std::string& source, TimeMs sent, std::string_view detail, bool for_good, Clock::time_point at
    );

    /// Ends holds that have lasted too long, reads on what was spilled, hands over what was folded when `commit_now`
    /// or when there is much of it.
    void work(Clock::time_point at, bool commit_now);
    /// Hands over all that is left and waits for room where it must.
    void finish();

    /// Something is folded and not handed over.
    [[nodiscard]] bool has_work() const { return ingest_.has_work(); }
    /// The history is behind, and the fold with it.
    [[nodiscard]] bool is_spilled() const { return spilled_; }
    /// When work() is needed next; none: not before something comes.
    [[nodiscard]] std::optional<Clock::time_point> next_deadline() const;

    [[nodiscard]] std::vector<model::Snapshot> snapshots(const model::KnownSeries& known = {}) const {
        return ingest_.snapshots(known, &shown_);
    }
    /// Shed and not yet in the fold, by source and reason.
    [[nodiscard]] std::map<std::pair<std::string, std::string>, std::uint64_t> losing() const;
    /// A loss is not in the journal yet.
    [[nodiscard]] bool is_losing() const;
    [[nodiscard]] std::uint64_t journal_errors() const { return journal_errors_; }
    /// What the history does not hold yet.
    [[nodiscard]] std::uint64_t journal_bytes() const { return journal_.end() - committed_; }
    /// What is before it in the journal may go once the history is synced.
    [[nodiscard]] record::Journal::Position committed() const { return committed_; }
  private:
    using Position = record::Journal::Position;

    struct Loss {
        TimeMs from = 0;
        TimeMs to = 0;
        std::int64_t count = 0;
        std::string reason;
        std::size_t record_bytes = 0;  ///< of the last one: with room for as much it is over
    };

    struct Held {
        Position begin = 0;
        std::string record;
    };

    struct Source {
        model::SourceId id = 0;
        std::string name;
        Position begins = 0;  ///< what begins before it in the journal is in the history
        // The fold's side.
        bool holds = false;
        std::deque<Held> held;
        // Our side. What found no room is written before anything newer: the end of a wait, then marks, then a loss.
        bool waits = false;  ///< for a snapshot
        Clock::time_point waits_until;
        std::size_t waiting_bytes = 0;
        bool unreleased = false;
        std::deque<model::Mark> unwritten;  ///< also earlier losses
        Loss loss;
        std::map<std::string, std::uint64_t, std::less<>> losing;  ///< by reason, until the fold knows
    };

    Source& source(model::SourceId id);
    Source& source(const std::string& name);
    bool append(Source& source, const JournalRecord& record);
    bool append_mark(Source& source, const model::Mark& mark, Clock::time_point at);
    bool write_what_waits(Source& source, Clock::time_point at);
    void close_loss(Source& source, TimeMs time);
    bool keep(Source& source, const Slab& slab, Clock::time_point at);
    bool keep(Source& source, const model::Mark& mark, Clock::time_point at);
    [[nodiscard]] bool is_journal_full() const;
    void lose(Source& source, const Slab& slab);
    bool end_wait(Source& source);
    bool release(Source& source);
    void fold(std::string_view record, Position begin);
    void fold(Source& source, const JournalRecord& record, std::string_view whole, Position begin);
    void apply(Source& source, const JournalRecord& record);
    void let_go(Source& source);
    static void know_loss(Source& source, const model::Mark& mark);
    bool commit_if_full();
    bool try_commit();
    void place_all();
    void read_on();
    void skip_damaged();
    void see_committed();

    record::History& history_;
    HistoryWriter& writer_;
    Ingest& ingest_;
    record::Journal& journal_;
    Options options_;
    std::map<model::SourceId, Source> sources_;
    std::map<std::string, model::SourceId, std::less<>> by_name_;
    std::set<std::string> shown_;
    Position folded_ = 0;   ///< all before it was folded, or is held
    bool spilled_ = false;
    std::string scratch_;   ///< a record as it lies in the journal
    std::vector<Slab::Body> bodies_;
    /// What the last body folded was; none: none was since it was reset.
    std::optional<std::optional<decode::RejectReason>> last_folded_;
    std::deque<std::pair<std::uint64_t, Position>> commits_;  ///< not known to be done, and what each lets go
    Position committed_ = 0;  ///< all before it is in the history
    std::uint64_t journal_errors_ = 0;
};

}  // namespace tally
