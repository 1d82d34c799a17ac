#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "tally/base/arena.hpp"
#include "tally/base/hash.hpp"
#include "tally/base/time.hpp"
#include "tally/model/snapshot.hpp"

/// What the fold found out, as values: the only thing record ever sees of the model.
///
/// Text is held by an arena of the Batch or has static or World lifetime; it lives at least as long as the Batch.
/// Tasks, instances and deployments are named by slot: a Birth gives a slot its name, later rows and facts have
/// only the slot, until a slot is born again. Everything is in the order of the fold.
namespace tally::model {

using Seq = std::int64_t;       ///< number of an input in the order of the fold, from 1, over all sources
using SourceId = std::int32_t;  ///< row of table source
using AppId = std::int32_t;     ///< row of table app, over all sources; 0: none
using Slot = std::uint32_t;

inline constexpr Slot no_slot = std::numeric_limits<Slot>::max();
inline constexpr TimeMs no_time = std::numeric_limits<TimeMs>::min();  ///< SQL NULL, also for durations

/// From here on `slot` stands for that name.
struct Birth {
    enum class Kind : std::uint8_t { task, instance, deployment } kind{};
    Slot slot = no_slot;
    std::string_view name{};
    /// Forgotten since the last finish(), it had this slot: its row goes on.
    Slot again = no_slot;
    /// The fold has forgotten some: there may be a row of that name. False: there is none.
    bool may_be_known = false;
};

/// The id an event is about, as sent.
struct EntityRef {
    enum class Kind : std::uint8_t { none, task, instance, text } kind = Kind::none;
    Slot slot = no_slot;    ///< task, instance
    std::string_view text{};  ///< text: an id no task or instance is known by
};

struct EventFact {
    Seq seq = 0;
    SourceId source = 0;
    TimeMs time = 0;
    TimeMs received = 0;
    bool own_clock = true;  ///< the event's own timestamp was used (clock = 'event')
    std::uint64_t connection = 0;  ///< or file
    bool replay = false;           ///< it has no lag
    std::string_view type{};
    AppId app = 0;
    EntityRef entity{};
    Slot deployment = no_slot;
    std::string_view payload{};
    /// Where in `payload` the names of `entity` and `app` stand, letter by letter; size 0: nowhere.
    struct Place {
        std::uint32_t at = 0, size = 0;
    };
    Place entity_place{}, app_place{};
};

struct RejectedFact {
    SourceId source = 0;
    TimeMs received = 0;
    Seq seq = 0;  ///< of the event, for missing_field; else 0
    std::string_view reason{};
    std::string_view what{};    ///< field and offset
    std::string_view sample{};  ///< first 4096 bytes, valid UTF-8; empty: not kept
};

struct TaskTransition {
    Seq seq = 0;
    TimeMs time = 0;
    Slot task = no_slot;
    AppId app = 0;
    std::string_view from{};  ///< "none" at first sight
    std::string_view to{};
    TimeMs dwell_ms = no_time;
    std::string_view host{}, version{}, message{};
    bool unexpected = false;
    bool inferred = false;       ///< by a snapshot: `time` is the upper bound
    TimeMs time_low = no_time;   ///< and this the lower one
};

struct TaskLateEvent {
    Seq seq = 0;
    TimeMs time = 0;
    Slot task = no_slot;
    AppId app = 0;
    std::string_view from{}, to{};
};

struct InstanceTransition {
    Seq seq = 0;
    TimeMs time = 0;
    Slot instance = no_slot;
    AppId app = 0;
    std::string_view from{}, to{};
    TimeMs dwell_ms = no_time;
    std::string_view host{};
    bool inferred = false;
    TimeMs time_low = no_time;
};

struct HealthFailure {
    Seq seq = 0;
    TimeMs time = 0;
    AppId app = 0;
    EntityRef entity{};
    std::string_view protocol{}, check_key{};
};

struct HealthTransition {
    Seq seq = 0;
    TimeMs time = 0;
    AppId app = 0;
    EntityRef entity{};
    std::string_view from{}, to{};
    TimeMs dwell_ms = no_time;
    bool inferred = false;
    TimeMs time_low = no_time;
};

struct UnhealthyKill {
    Seq seq = 0;
    TimeMs time = 0;
    AppId app = 0;
    std::string_view task{}, instance{}, host{}, reason{};
};

struct DeploymentCorrection {
    Seq seq = 0;
    TimeMs time = 0;
    Slot deployment = no_slot;
    std::string_view from{}, to{};
};

/// The rare events that are kept as they are, one row each; which columns are used depends on `kind`.
struct PlainFact {
    enum class Kind : std::uint8_t {
        api_call,             ///< a = verb, b = uri, c = client_ip
        group_change,         ///< a = result, b = group_id, c = version, d = reason
        scheduler_event,      ///< a = event, b = master
        subscriber,           ///< a = event, b = address
        unknown_termination,  ///< a = condition, b = entity
        framework_message,    ///< a = executor, b = agent, number = bytes
    } kind{};
    Seq seq = 0;
    SourceId source = 0;
    TimeMs time = 0;
    AppId app = 0;
    std::string_view a{}, b{}, c{}, d{};
    std::int64_t number = 0;
};

/// The check of an app became known, changed, or (key empty) all its checks were removed. A check that is
/// known already may be told again, after a restart or between two others: only the last word counts.
struct HealthCheckFact {
    AppId app = 0;
    TimeMs time = 0;
    std::string_view key{}, protocol{};
    double interval_s = 0;  ///< 0: not known
};

/// To add to the app's hour. An hour begins at `hour` (UTC, ms).
struct AppHourDelta {
    AppId app = 0;
    TimeMs hour = 0;
    std::int64_t failures = 0, flaps = 0, kills = 0;
    TimeMs unhealthy_ms = 0, observed_ms = 0;
};

/// `hours` whole hours from `hour` on, each of which gets the same health time: one row however long.
struct AppHourRun {
    AppId app = 0;
    TimeMs hour = 0;
    std::int64_t hours = 0;
    TimeMs unhealthy_ms = 0, observed_ms = 0;
};

// Rows of current state, written over the row of the same slot or id. The World is restored from them.

struct SourceRow {
    SourceId source = 0;
    TimeMs last_event = no_time;
    /// Tasks with an ended_seq, instances with an idle_seq, deployments with a closed_seq from 1 up to these are
    /// forgotten: they are not to be restored.
    Seq tasks_forgotten = 0, instances_forgotten = 0, deployments_forgotten = 0;
    std::string_view framework{};  ///< frameworkId of the cluster; empty: not told so far
    bool reconciled = false;       ///< a snapshot was compared before
    bool stopped = false;          ///< the daemon ended cleanly
};

/// One attached stream (v_sessions): `number` counts them within the source, from 1.
struct SessionRow {
    SourceId source = 0;
    std::uint32_t number = 0;
    bool born = false;
    TimeMs start = no_time;
    TimeMs last = no_time;  ///< its last byte or event so far, as of the last mark
    TimeMs end = no_time;   ///< no_time: open
    std::uint64_t connection = 0;
    std::string_view cause{}, url{};
    std::uint64_t events = 0, bytes = 0;
};

/// A time in which the stream was not seen, or in which events were lost on our side (v_gaps).
struct GapRow {
    SourceId source = 0;
    std::uint32_t number = 0;
    bool born = false;
    TimeMs start = no_time;
    TimeMs end = no_time;  ///< no_time: open
    std::string_view cause{}, last_error{};
    std::int64_t attempts = 0;
    std::int64_t lost = -1;  ///< events received and not kept; -1: not known
    bool reconciled = false;
    std::int64_t inferred = 0;  ///< differences applied by the snapshot after it
};

/// A Mark as it was applied; `body` is what record's mark_code makes of it. Added by whoever applies it.
struct MarkFact {
    Seq seq = 0, last_seq = 0;
    SourceId source = 0;
    TimeMs time = 0;
    std::string_view kind{};
    std::string_view body{};
};

struct LabelRow {  ///< one of the first 64 unknown names of its kind
    SourceId source = 0;
    std::string_view kind{}, name{};
};

struct AppRow {
    AppId app = 0;
    SourceId source = 0;
    std::string_view name{};       ///< only when born
    bool born = false;
    bool counted_as_other = false;
    bool ended = false;
    TimeMs last_received = 0;    ///< kept up to date only for ended apps
    std::int64_t healthy_now = 0, unhealthy_now = 0;  ///< entities whose time counts since accrued_until
    bool health_seen = false;
    TimeMs accrued_until = no_time;  ///< health time is in app_hour up to here
    TimeMs unhealthy_ms = 0, observed_ms = 0;
    TimeMs last_deployment_ms = no_time, last_deployment_ended = no_time;
};

/// How well it is known when the present state was entered.
enum class Entry : std::uint8_t {
    observed,  ///< an event told it
    told,      ///< inferred from a snapshot, in which Marathon said when
    bound,     ///< inferred from a snapshot: not later
};

enum class Health : std::uint8_t { unknown, healthy, unhealthy };
[[nodiscard]] std::string_view to_string(Health health);

struct InstanceRow {
    Slot slot = no_slot;
    bool born = false;
    std::string_view name{};       ///< canonical instance id; only when born, as in its Birth
    AppId app = 0;
    /// Empty: only known from tasks or health events. `none` with an end: found gone by a snapshot.
    std::string_view condition{};
    TimeMs since = no_time;
    Entry entry = Entry::observed;
    TimeMs first_seen = no_time;  ///< only when born
    TimeMs ended = no_time;
    TimeMs last_created = no_time;
    Health health = Health::unknown;
    TimeMs health_since = no_time;
    /// Where this is after SourceRow::last_event: the time of its health counts from here on, and AppRow's
    /// numbers do not have it yet.
    TimeMs health_counts_from = no_time;
    bool health_ended = false, has_instance_health = false;
    Seq idle_seq = 0;            ///< input after which nothing of it was alive; 0: alive
    std::string_view host{};       ///< empty: keep the one before
};

struct TaskRow {
    Slot slot = no_slot;
    bool born = false;
    std::string_view name{};  ///< only when born
    Slot instance = no_slot;  ///< no_slot: keep the one before, it is forgotten
    AppId app = 0;
    std::string_view state{};  ///< `none` with an ended_seq: found gone by a snapshot
    TimeMs since = no_time;
    Entry entry = Entry::observed;
    TimeMs first_seen = no_time;  ///< only when born
    TimeMs ended = no_time;
    TimeMs staging = no_time;  ///< first sight, if that was TASK_STAGING
    bool started = false;      ///< has been RUNNING, or may have been where nobody listened
    Seq ended_seq = 0;         ///< 0: in the current set
    std::string_view host{}, version{};  ///< empty: keep the one before
};

struct DeploymentRow {
    Slot slot = no_slot;
    bool born = false;
    std::string_view name{};  ///< deployment id; only when born
    SourceId source = 0;
    std::string_view kind{}, outcome{};
    TimeMs requested = no_time, started = no_time, ended = no_time;
    TimeMs succeeded = no_time, failed = no_time;  ///< times of the first final event of each kind
    std::int64_t steps = 0;  ///< all, also those past the bound on steps with a row
    std::int64_t steps_done = 0, reruns = 0;
    std::string_view reason{};           ///< empty: keep the one before
    std::string_view counted_outcome{}, counted_kind{};  ///< empty: not counted yet
    bool plan_known = false, has_info = false, reason_cancels = false, contradicted = false;
    std::uint8_t action_bits = 0;
    Seq closed_seq = 0;
    bool inferred = false;  ///< known, or closed, by a snapshot only
};

struct ActionText {
    std::string_view action{}, app{};
};

struct DeploymentStepRow {
    Slot deployment = no_slot;
    std::int64_t step = 0;  ///< from 1
    std::vector<ActionText> actions{};  ///< only when first written; each has a name, an app or both
    bool born = false;
    TimeMs started = no_time, ended = no_time;
    bool open = false;
    std::uint64_t connection = 0;  ///< or file, that opened it
    std::string_view result{};  ///< empty: none yet
};

struct DeploymentAppRow {
    Slot deployment = no_slot;
    AppId app = 0;  ///< 0: no row, but all rows of the deployment so far are counted now
    std::string_view action{};  ///< empty: the action had no name
};

struct CellRow {
    SourceId source = 0;
    std::uint32_t cell = 0;  ///< number of the series in its source's World
    bool born = false;       ///< the rest but `value` only when born
    std::string_view family{};
    AppId app = 0;           ///< 0: no app label; -1: `other`
    std::string_view a{}, b{};
    std::int64_t value = 0;
};

struct HistogramRow {
    SourceId source = 0;
    HistogramFamily family{};
    std::string_view a{};
    std::vector<TimeMs> bounds{};  ///< upper bounds, ascending; +Inf is not listed
    std::vector<std::uint64_t> counts{};  ///< not cumulative; one more than the bounds
    TimeMs sum_ms = 0;
    /// Some of it was counted under other bounds: only the count and the sum can be folded again.
    bool mixed = false;
};

/// What identity says is new: `bucket` groups bodies near in time (record/identity.hpp).
struct IdentityFact {
    SourceId source = 0;
    std::int64_t bucket = 0;
    std::uint64_t connection = 0;
    Hash128 hash{};
    Seq seq = 0;  ///< of the event, where its payload and time tell bucket and hash again; else 0
};

/// Payloads of events whose own `payload` is empty then, packed by record::PayloadPacker.
struct PayloadBlock {
    Seq first_seq = 0, last_seq = 0;
    std::uint64_t events = 0;
    std::string_view packed{};
};

/// What happened: grows with every input, and may be written before the rows of state are.
struct Facts {
    Arena text;
    Seq last_seq = 0;
    std::vector<Birth> births{};
    std::vector<EventFact> events{};
    std::vector<PayloadBlock> payload_blocks{};
    std::vector<RejectedFact> rejected{};
    std::vector<IdentityFact> identities{};
    std::vector<TaskTransition> task_transitions{};
    std::vector<TaskLateEvent> task_late_events{};
    std::vector<InstanceTransition> instance_transitions{};
    std::vector<HealthFailure> health_failures{};
    std::vector<HealthTransition> health_transitions{};
    std::vector<UnhealthyKill> unhealthy_kills{};
    std::vector<PlainFact> plain{};
    std::vector<HealthCheckFact> health_checks{};
    std::vector<DeploymentCorrection> deployment_corrections{};
    std::vector<MarkFact> marks{};
};

/// What is so: grows with what changes, however often it does. Complete only after World::finish().
struct State {
    Arena names;
    std::vector<AppHourDelta> app_hours{};
    std::vector<AppHourRun> app_hour_runs{};
    std::vector<SourceRow> sources{};
    std::vector<SessionRow> sessions{};
    std::vector<GapRow> gaps{};
    std::vector<LabelRow> labels{};
    std::vector<AppRow> apps{};
    std::vector<InstanceRow> instances{};
    std::vector<TaskRow> tasks{};
    std::vector<DeploymentRow> deployments{};
    std::vector<DeploymentStepRow> deployment_steps{};
    std::size_t step_actions = 0;  ///< of all deployment_steps
    std::vector<DeploymentAppRow> deployment_apps{};
    std::vector<CellRow> cells{};
    std::vector<HistogramRow> histograms{};

    [[nodiscard]] std::size_t state_bytes() const;
};

/// Everything some inputs of one source led to. Record writes it in one transaction or not at all.
struct Batch : Facts, State {
    SourceId source = 0;
    std::uint64_t journal = 0;  ///< all before this position of the journal is folded; 0: it came by none
    bool journal_holds = false; ///< what comes next in the journal is held until a snapshot is compared
    bool by_callback = false;   ///< an input of it came by a callback

    /// About what it takes of memory; cells come only with finish().
    [[nodiscard]] std::size_t bytes() const { return text.used() + state_bytes(); }
    [[nodiscard]] bool empty() const { return events.empty() && rejected.empty() && marks.empty() && cells.empty(); }
    /// Leaves the state so far to `next`, which is empty: this one then has the facts alone.
    void hand_on_state(Batch& next) { std::swap(static_cast<State&>(*this), static_cast<State&>(next)); }
    /// Forgets everything and keeps the memory.
    void clear();
};

}  // namespace tally::model
