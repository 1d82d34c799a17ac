#include "fold.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "number_rows.hpp"
#include "tally/base/ids.hpp"

namespace tally::model {

namespace {

using decode::EventType;

void add_number(std::string_view name, std::int64_t number, std::string& key) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    key += key.empty() ? "" : " ";
    key += name;
    key.append(digits.data(), end);
}

void check_key(const decode::HealthCheck& check, std::string& key) {
    key = check.protocol;
    const std::string_view what = !check.path.empty() ? check.path : check.command;
    if (!what.empty()) {
        key += key.empty() ? "" : " ";
        key += what;
    }
    if (check.port) {
        add_number("port ", *check.port, key);
    } else if (check.port_index) {
        add_number("portIndex ", *check.port_index, key);
    }
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

}  // namespace

/// Of an id that is that of a task, the instances have nothing to say.
Fold::Known Fold::look_up(std::string_view id, bool is_task) const {
    Known known{.id = id};
    if (id.empty()) {
        return known;
    }
    known.key = hash128(id);
    if (!is_task) {
        known.instance = instances_.find(known.key);
    }
    if (known.instance == no_slot) {
        known.task = tasks_.find(known.key);
    }
    if (tasks_.lives(known.task)) {
        instances_.prefetch(tasks_[known.task].instance);
    }
    return known;
}

/// Nearly always that which it had before.
Apps::Index Fold::app_of(const Event& event, const Known& known) {
    if (event.app.empty()) {
        return 0;
    }
    const Apps::Index before = known.instance != no_slot ? instances_[known.instance].app
                               : known.task != no_slot   ? tasks_[known.task].app
                                                         : 0;
    return books_.apps.intern(event.app, before);
}

EntityRef Fold::entity_of(const Known& known, Batch& out) const {
    if (known.instance != no_slot) {
        return {.kind = EntityRef::Kind::instance, .slot = known.instance, .text = {}};
    }
    if (known.task != no_slot) {
        return {.kind = EntityRef::Kind::task, .slot = known.task, .text = {}};
    }
    if (known.id.empty()) {
        return {};
    }
    return {.kind = EntityRef::Kind::text, .slot = no_slot, .text = out.text.keep(known.id)};
}

namespace {

/// Where `name` is in the body: known of a part of it, looked for otherwise.
EventFact::Place place(std::string_view name, std::string_view body) {
    if (name.empty()) {
        return {};
    }
    const std::less_equal<const char*> not_after;
    const bool is_part = not_after(body.data(), name.data()) &&
                         not_after(name.data() + name.size(), body.data() + body.size());
    const std::size_t at = is_part ? static_cast<std::size_t>(name.data() - body.data()) : body.find(name);
    return at == std::string_view::npos
               ? EventFact::Place{}
               : EventFact::Place{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(name.size())};
}

}  // namespace

void Fold::apply(const Event& event, const World::Input& input, Batch& out) {
    if (input.stamp.own_clock) {
        books_.last_event = std::max(books_.last_event, input.stamp.time);
        instances_.catch_up(out);
    }
    const Moment now{
        .seq = input.seq,
        .time = input.stamp.time,
        .clock = books_.health_clock.at(std::max(books_.last_event, input.stamp.time)),
        .connection = input.connection,
        .received = input.stamp.received};
    const Code type = event.type == EventType::unknown
                          ? books_.code(LabelKind::event_type, event.type_name, out)
                          : static_cast<Code>(event.type);
    books_.numbers.add(Family::events, no_app, type, 0, 1);
    known_ = look_up(
        event.entity, event.type == EventType::status_update_event && event.missing.empty()
    );
    app_ = app_of(event, known_);

    EventFact& fact = out.events.emplace_back(EventFact{
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
        .payload = input.keep_payload ? out.text.keep(input.body) : std::string_view{}});
    if (event.missing.empty()) {
        fold(event, now, fact, out);
    } else {
        rejections_.add(
            {.reason = decode::RejectReason::missing_field,
             .received = input.stamp.received,
             .what = event.missing,
             .sample = input.body},
            input.seq,
            out
        );
    }
    if (fact.entity.kind == EntityRef::Kind::none) {
        fact.entity = entity_of(known_, out);
    }
    if (input.keep_payload) {
        fact.entity_place = place(event.entity, input.body);
        fact.app_place = place(event.app, input.body);
    }
    if (app_ != 0) {
        see_app(event, input.stamp.received);
    }
    instances_.forget_oldest();
    stream_.see_event(input.connection, input.stamp.received);
    out.last_seq = input.seq;
}

void Fold::apply(const Mark& mark, Seq seq, Batch& out) {
    stream_.apply(mark, out);
    if (mark.kind == Mark::Kind::reconciled && mark.cause == "ok") {
        apply_differences(mark, seq, out);
        instances_.forget_oldest();
    }
    out.last_seq = seq + mark.seqs() - 1;
}

/// The app's last event; whether it lives again after its end.
void Fold::see_app(const Event& event, TimeMs received) {
    App& app = books_.apps[app_];
    app.last_received = std::max(app.last_received, received);
    const bool complete = event.missing.empty();
    if (event.type == EventType::app_terminated_event && complete) {
        app.ended = true;
    } else if (app.ended && complete && (event.type == EventType::api_post_event || event.type == EventType::add_health_check_event)) {
        app.ended = false;
    } else if (!app.ended) {
        return;
    }
    books_.apps.touch(app_);
}

void Fold::fold(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
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
            return plain_.fold(event, app_, now, out);
    }
}

