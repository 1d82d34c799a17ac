#include "plain_events.hpp"

namespace tally::model {

namespace {

using decode::Event;
using decode::EventType;
using Kind = PlainFact::Kind;

std::string_view without_event(std::string_view type) {
    constexpr std::string_view suffix = "_event";
    return type.ends_with(suffix) ? type.substr(0, type.size() - suffix.size()) : type;
}

}  // namespace

void PlainEvents::fold(const Event& event, Apps::Index app, const Moment& now, Batch& out) {
    switch (event.type) {
        case EventType::api_post_event:
        case EventType::pod_created_event:
        case EventType::pod_updated_event:
        case EventType::pod_deleted_event:
            return api_call(event, app, now, out);
        case EventType::group_change_success:
        case EventType::group_change_failed:
            return group_change(event, app, now, out);
        case EventType::scheduler_registered_event:
        case EventType::scheduler_reregistered_event:
        case EventType::scheduler_disconnected_event:
            return scheduler(event, app, now, out);
        case EventType::subscribe_event:
        case EventType::unsubscribe_event:
        case EventType::event_stream_attached:
        case EventType::event_stream_detached: {
            const std::string_view what = without_event(event.type_name);
            return add({.kind = Kind::subscriber, .a = what, .b = event.address}, app, now, out);
        }
        case EventType::unknown_instance_terminated_event:
        case EventType::unknown_task_terminated_event:
            return unknown_end(event, app, now, out);
        case EventType::framework_message_event:
            return message(event, app, now, out);
        default:
            return;
    }
}

void PlainEvents::api_call(const Event& event, Apps::Index app, const Moment& now, Batch& out) {
    const std::string_view verb = without_event(event.type_name);
    add({.kind = Kind::api_call, .a = verb, .b = event.uri, .c = event.address}, app, now, out);
    count(Family::api_calls, LabelKind::verb, verb, out);
}

void PlainEvents::group_change(const Event& event, Apps::Index app, const Moment& now, Batch& out) {
    const bool failed = event.type == EventType::group_change_failed;
    const std::string_view result = failed ? "failed" : "success";
    add({.kind = Kind::group_change,
         .a = result,
         .b = event.group,
         .c = event.version,
         .d = event.reason},
        app,
        now,
        out);
    count(Family::group_changes, LabelKind::result, result, out);
    if (failed) {
        deployments_.refuse(event.version, now, out);
    }
}

void PlainEvents::scheduler(const Event& event, Apps::Index app, const Moment& now, Batch& out) {
    constexpr std::string_view prefix = "scheduler_";
    const std::string_view what = without_event(event.type_name).substr(prefix.size());
    add({.kind = Kind::scheduler_event, .a = what, .b = event.master}, app, now, out);
    count(Family::scheduler_events, LabelKind::scheduler_event, what, out);
}

void PlainEvents::unknown_end(const Event& event, Apps::Index app, const Moment& now, Batch& out) {
    add({.kind = Kind::unknown_termination, .a = event.state, .b = event.entity}, app, now, out);
    books_.numbers.add(Family::unknown_terminations, books_.apps.label(app), 0, 0, 1);
}

void PlainEvents::message(const Event& event, Apps::Index app, const Moment& now, Batch& out) {
    add({.kind = Kind::framework_message,
         .a = event.executor,
         .b = event.agent,
         .number = event.message_bytes},
        app,
        now,
        out);
    books_.numbers.add(Family::framework_messages, no_app, 0, 0, 1);
    books_.numbers.add(Family::framework_message_bytes, no_app, 0, 0, event.message_bytes);
}

void PlainEvents::add(PlainFact fact, Apps::Index app, const Moment& now, Batch& out) {
    fact.seq = now.seq;
    fact.source = books_.source;
    fact.time = now.time;
    fact.app = books_.apps[app].row;
    for (std::string_view* text : {&fact.a, &fact.b, &fact.c, &fact.d}) {
        *text = out.text.keep(*text);
    }
    out.plain.push_back(fact);
}

void PlainEvents::count(Family family, LabelKind kind, std::string_view name, Batch& out) {
    books_.numbers.add(family, no_app, books_.code(kind, name, out), 0, 1);
}

}  // namespace tally::model
