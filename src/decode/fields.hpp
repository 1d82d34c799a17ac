#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include <simdjson.h>

namespace tally::decode {

/// The top-level keys that mean something to us, of all event types together.
enum class Key : std::uint8_t {
    agent_id,
    alive,
    app_definition,
    app_id,
    client_ip,
    condition,
    current_step,
    event_type,
    executor_id,
    group_id,
    health_check,
    healthy,
    host,
    id,
    instance_id,
    master,
    message,
    plan,
    reason,
    remote_address,
    run_spec_id,
    run_spec_version,
    slave_id,
    status,
    task_id,
    task_status,
    timestamp,
    uri,
    version,
    none,
};
inline constexpr std::size_t key_count = static_cast<std::size_t>(Key::none);

/// Whether the literal's length of bytes at `text` are the literal: a compare of constant length,
/// which the compiler turns into one or two loads (a memcmp call for each key would cost more than
/// the parse).
template <std::size_t size>
[[gnu::always_inline]] inline bool is(const char* text, const char (&literal)[size]) {
    return std::memcmp(text, literal, size - 1) == 0;
}

/// Length first, then the first byte where several keys are equally long.
[[gnu::always_inline]] inline Key key_of(std::string_view name) {
    const char* p = name.data();
    switch (name.size()) {
        case 2:
            return is(p, "id") ? Key::id : Key::none;
        case 3:
            return is(p, "uri") ? Key::uri : Key::none;
        case 4:
            return is(p, "host") ? Key::host : is(p, "plan") ? Key::plan : Key::none;
        case 5:
            return is(p, "appId") ? Key::app_id : is(p, "alive") ? Key::alive : Key::none;
        case 6:
            switch (p[0]) {
                case 't':
                    return is(p, "taskId") ? Key::task_id : Key::none;
                case 'r':
                    return is(p, "reason") ? Key::reason : Key::none;
                case 's':
                    return is(p, "status") ? Key::status : Key::none;
                case 'm':
                    return is(p, "master") ? Key::master : Key::none;
                default:
                    return Key::none;
            }
        case 7:
            switch (p[0]) {
                case 'v':
                    return is(p, "version") ? Key::version : Key::none;
                case 'm':
                    return is(p, "message") ? Key::message : Key::none;
                case 's':
                    return is(p, "slaveId") ? Key::slave_id : Key::none;
                case 'a':
                    return is(p, "agentId") ? Key::agent_id : Key::none;
                case 'h':
                    return is(p, "healthy") ? Key::healthy : Key::none;
                case 'g':
                    return is(p, "groupId") ? Key::group_id : Key::none;
                default:
                    return Key::none;
            }
        case 8:
            return is(p, "clientIp") ? Key::client_ip : Key::none;
        case 9:
            switch (p[0]) {
                case 'e':
                    return is(p, "eventType") ? Key::event_type : Key::none;
                case 't':
                    return is(p, "timestamp") ? Key::timestamp : Key::none;
                case 'r':
                    return is(p, "runSpecId") ? Key::run_spec_id : Key::none;
                case 'c':
                    return is(p, "condition") ? Key::condition : Key::none;
                default:
                    return Key::none;
            }
        case 10:
            switch (p[0]) {
                case 't':
                    return is(p, "taskStatus") ? Key::task_status : Key::none;
                case 'i':
                    return is(p, "instanceId") ? Key::instance_id : Key::none;
                case 'e':
                    return is(p, "executorId") ? Key::executor_id : Key::none;
                default:
                    return Key::none;
            }
        case 11:
            return is(p, "healthCheck")   ? Key::health_check
                   : is(p, "currentStep") ? Key::current_step
                                          : Key::none;
        case 13:
            return is(p, "remoteAddress")   ? Key::remote_address
                   : is(p, "appDefinition") ? Key::app_definition
                                            : Key::none;
        case 14:
            return is(p, "runSpecVersion") ? Key::run_spec_version : Key::none;
        default:
            return Key::none;
    }
}

/// The text of a string; empty for null and every other type.
[[gnu::always_inline]] inline std::string_view text_of(simdjson::dom::element value) {
    std::string_view text;
    if (value.is_string()) {
        text = value.get_string().value_unsafe();
    }
    return text;
}

/// The top-level members of one event, by key; of equal keys the first. Values are looked at only
/// when asked for. Elements point into the parsed document.
class Fields {
  public:
    [[gnu::always_inline]] void collect(simdjson::dom::object object) {
        seen_ = 0;
        for (const simdjson::dom::key_value_pair member : object) {
            const Key key = key_of(member.key);
            const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(key);
            if (key != Key::none && (seen_ & bit) == 0) {
                seen_ |= bit;
                values_[static_cast<std::size_t>(key)] = member.value;
            }
        }
    }

    /// Whether the key is there, with any value.
    [[nodiscard]] bool has(Key key) const { return (seen_ >> static_cast<unsigned>(key) & 1) != 0; }

    /// Nothing when the key is absent.
    [[nodiscard]] std::optional<simdjson::dom::element> find(Key key) const {
        if (!has(key)) {
            return std::nullopt;
        }
        return values_[static_cast<std::size_t>(key)];
    }

    /// The string; empty when absent, null or of another type.
    [[nodiscard]] std::string_view text(Key key) const {
        return has(key) ? text_of(values_[static_cast<std::size_t>(key)]) : std::string_view{};
    }

    /// The first of the two that is not empty.
    [[nodiscard]] std::string_view text(Key key, Key other) const {
        const std::string_view first = text(key);
        return first.empty() ? text(other) : first;
    }

  private:
    static_assert(key_count <= 64);
    std::uint64_t seen_ = 0;
    std::array<simdjson::dom::element, key_count> values_;
};

}  // namespace tally::decode
