#include "decode/health_check.hpp"

#include "decode/fields.hpp"

namespace tally::decode {

namespace {

namespace dom = simdjson::dom;

/// Whole numbers only; anything else is as if absent.
std::optional<std::int64_t> integer_of(dom::element value) {
    std::int64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return number;
}

std::optional<double> positive_of(dom::element value) {
    double number = 0;
    if (value.get(number) != simdjson::SUCCESS || !(number > 0)) {
        return std::nullopt;
    }
    return number;
}

std::string_view command_of(dom::element command) {
    dom::element value;
    return command["value"].get(value) == simdjson::SUCCESS ? text_of(value) : std::string_view{};
}

}  // namespace

HealthCheck health_check_of(const std::optional<dom::element>& value) {
    HealthCheck check;
    dom::object object;
    if (!value || value->get(object) != simdjson::SUCCESS) {
        return check;
    }

    enum : unsigned {
        protocol = 1,
        path = 2,
        command = 4,
        port = 8,
        port_index = 16,
        interval = 32
    };

    unsigned seen = 0;
    const auto first = [&seen](unsigned field) {
        const bool is_first = (seen & field) == 0;
        seen |= field;
        return is_first;
    };
    for (const dom::key_value_pair member : object) {
        const char* p = member.key.data();
        switch (member.key.size()) {
            case 4:
                if (is(p, "path") && first(path)) {
                    check.path = text_of(member.value);
                } else if (is(p, "port") && first(port)) {
                    check.port = integer_of(member.value);
                }
                break;
            case 7:
                if (is(p, "command") && first(command)) {
                    check.command = command_of(member.value);
                }
                break;
            case 8:
                if (is(p, "protocol") && first(protocol)) {
                    check.protocol = text_of(member.value);
                }
                break;
            case 9:
                if (is(p, "portIndex") && first(port_index)) {
                    check.port_index = integer_of(member.value);
                }
                break;
            case 15:
                if (is(p, "intervalSeconds") && first(interval)) {
                    check.interval_s = positive_of(member.value);
                }
                break;
            default:
                break;
        }
    }
    return check;
}

}  // namespace tally::decode
