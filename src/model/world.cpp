#include "tally/model/world.hpp"

#include <algorithm>

#include "books.hpp"
#include "deployments.hpp"
#include "instances.hpp"
#include "tally/base/ids.hpp"
#include "tasks.hpp"

namespace tally::model {

namespace {

using decode::Event;
using decode::EventType;

constexpr TimeMs future_max_ms = 300'000;
constexpr std::size_t sample_bytes_max = 4096;

/// Bytes of the character that begins `text`, or 0 with `bad` set to those of the longest beginning
/// of one, at least 1.
std::size_t character_bytes(std::string_view text, std::size_t& bad) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    bad = 1;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    for (; bad < length; ++bad) {
        const bool second = bad == 1;
        const unsigned char low = second && lead == 0xE0   ? 0xA0
                                  : second && lead == 0xF0 ? 0x90
                                                           : 0x80;
        const unsigned char high = second && lead == 0xED   ? 0x9F
                                   : second && lead == 0xF4 ? 0x8F
                                                            : 0xBF;
        if (bad == text.size() || byte(bad) < low || byte(bad) > high) {
            return 0;
        }
    }
    return length;
}

/// `text` with a U+FFFD for each part that is not UTF-8 (the longest beginning of a character is
/// one part, as other decoders have it), and for NUL, which SQLite's text functions take for an
/// end.
std::string valid_utf8(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        std::size_t bad = 0;
        const std::size_t length = character_bytes(text, bad);
        if (length != 0 && text.front() != '\0') {
            valid.append(text, 0, length);
        } else {
            valid += "\xEF\xBF\xBD";
        }
        text.remove_prefix(length != 0 ? length : bad);
    }
    return valid;
}

std::string check_key(const decode::HealthCheck& check) {
    std::string key(check.protocol);
    const auto add = [&key](std::string_view part) {
        if (!part.empty()) {
            key += key.empty() ? "" : " ";
            key += part;
        }
    };
    add(!check.path.empty() ? check.path : check.command);
    if (check.port) {
        add("port " + std::to_string(*check.port));
    } else if (check.port_index) {
        add("portIndex " + std::to_string(*check.port_index));
    }
    return key;
}

std::string_view without_event(std::string_view type) {
    constexpr std::string_view suffix = "_event";
    return type.ends_with(suffix) ? type.substr(0, type.size() - suffix.size()) : type;
}

Health health_of(decode::Truth truth) {
    switch (truth) {
        case decode::Truth::absent:
            return Health::unknown;
        case decode::Truth::yes:
            return Health::healthy;
        case decode::Truth::no:
            break;
    }
    return Health::unhealthy;
}

/// The code behind a stored label value; "none" is a state before the first sight, but a kind of
/// deployment.
Code restored_code(Labels& labels, LabelKind kind, std::string_view name) {
    if (kind == LabelKind::nothing) {
        return 0;
    }
    const bool is_state = kind == LabelKind::task_state || kind == LabelKind::condition;
    return is_state && name == "none" ? none_code : labels.code(kind, name).code;
}

}  // namespace

class World::Impl {
  public:
    Impl(SourceId id, std::string name, Options options, AppId& next_app)
        : name_(std::move(name)),
          books_(id, options, next_app),
          instances_(books_, options.ended_max),
          tasks_(books_, instances_, options.ended_max),
          deployments_(books_, options) {}

    void apply(const Event& event, const Input& input, Batch& out);
    void reject(const Rejected& rejected, Seq seq, Batch& out);
    void restore_rejected(decode::RejectReason reason, TimeMs received, std::int64_t count);
    void finish(Batch& out);
    [[nodiscard]] Snapshot snapshot() const;

    std::string name_;
    Books books_;
    Instances instances_;
    Tasks tasks_;
    Deployments deployments_;

