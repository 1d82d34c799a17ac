#include "decode/event_shapes.hpp"

#include "decode/body_cursor.hpp"

// Each shape below reads like the body it takes: a literal, then the field whose value follows. The
// first letters of a body tell which shapes can be meant (type and time come last in most), and
// what they begin with in common is taken once. All is inlined into one straight line for a shape.
namespace tally::decode {

namespace {

bool take_addresses(BodyCursor& in) {
    std::string_view unread;
    if (!in.take("[")) {
        return false;
    }
    if (in.take("]")) {
        return true;
    }
    do {
        if (!in.take_all(R"({"ipAddress":)", unread, R"(,"protocol":)", unread, "}")) {
            return false;
        }
    } while (in.take(","));
    return in.take("]");
}

bool take_ports(BodyCursor& in) {
    std::int64_t unread = 0;
    if (!in.take("[")) {
        return false;
    }
    if (in.take("]")) {
        return true;
    }
    do {
        if (!in.take(unread)) {
            return false;
        }
    } while (in.take(","));
    return in.take("]");
}

/// The members of a health check. `none`: not as it should be.
enum class CheckMember : unsigned {
    none,
    command,
    delay,
    grace_period,
    failures_max,
    timeout,
    interval,
    ignore_1xx,
    ip_protocol,
    protocol,
    path,
    port_index,
    port,
};

/// Takes the member that comes next: its first letter tells nearly which.
CheckMember take_check_member(BodyCursor& in, HealthCheck& check) {
    using enum CheckMember;
    std::int64_t number = 0;
    std::string_view text;
    char letter = 0;
    switch (in.next(1)) {  // behind the quote
        case 'c':
            return in.take_all(R"("command":{"value":)", check.command, "}") ? command : none;
        case 'd':
            return in.take_all(R"("delaySeconds":)", number) ? delay : none;
        case 'g':
            return in.take_all(R"("gracePeriodSeconds":)", number) ? grace_period : none;
        case 'm':
            return in.take_all(R"("maxConsecutiveFailures":)", number) ? failures_max : none;
        case 't':
            return in.take_all(R"("timeoutSeconds":)", number) ? timeout : none;
        case 'i':
            if (in.take(R"("intervalSeconds":)")) {
                const bool taken = in.take(number);
                if (number > 0) {
                    check.interval_s = static_cast<double>(number);
                }
                return taken ? interval : none;
            }
            if (in.take(R"("ignoreHttp1xx":)")) {
                return in.take(Literal{letter}) ? ignore_1xx : none;
            }
            return in.take_all(R"("ipProtocol":)", text) ? ip_protocol : none;
        case 'p':
            if (in.take(R"("protocol":)")) {
                return in.take(check.protocol) ? protocol : none;
            }
            if (in.take(R"("path":)")) {
                return in.take(check.path) ? path : none;
            }
            if (in.take(R"("portIndex":)")) {
                return in.take(check.port_index.emplace()) ? port_index : none;
            }
            return in.take_all(R"("port":)", check.port.emplace()) ? port : none;
        default:
            return none;
    }
}

/// The members in any order, for it has changed often, each once.
bool take_health_check(BodyCursor& in, HealthCheck& check) {
    unsigned seen = 0;
    if (!in.take("{")) {
        return false;
    }
    do {
        const CheckMember member = take_check_member(in, check);
        const unsigned bit = 1U << static_cast<unsigned>(member);
        if (member == CheckMember::none || (seen & bit) != 0) {
            return false;
        }
        seen |= bit;
    } while (in.take(","));
    return in.take("}");
}

Truth truth_of(char first_letter) {
    return first_letter == 't' ? Truth::yes : first_letter == 'f' ? Truth::no : Truth::absent;
}

bool is_blank(char c) {
    return c == ' ';  // the only one of JSON's that a string holds without an escape
}

// The shapes, a member a line.
// clang-format off

bool read_status_update(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    if (!in.take_all(R"({"slaveId":)", event.agent,
                     R"(,"taskId":)", event.task,
                     R"(,"taskStatus":)", event.state,
                     R"(,"message":)", event.message,
                     R"(,"appId":)", event.app,
                     R"(,"host":)", event.host)) {
        return false;
    }
    if (in.take(R"(,"ipAddresses":)") && !take_addresses(in)) {  // 1.1 to 1.3: if there are some
        return false;
    }
    event.type = EventType::status_update_event;
    event.entity = event.task;
    return in.take(R"(,"ports":)") && take_ports(in) &&
           in.take_all(R"(,"version":)", event.version,
                       TypeLiteral(R"(,"eventType":"status_update_event","timestamp":)"), timestamp,
                       "}") &&
           !event.state.empty();
}

bool read_instance_changed(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    event.type = EventType::instance_changed_event;
    event.entity = event.instance;
    return in.take_all(R"(,"condition":)", event.state,
                       R"(,"runSpecId":)", event.app,
                       R"(,"agentId":)", event.agent,
                       R"(,"host":)", event.host,
                       R"(,"runSpecVersion":)", event.version,
                       R"(,"timestamp":)", timestamp,
                       TypeLiteral(R"(,"eventType":"instance_changed_event"})")) &&
           !event.state.empty() && !is_blank(event.state.front()) && !is_blank(event.state.back());
}

bool read_instance_health(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    char healthy = 0;
    if (!in.take_all(R"(,"runSpecId":)", event.app,
                     R"(,"healthy":)", Literal{healthy},
                     R"(,"runSpecVersion":)", event.version,
                     R"(,"timestamp":)", timestamp,
                     TypeLiteral(R"(,"eventType":"instance_health_changed_event"})"))) {
        return false;
    }
    event.type = EventType::instance_health_changed_event;
    event.entity = event.instance;
    event.health = truth_of(healthy);
    return true;
}

/// Those that begin with the instance.
bool read_of_instance(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    if (!in.take_all(R"({"instanceId":)", event.instance)) {
        return false;
    }
    return in.next(2) == 'c' ? read_instance_changed(in, event, timestamp)
                             : read_instance_health(in, event, timestamp);
}

bool read_health_status(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    char alive = 0;
    if (!in.take_all(R"(,"version":)", event.version,
                     R"(,"alive":)", Literal{alive},
                     TypeLiteral(R"(,"eventType":"health_status_changed_event","timestamp":)"),
                     timestamp,
                     "}")) {
        return false;
    }
    event.type = EventType::health_status_changed_event;
    event.health = truth_of(alive);
    return event.health != Truth::absent;
}

/// Up to 1.4: behind the id.
bool read_failed_check(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    event.type = EventType::failed_health_check_event;
    return in.take(R"(,"healthCheck":)") && take_health_check(in, event.check) &&
           in.take_all(TypeLiteral(R"(,"eventType":"failed_health_check_event","timestamp":)"),
                       timestamp,
                       "}") &&
           !event.check.protocol.empty();
}

/// From 1.5 on: before the id.
bool read_failed_check_first(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    event.type = EventType::failed_health_check_event;
    const bool taken =
        in.take(TypeLiteral(R"(,"eventType":"failed_health_check_event","healthCheck":)")) &&
        take_health_check(in, event.check) &&
        in.take_all(R"(,"taskId":)", event.task,
                    R"(,"timestamp":)", timestamp,
                    "}");
    event.entity = event.task;
    return taken && !event.check.protocol.empty();
}

/// Those that begin with the app.
bool read_of_app(BodyCursor& in, Event& event, const Timestamp& timestamp) {
    if (!in.take_all(R"({"appId":)", event.app)) {
        return false;
    }
    if (in.next(2) == 'e') {
        return read_failed_check_first(in, event, timestamp);
    }
    const bool has_id = in.next(2) == 't' ? in.take_all(R"(,"taskId":)", event.task)
                                          : in.take_all(R"(,"instanceId":)", event.instance);
    event.entity = event.task.empty() ? event.instance : event.task;
    return has_id && (in.next(2) == 'h' ? read_failed_check(in, event, timestamp)
                                        : read_health_status(in, event, timestamp));
}

// clang-format on

}  // namespace

bool EventShapes::read(std::string_view body, Event& event) {
    BodyCursor in(body);
    const Timestamp timestamp{clock_, event.timestamp};
    bool is_of_shape = false;
    switch (in.next(2)) {  // {"...
        case 's':
            is_of_shape = read_status_update(in, event, timestamp);
            break;
        case 'i':
            is_of_shape = read_of_instance(in, event, timestamp);
            break;
        case 'a':
            is_of_shape = read_of_app(in, event, timestamp);
            break;
        default:
            break;
    }
    event.type_name = in.type();
    // Without its needed ids it is for the reader of all events, which finds them or names them.
    return is_of_shape && in.finish() && !event.entity.empty() && !event.app.empty();
}

}  // namespace tally::decode
