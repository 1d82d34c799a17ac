#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tally/decode/event.hpp"
#include "tally/decode/snapshot.hpp"
#include "tally/model/facts.hpp"
#include "tally/model/mark.hpp"
#include "tally/model/snapshot.hpp"

namespace tally::model {

/// When an event happened, decided once and stored: the fold never asks a clock.
struct Stamp {
    TimeMs time = 0;
    TimeMs received = 0;
    bool own_clock = true;
};

/// What IS SO in one source: apps, tasks, instances, health, deployments, and every number counted from
/// them. The fold of semantics.md sections 1 to 6: the same inputs in the same order give the same facts.
///
/// No clock, no I/O, no lock; the order of calls is the order of the fold. Odd events make no fact.
/// Memory: live tasks, instances and open deployments, apps and series without end; of ended tasks and
/// instances the last 1,048,576 each, of closed deployments and refused versions 65,536, fewer where the
/// closed ones have more than 4,194,304 apps together. Of the steps of a deployment the first 10,000 are
/// followed, of those without actions the first 16: more are counted in DeploymentRow::steps and have no
/// row. Once it is closed, a deployment with more than 16 steps can have no more than its open ones closed.
/// Thread: one at a time. Text in Snapshots and Batches may point into the World: it must outlive them.
class World {
  public:
    struct Options {
        std::size_t max_apps = 5000;  ///< apps first seen past this are counted as `other`
        /// When the fold is repeated: the names that were counted as `other`; the cap is not asked again.
        const std::set<std::string, std::less<>>* counted_as_other = nullptr;
        Buckets buckets{};
        std::size_t ended_max = 1'048'576;   ///< ended tasks remembered, and as many instances
        std::size_t closed_max = 65'536;     ///< closed deployments remembered, and refused versions
        std::size_t closed_apps_max = 4'194'304;  ///< apps of all closed deployments remembered
    };

    /// `next_app` gives AppIds over all sources; it must outlive the World.
    World(SourceId id, std::string name, Options options, AppId& next_app);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] SourceId id() const;
    [[nodiscard]] const std::string& name() const;

    /// Decides the time of an input. `wall` is the clock at its arrival; in a replay `received` is the
    /// greatest event time so far, or 0 (semantics.md section 1).
    [[nodiscard]] Stamp stamp(std::optional<TimeMs> own, TimeMs wall, bool replay) const;

    struct Input {
        Seq seq = 0;
        Stamp stamp{};
        /// Connection or file it came by. Two ways may tell of one thing, one way tells it twice.
        std::uint64_t connection = 0;
        bool replay = false;  ///< by a file
        std::string_view body{};
        bool keep_payload = true;  ///< copy the body into the batch
    };

    /// Folds one event and adds what it led to. Until finish() it is always the same batch, or the one its state was
    /// handed on to: the rows of tasks and instances are begun here and completed there.
    void apply(const decode::Event& event, const Input& input, Batch& out);

    /// Asks the memory for what will be needed for an event that is to be applied soon, with the same batch: best after
    /// `expected_ahead` more. Changes nothing; half the time of a fold is waiting for memory otherwise.
    void expect(const decode::Event& event, const Batch& out);
    static constexpr std::size_t expected_ahead = 8;

    struct Rejected {
        decode::RejectReason reason{};
        TimeMs received = 0;
        std::string_view what{};
        std::string_view sample{};  ///< raw bytes, at most 4096 are kept
    };

    /// Counts and keeps an input that is no event.
    void reject(const Rejected& rejected, Batch& out);

    /// Folds what the daemon itself has to say; takes mark.seqs() seqs from `seq` on. A mark that does not fit (an end
    /// without a session) changes nothing. The MarkFact is the caller's to add.
    void apply(const Mark& mark, Seq seq, Batch& out);

    /// What the daemon must know of the stream, as of the last mark or event.
    struct Stream {
        bool attached = false;    ///< a session is open
        bool had_session = false;
        bool stopped = false;     ///< the last thing before was a clean stop
        TimeMs last_seen = no_time;   ///< last byte or event of the open session, or end of the last one
        TimeMs gap_start = no_time;   ///< of the last gap between sessions, open or just ended; no_time: none yet
        bool reconciled = false;      ///< a snapshot was compared before
        std::string framework;        ///< of the cluster; empty: not told so far
        /// Since the last `started`: why the daemon was away before it, as the first attempt is to be counted: crash,
        /// shutdown or reload. Empty: there never was a session, or it did not start in the life of this World.
        std::string before;
    };
    [[nodiscard]] Stream stream() const;

    /// How a snapshot is to be compared (live.md section 3).
    struct Comparison {
        TimeMs sent = 0;               ///< the moment it was asked for: what was heard later is not overridden
        TimeMs gap_start = no_time;    ///< of the gap before it; no_time: there was none
        bool health_is_settled = false;  ///< 60 s of session: no results mean unknown
        bool other_cluster = false;      ///< accepted: everything of the old cluster has ended
    };
    /// What is different from what is known, in the order in which it is to be applied. Changes nothing.
    [[nodiscard]] std::vector<Difference> compare(const decode::Snapshot& snapshot, const Comparison& how) const;
    /// Whether entities of known health have no results in the snapshot, so that another look after 60 s of session is due.
    [[nodiscard]] bool has_unsettled_health(const decode::Snapshot& snapshot) const;

    /// Counts an input that is stored already; `path` is stream, callback or replay.
    void duplicate(std::string_view path);

    /// Observes how long after its own time an event of a stream arrived.
    void observe_lag(TimeMs lag_ms);

    /// Adds the rows of state that changed since the last call. To be called before a batch is committed.
    void finish(Batch& out);

    /// Of the first `known` series, or of all if there are fewer, the values only.
    [[nodiscard]] Snapshot snapshot(std::size_t known = 0) const;

    // Restoring: rows as they were written, in this order: source, sessions and gaps, labels, apps, instances, tasks,
    // deployments with their steps and apps, refused versions, rejected counts, cells, histograms; ended ones
    // in the order of their end. Slots are given back so that record can go on writing to the same rows.
    void restore(const SourceRow& row);
    /// Only the last session, the last 64 gaps and the last one between sessions are needed, in order of their numbers.
    void restore(const SessionRow& row);
    void restore(const GapRow& row);
    void restore(const LabelRow& row);
    void restore(const AppRow& row);
    [[nodiscard]] Slot restore(const InstanceRow& row);
    [[nodiscard]] Slot restore(const TaskRow& row);
    [[nodiscard]] Slot restore(const DeploymentRow& row);
    void restore(const DeploymentStepRow& row);
    void restore(const DeploymentAppRow& row);
    void restore_refused(TimeMs version);
    /// How many inputs were rejected for that reason in the minute of the last rejected one.
    void restore_rejected(decode::RejectReason reason, TimeMs received, std::int64_t count);
    void restore(const CellRow& row);
    void restore(const HistogramRow& row);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::model