  private:
    void fold(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_status(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_instance(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_health(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_failure(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_kill(const Event& event, const Moment& now, Batch& out);
    void fold_check(const Event& event, const Moment& now, Batch& out);
    void fold_plain(const Event& event, const Moment& now, Batch& out);
    void tell_check(
        Apps::Index app,
        const decode::HealthCheck& check,
        std::string_view key,
        const Moment& now,
        Batch& out
    );
    void see_app(Apps::Index app, const Event& event, TimeMs received);
    [[nodiscard]] Slot instance_of(std::string_view id, const Moment& now, Batch& out);
    [[nodiscard]] EntityRef entity(std::string_view id, Batch& out) const;
    void add_plain(PlainFact fact, const Moment& now, Batch& out);
    void begin_minute(TimeMs received);

    Apps::Index app_ = 0;  ///< of the event being folded; 0: it has none
    TimeMs sample_minute_ = no_time;
    std::array<std::int64_t, decode::reject_reason_count> samples_{};  ///< rejected in that minute
};

EntityRef World::Impl::entity(std::string_view id, Batch& out) const {
    if (id.empty()) {
        return {};
    }
    const Hash128 key = hash128(id);
    const Slot instance = instances_.find(key);
    if (instance != no_slot) {
        return {.kind = EntityRef::Kind::instance, .slot = instance, .text = {}};
    }
    const Slot task = tasks_.find(key);
    if (task != no_slot) {
        return {.kind = EntityRef::Kind::task, .slot = task, .text = {}};
    }
    return {.kind = EntityRef::Kind::text, .slot = no_slot, .text = out.text.keep(id)};
}

void World::Impl::apply(const Event& event, const Input& input, Batch& out) {
    if (input.stamp.own_clock) {
        books_.last_event = std::max(books_.last_event, input.stamp.time);
        instances_.catch_up(out);
    }
    const Moment now{
        .seq = input.seq,
        .time = input.stamp.time,
        .clock = std::max(books_.last_event, input.stamp.time),
        .connection = input.connection};
    const Code type = event.type == EventType::unknown
                          ? books_.code(LabelKind::event_type, event.type_name, out)
                          : static_cast<Code>(event.type);
    books_.numbers.add(Family::events, no_app, type, 0, 1);
    app_ = event.app.empty() ? 0 : books_.apps.intern(event.app);

    EventFact fact{
        .seq = input.seq,
        .source = books_.source,
        .time = input.stamp.time,
        .received = input.stamp.received,
        .own_clock = input.stamp.own_clock,
        .connection = input.connection,
        .replay = input.replay,
        .type = type == other_code ? out.text.keep(event.type_name)
                                   : books_.labels.name(LabelKind::event_type, type),
        .app = books_.apps[app_].row,
        .entity = {},
        .payload = input.keep_payload ? out.text.keep(input.body) : std::string_view{}};
    if (event.missing.empty()) {
        fold(event, now, fact, out);
    } else {
        reject(
            {.reason = decode::RejectReason::missing_field,
             .received = input.stamp.received,
             .what = event.missing,
             .sample = input.body},
            input.seq,
            out
        );
    }
    if (fact.entity.kind == EntityRef::Kind::none) {
        fact.entity = entity(event.entity, out);
    }
    if (app_ != 0) {
        see_app(app_, event, input.stamp.received);
    }
    instances_.forget_oldest();
    out.events.push_back(fact);
    out.last_seq = input.seq;
}

/// The app's last event; whether it lives again after its end.
void World::Impl::see_app(Apps::Index index, const Event& event, TimeMs received) {
    App& app = books_.apps[index];
    app.last_received = std::max(app.last_received, received);
    const bool complete = event.missing.empty();
    if (event.type == EventType::app_terminated_event && complete) {
        app.ended = true;
    } else if (app.ended && complete && (event.type == EventType::api_post_event || event.type == EventType::add_health_check_event)) {
        app.ended = false;
    } else if (!app.ended) {
        return;
    }
    books_.apps.touch(index);
}

void World::Impl::fold(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    switch (event.type) {
        case EventType::status_update_event:
            return fold_status(event, now, fact, out);
        case EventType::instance_changed_event:
            return fold_instance(event, now, fact, out);
        case EventType::health_status_changed_event:
        case EventType::instance_health_changed_event:
            return fold_health(event, now, fact, out);
        case EventType::failed_health_check_event:
            return fold_failure(event, now, fact, out);
        case EventType::add_health_check_event:
        case EventType::remove_health_check_event:
            return fold_check(event, now, out);
        case EventType::unhealthy_task_kill_event:
        case EventType::unhealthy_instance_kill_event:
            return fold_kill(event, now, out);
        case EventType::deployment_info:
        case EventType::deployment_step_success:
        case EventType::deployment_step_failure:
        case EventType::deployment_success:
        case EventType::deployment_failed:
            fact.deployment = deployments_.apply(event, now, out);
            return;
        default:
            return fold_plain(event, now, out);
    }
}

void World::Impl::fold_status(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    const Tasks::Updated task = tasks_.update(
        {.task = event.task,
         .state = event.state,
         .host = event.host,
         .version = event.version,
         .message = event.message,
         .app = app_},
        now,
        out
    );
    fact.entity = {.kind = EntityRef::Kind::task, .slot = task.slot, .text = {}};
    if (task.began && books_.apps[app_].ended) {  // a new task of an ended app: it lives again
        books_.apps[app_].ended = false;
        books_.apps.touch(app_);
    }
}

/// The instance an id belongs to. The id of an instance is its own, so that the ids heard most need
/// no parsing.
Slot World::Impl::instance_of(std::string_view id, const Moment& now, Batch& out) {
    const Slot itself = instances_.find(hash128(id));
    return itself != no_slot ? itself
                             : instances_.find_or_make(ids::instance_of(id), app_, now, out);
}

void World::Impl::fold_instance(
    const Event& event, const Moment& now, EventFact& fact, Batch& out
) {
    const Slot slot = instance_of(event.instance, now, out);
    instances_.change(slot, app_, {.condition = event.state, .host = event.host}, now, out);
    fact.entity = entity(event.instance, out);
}

void World::Impl::fold_health(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    const Slot slot = instance_of(event.entity, now, out);
    fact.entity = entity(event.entity, out);
    instances_.set_health(
        slot,
        app_,
        {.health = health_of(event.health),
         .of_instance = event.type == EventType::instance_health_changed_event,
         .entity = fact.entity},
        now,
        out
    );
}

void World::Impl::fold_failure(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    fact.entity = entity(event.entity, out);
    const Code protocol = books_.code(LabelKind::protocol, event.check.protocol, out);
    const std::string key = check_key(event.check);
    out.health_failures.push_back(
        {.seq = now.seq,
         .time = now.time,
         .app = books_.apps[app_].row,
         .entity = fact.entity,
         .protocol = out.text.keep(event.check.protocol),
         .check_key = out.text.keep(key)}
    );
    books_.numbers.add(Family::health_check_failures, books_.apps.label(app_), protocol, 0, 1);
    ++books_.apps.hour(app_, now.time, out).failures;
    tell_check(app_, event.check, key, now, out);
}

void World::Impl::tell_check(
    Apps::Index index,
    const decode::HealthCheck& check,
    std::string_view key,
    const Moment& now,
    Batch& out
) {
    const double interval = check.interval_s.value_or(0);
    App& app = books_.apps[index];
    const Hash128 hash = hash128(key);
    if (app.last_check == hash && app.last_check_interval_s == interval) {
        return;
    }
    app.last_check = hash;
    app.last_check_interval_s = interval;
    out.health_checks.push_back(
        {.app = app.row,
         .time = now.time,
         .key = out.text.keep(key),
         .protocol = out.text.keep(check.protocol),
         .interval_s = interval}
    );
}

void World::Impl::fold_check(const Event& event, const Moment& now, Batch& out) {
    if (app_ == 0) {
        return;
    }
    if (event.type == EventType::add_health_check_event) {
        if (!event.check.protocol.empty()) {
            tell_check(app_, event.check, check_key(event.check), now, out);
        }
        return;
    }
    books_.apps[app_].last_check = {};
    out.health_checks.push_back(
        {.app = books_.apps[app_].row, .time = now.time, .key = {}, .protocol = {}}
    );
}

void World::Impl::fold_kill(const Event& event, const Moment& now, Batch& out) {
    // The instance of a 1.1-1.3 task is not in the event; it is the one the task belongs to.
    out.unhealthy_kills.push_back(
        {.seq = now.seq,
         .time = now.time,
         .app = books_.apps[app_].row,
         .task = out.text.keep(event.task),
         .instance =
             out.text.keep(event.instance.empty() ? ids::instance_of(event.task) : event.instance),
         .host = out.text.keep(event.host),
         .reason = out.text.keep(event.reason)}
    );
    books_.numbers.add(Family::unhealthy_kills, books_.apps.label(app_), 0, 0, 1);
    ++books_.apps.hour(app_, now.time, out).kills;
}

void World::Impl::add_plain(PlainFact fact, const Moment& now, Batch& out) {
    fact.seq = now.seq;
    fact.source = books_.source;
    fact.time = now.time;
    fact.app = books_.apps[app_].row;
    for (std::string_view* text : {&fact.a, &fact.b, &fact.c, &fact.d}) {
        *text = out.text.keep(*text);
    }
    out.plain.push_back(fact);
}

void World::Impl::fold_plain(const Event& event, const Moment& now, Batch& out) {
    using Kind = PlainFact::Kind;
    Numbers& numbers = books_.numbers;
    switch (event.type) {
        case EventType::api_post_event:
        case EventType::pod_created_event:
        case EventType::pod_updated_event:
        case EventType::pod_deleted_event: {
            const std::string_view verb = without_event(event.type_name);
            add_plain(
                {.kind = Kind::api_call, .a = verb, .b = event.uri, .c = event.address, .d = {}},
                now,
                out
            );
            numbers.add(Family::api_calls, no_app, books_.code(LabelKind::verb, verb, out), 0, 1);
            return;
        }
        case EventType::group_change_success:
        case EventType::group_change_failed: {
            const bool failed = event.type == EventType::group_change_failed;
            const std::string_view result = failed ? "failed" : "success";
            add_plain(
                {.kind = Kind::group_change,
                 .a = result,
                 .b = event.group,
                 .c = event.version,
                 .d = event.reason},
                now,
                out
            );
            numbers.add(
                Family::group_changes, no_app, books_.code(LabelKind::result, result, out), 0, 1
            );
            if (failed) {
                deployments_.refuse(event.version, now, out);
            }
            return;
        }
        case EventType::scheduler_registered_event:
        case EventType::scheduler_reregistered_event:
        case EventType::scheduler_disconnected_event: {
            constexpr std::string_view prefix = "scheduler_";
            const std::string_view what = without_event(event.type_name).substr(prefix.size());
            add_plain(
                {.kind = Kind::scheduler_event, .a = what, .b = event.master, .c = {}, .d = {}},
                now,
                out
            );
            numbers.add(
                Family::scheduler_events,
                no_app,
                books_.code(LabelKind::scheduler_event, what, out),
                0,
                1
            );
            return;
        }
        case EventType::subscribe_event:
        case EventType::unsubscribe_event:
        case EventType::event_stream_attached:
        case EventType::event_stream_detached:
            add_plain(
                {.kind = Kind::subscriber,
                 .a = without_event(event.type_name),
                 .b = event.address,
                 .c = {},
                 .d = {}},
                now,
                out
            );
            return;
        case EventType::unknown_instance_terminated_event:
        case EventType::unknown_task_terminated_event:
            add_plain(
                {.kind = Kind::unknown_termination,
                 .a = event.state,
                 .b = event.entity,
                 .c = {},
                 .d = {}},
                now,
                out
            );
            numbers.add(Family::unknown_terminations, books_.apps.label(app_), 0, 0, 1);
            return;
        case EventType::framework_message_event:
            add_plain(
                {.kind = Kind::framework_message,
                 .a = event.executor,
                 .b = event.agent,
                 .c = {},
                 .d = {},
                 .number = event.message_bytes},
                now,
                out
            );
            numbers.add(Family::framework_messages, no_app, 0, 0, 1);
            numbers.add(Family::framework_message_bytes, no_app, 0, 0, event.message_bytes);
            return;
        default:
            return;
    }
}

void World::Impl::begin_minute(TimeMs received) {
    constexpr TimeMs minute_ms = 60'000;
    const TimeMs minute = received / minute_ms;
    if (minute != sample_minute_) {
        sample_minute_ = minute;
        samples_ = {};
    }
}

void World::Impl::restore_rejected(
    decode::RejectReason reason, TimeMs received, std::int64_t count
) {
    begin_minute(received);
    samples_[static_cast<std::size_t>(reason)] += count;
}

void World::Impl::reject(const Rejected& rejected, Seq seq, Batch& out) {
    constexpr std::int64_t samples_max = 100;
    const auto reason = static_cast<std::size_t>(rejected.reason);
    begin_minute(rejected.received);
    const bool keep_sample = samples_[reason]++ < samples_max;
    const std::string_view name = decode::to_string(rejected.reason);
    out.rejected.push_back(
        {.source = books_.source,
         .received = rejected.received,
         .seq = seq,
         .reason = name,
         .what = out.text.keep(rejected.what),
         .sample = keep_sample
                       ? out.text.keep(valid_utf8(rejected.sample.substr(0, sample_bytes_max)))
                       : std::string_view{}}
    );
    books_.numbers.add(Family::rejected, no_app, static_cast<Code>(reason), 0, 1);
}

void World::Impl::finish(Batch& out) {
    out.sources.push_back(
        {.source = books_.source,
         .last_event = books_.last_event,
         .tasks_forgotten = tasks_.forgotten(),
         .instances_forgotten = instances_.forgotten(),
         .deployments_forgotten = deployments_.forgotten()}
    );
    books_.apps.finish(out);
    instances_.finish();
    tasks_.finish();
    deployments_.finish();
    const Labels& labels = books_.labels;
    books_.numbers.take_dirty(
        [&](std::uint32_t index, const Numbers::Cell& cell) {
            CellRow row{
                .source = books_.source, .cell = index, .born = cell.born, .value = cell.value};
            if (cell.born) {
                const FamilyLabels& family = labels_of(cell.family);
                row.family = family.name;
                row.app = !family.app ? 0 : cell.app == 0 ? -1 : books_.apps[cell.app].row;
                row.a = family.a == LabelKind::nothing ? std::string_view{}
                                                       : labels.name(family.a, cell.a);
                row.b = family.b == LabelKind::nothing ? std::string_view{}
                                                       : labels.name(family.b, cell.b);
            }
            out.cells.push_back(row);
        },
        [&](const Numbers::Histogram& histogram) {
            const LabelKind a = labels_of(histogram.family).a;
            out.histograms.push_back(
                {.source = books_.source,
                 .family = histogram.family,
                 .a = a == LabelKind::nothing ? std::string_view{} : labels.name(a, histogram.a),
                 .bounds = books_.numbers.bounds_of(histogram.family),
                 .counts = histogram.counts,
                 .sum_ms = histogram.sum_ms,
                 .mixed = histogram.mixed}
            );
        }
    );
}

Snapshot World::Impl::snapshot() const {
    const auto known = [](TimeMs time) { return time == no_time ? std::optional<TimeMs>{} : time; };
    Snapshot snapshot;
    snapshot.source = name_;
    snapshot.apps.resize(books_.apps.size());
    for (Apps::Index index = 0; index < books_.apps.size(); ++index) {
        const App& app = books_.apps[index];
        const TimeMs open = app.accrued_until == no_time
                                ? 0
                                : std::max<TimeMs>(0, books_.last_event - app.accrued_until);
        AppSample& sample = snapshot.apps[app.label];
        if (app.label == index) {
            sample.label = app.name;
            sample.ended = app.ended;
            sample.last_received = app.last_received;
        }
        sample.health_seen = sample.health_seen || app.health_seen;
        sample.unhealthy_now += app.unhealthy_now;
        const std::int64_t unhealthy = app.unhealthy_counting();
        sample.unhealthy_ms += app.unhealthy_ms + open * unhealthy;
        sample.observed_ms += app.observed_ms + open * (app.healthy_counting() + unhealthy);
        // Of the apps past the cap the one that ended last is shown.
        if (app.last_deployment_ended != no_time &&
            app.last_deployment_ended >= sample.last_deployment_ended_ms.value_or(no_time)) {
            sample.last_deployment_ended_ms = known(app.last_deployment_ended);
            sample.last_deployment_ms = known(app.last_deployment_ms);
        }
    }
    const Labels& labels = books_.labels;
    snapshot.samples.reserve(books_.numbers.cells().size());
    for (const Numbers::Cell& cell : books_.numbers.cells()) {
        const FamilyLabels& family = labels_of(cell.family);
        snapshot.samples.push_back(
            {.family = cell.family,
             .app = family.app ? cell.app : no_app,
             .a = family.a == LabelKind::nothing ? std::string_view{}
                                                 : labels.name(family.a, cell.a),
             .b = family.b == LabelKind::nothing ? std::string_view{}
                                                 : labels.name(family.b, cell.b),
             .value = cell.value}
        );
    }
    for (const Numbers::Histogram& histogram : books_.numbers.histograms()) {
        const LabelKind a = labels_of(histogram.family).a;
        snapshot.histograms.push_back(
            {.family = histogram.family,
             .a = a == LabelKind::nothing ? std::string_view{} : labels.name(a, histogram.a),
             .counts = histogram.counts,
             .sum_ms = histogram.sum_ms}
        );
    }
    snapshot.deployments_running = deployments_.running();
    snapshot.oldest_deployment_start = known(deployments_.oldest_start());
    return snapshot;
}

World::World(SourceId id, std::string name, Options options, AppId& next_app)
    : impl_(std::make_unique<Impl>(id, std::move(name), std::move(options), next_app)) {}

World::~World() = default;

SourceId World::id() const {
    return impl_->books_.source;
}

const std::string& World::name() const {
    return impl_->name_;
}

Stamp World::stamp(std::optional<TimeMs> own, TimeMs wall, bool replay) const {
    const TimeMs last = impl_->books_.last_event;
    const TimeMs received = !replay ? wall : last == no_time ? 0 : last;
    if (own && *own <= wall + future_max_ms) {
        return {.time = *own, .received = received, .own_clock = true};
    }
    return {.time = received, .received = received, .own_clock = false};
}

void World::apply(const Event& event, const Input& input, Batch& out) {
    impl_->apply(event, input, out);
}

void World::reject(const Rejected& rejected, Batch& out) {
    impl_->reject(rejected, 0, out);
}

void World::duplicate(std::string_view path) {
    impl_->books_.numbers.add(
        Family::duplicates, no_app, impl_->books_.labels.code(LabelKind::path, path).code, 0, 1
    );
}

void World::observe_lag(TimeMs lag_ms) {
    impl_->books_.numbers.observe(HistogramFamily::stream_lag, 0, std::max<TimeMs>(0, lag_ms));
}

void World::finish(Batch& out) {
    impl_->finish(out);
}

Snapshot World::snapshot() const {
    return impl_->snapshot();
}

void World::restore(const SourceRow& row) {
    impl_->books_.last_event = row.last_event;
    impl_->tasks_.restore_forgotten(row.tasks_forgotten);
    impl_->instances_.restore_forgotten(row.instances_forgotten);
    impl_->deployments_.restore_forgotten(row.deployments_forgotten);
}

void World::restore(const LabelRow& row) {
    for (std::size_t kind = 0; kind < label_kind_count; ++kind) {
        if (Labels::kind_name(static_cast<LabelKind>(kind)) == row.kind) {
            (void)impl_->books_.labels.code(static_cast<LabelKind>(kind), row.name);
        }
    }
}

void World::restore(const AppRow& row) {
    impl_->books_.apps.restore(row);
}

Slot World::restore(const InstanceRow& row) {
    return impl_->instances_.restore(row);
}

Slot World::restore(const TaskRow& row) {
    return impl_->tasks_.restore(row);
}

Slot World::restore(const DeploymentRow& row) {
    return impl_->deployments_.restore(row);
}

void World::restore(const DeploymentStepRow& row) {
    impl_->deployments_.restore(row);
}

void World::restore(const DeploymentAppRow& row) {
    impl_->deployments_.restore(row);
}

void World::restore_refused(TimeMs version) {
    impl_->deployments_.restore_refused(version);
}

void World::restore_rejected(decode::RejectReason reason, TimeMs received, std::int64_t count) {
    impl_->restore_rejected(reason, received, count);
}

void World::restore(const CellRow& row) {
    Books& books = impl_->books_;
    for (std::size_t i = 0; i < family_count; ++i) {
        const auto family = static_cast<Family>(i);
        const FamilyLabels& labels = labels_of(family);
        if (labels.name != row.family) {
            continue;
        }
        const auto code = [&](LabelKind kind, std::string_view name) -> Code {
            return restored_code(books.labels, kind, name);
        };
        const Apps::Index app = !labels.app     ? no_app
                                : row.app == -1 ? 0
                                                : books.apps.by_row(row.app);
        impl_->books_.numbers.restore(
            row.cell,
            {.family = family,
             .app = app,
             .a = code(labels.a, row.a),
             .b = code(labels.b, row.b),
             .value = row.value}
        );
        return;
    }
}

void World::restore(const HistogramRow& row) {
    const LabelKind a = labels_of(row.family).a;
    Books& books = impl_->books_;
    books.numbers.restore(
        {.family = row.family,
         .a = restored_code(books.labels, a, row.a),
         .counts = row.counts,
         .sum_ms = row.sum_ms,
         .mixed = row.mixed},
        row.bounds
    );
}

}  // namespace tally::model