void Fold::fold_status(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    const Tasks::Updated task = tasks_.update(
        {.task = event.task,
         .state = event.state,
         .host = event.host,
         .version = event.version,
         .message = event.message,
         .app = app_},
        {.key = known_.key, .slot = known_.task},
        now,
        out
    );
    fact.entity = {.kind = EntityRef::Kind::task, .slot = task.slot, .text = {}};
    if (task.began && books_.apps[app_].ended) {  // a new task of an ended app: it lives again
        books_.apps[app_].ended = false;
        books_.apps.touch(app_);
    }
}

/// The instance the event is about, which is known from here on.
Slot Fold::instance_of(const Moment& now, EventFact& fact, Batch& out) {
    const Slot slot = instance_of(known_, now, out);
    fact.entity = known_.instance != no_slot ? entity_of(known_, out) : entity(known_.id, out);
    return slot;
}

/// The instance an id belongs to. The id of an instance is its own, and a task that lives has one: the ids heard most
/// need no parsing.
Slot Fold::instance_of(const Known& known, const Moment& now, Batch& out) {
    if (known.instance != no_slot) {
        instances_.speak_of(known.instance, known.id);
        return known.instance;
    }
    if (tasks_.lives(known.task)) {
        return tasks_[known.task].instance;  // it lives too, so its name is known
    }
    return instances_.find_or_make(ids::instance_of(known.id), app_, now, out);
}

void Fold::fold_instance(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    const Slot slot = instance_of(now, fact, out);
    instances_.change(slot, app_, {.condition = event.state, .host = event.host}, now, out);
}

void Fold::fold_health(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    const Slot slot = instance_of(now, fact, out);
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

void Fold::fold_failure(const Event& event, const Moment& now, EventFact& fact, Batch& out) {
    fact.entity = entity_of(known_, out);
    const Code protocol = books_.code(LabelKind::protocol, event.check.protocol, out);
    check_key(event.check, check_key_);
    out.health_failures.push_back(
        {.seq = now.seq,
         .time = now.time,
         .app = books_.apps[app_].row,
         .entity = fact.entity,
         .protocol = protocol == other_code ? out.text.keep(event.check.protocol)
                                            : books_.labels.name(LabelKind::protocol, protocol),
         .check_key = out.text.keep(check_key_)}
    );
    books_.numbers.add(Family::health_check_failures, books_.apps.label(app_), protocol, 0, 1);
    ++books_.apps.hour(app_, now.time, out).failures;
    tell_check(event.check, check_key_, now, out);
}

void Fold::tell_check(
    const decode::HealthCheck& check, std::string_view key, const Moment& now, Batch& out
) {
    const double interval = check.interval_s.value_or(0);
    App& app = books_.apps[app_];
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

void Fold::fold_check(const Event& event, const Moment& now, Batch& out) {
    if (app_ == 0) {
        return;
    }
    if (event.type == EventType::add_health_check_event) {
        if (!event.check.protocol.empty()) {
            check_key(event.check, check_key_);
            tell_check(event.check, check_key_, now, out);
        }
        return;
    }
    books_.apps[app_].last_check = {};
    out.health_checks.push_back(
        {.app = books_.apps[app_].row, .time = now.time, .key = {}, .protocol = {}}
    );
}

void Fold::fold_kill(const Event& event, const Moment& now, Batch& out) {
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

void Fold::finish(Batch& out) {
    out.sources.push_back(
        {.source = books_.source,
         .last_event = books_.last_event,
         .tasks_forgotten = tasks_.forgotten(),
         .instances_forgotten = instances_.forgotten(),
         .deployments_forgotten = deployments_.forgotten(),
         .framework = out.names.keep(stream_.framework()),
         .reconciled = stream_.reconciled(),
         .stopped = stream_.stopped()}
    );
    stream_.finish(out);
    books_.apps.finish(out);
    instances_.finish(out);
    tasks_.finish(out);
    deployments_.finish();
    write_numbers(books_, out);
}

}  // namespace tally::model
