#include "simulate/malformed.hpp"

#include <array>

namespace tally::simulate {

Said Malformed::make(TimeMs time, std::string_view good) {
    Said said;
    said.time = time;
    switch (random_.below(4)) {
        case 0:
            said.fault = Fault::not_json;
            not_json(good);
            break;
        case 1:
            said.fault = Fault::not_object;
            not_object(good);
            break;
        case 2:
            said.fault = Fault::no_event_type;
            no_event_type(time);
            break;
        default:
            said.fault = Fault::missing_field;
            said.type = missing_field(time);
            break;
    }
    return said;
}

void Malformed::not_json(std::string_view good) {
    const std::uint32_t kind = random_.below(9);
    switch (kind) {
        case 0:
            body_ = good.substr(0, 1 + random_.below(static_cast<std::uint32_t>(good.size() - 1)));
            return;
        case 1:
            body_.assign(good) += '}';
            return;
        case 2:
            body_ = R"({"eventType":"bad)"
                    "\x01"
                    R"(control"})";
            return;
        case 3:
            body_ = R"({"eventType":"not utf-8 )"
                    "\xff\xfe"
                    R"("})";
            return;
        case 4:
            body_ = R"({"eventType":"lone \ud800 surrogate"})";
            return;
        case 5:
            body_ = R"({"eventType":"status_update_event","ports":[01]})";
            return;
        case 6:
            body_ = R"({"eventType":"bad escape \x41"})";
            return;
        case 7:
            body_ = "EOF";
            return;
        default:
            break;
    }
    constexpr std::size_t too_deep = 600;
    body_ = R"({"eventType":"deep","x":)" + std::string(too_deep, '[') +
            std::string(too_deep, ']') + "}";
}

void Malformed::not_object(std::string_view good) {
    switch (random_.below(4)) {
        case 0:
            (body_.assign("[") += good) += ']';
            return;
        case 1:
            body_ = R"("status_update_event")";
            return;
        case 2:
            body_ = "42";
            return;
        default:
            body_ = "null";
            return;
    }
}

void Malformed::no_event_type(TimeMs time) {
    const std::string stamp = R"("timestamp":")" + format_timestamp(time) + "\"}";
    switch (random_.below(4)) {
        case 0:
            body_ = "{" + stamp;
            return;
        case 1:
            body_ = R"({"eventType":"",)" + stamp;
            return;
        case 2:
            body_ = R"({"eventType":7,)" + stamp;
            return;
        default:
            body_ = "{}";
            return;
    }
}

EventType Malformed::missing_field(TimeMs time) {
    struct Lacking {
        EventType type;
        std::string_view fields;
    };

    static constexpr std::array<Lacking, 8> all{{
        {EventType::status_update, R"("taskStatus":"TASK_RUNNING","appId":"/lacks/task-id")"},
        {EventType::status_update,
         R"("taskId":"lacks_status.3f80d17a-37e6-11e4-b05e-56847afe9799","appId":"/lacks/status")"},
        {EventType::instance_changed,
         R"("instanceId":"a.instance-3f80d17a-37e6-11e4-b05e-56847afe9799","condition":null)"},
        {EventType::failed_health_check,
         R"("appId":"/lacks/check","taskId":"lacks_check.3f80d17a-37e6-11e4-b05e-56847afe9799")"},
        {EventType::health_status_changed,
         R"("appId":"/a","taskId":"a.3f80d17a-37e6-11e4-b05e-56847afe9799","alive":"yes")"},
        {EventType::deployment_success,
         R"("plan":{"steps":[],"version":"2019-08-20T10:00:00.001Z"})"},
        {EventType::group_change_success, R"("version":"2019-08-20T10:00:00.001Z")"},
        {EventType::app_terminated, R"("appId":"")"},
    }};
    const Lacking& chosen = all[random_.below(all.size())];
    body_ = "{";
    body_ += chosen.fields;
    body_ += R"(,"eventType":")";
    body_ += name_of(chosen.type);
    body_ += R"(","timestamp":")" + format_timestamp(time) + "\"}";
    return chosen.type;
}

}  // namespace tally::simulate
