#pragma once

#include <string>
#include <string_view>

#include "tally/decode/decoder.hpp"

namespace tally::decode {

/// `body` with bytes behind it that are readable but must not matter: a parser that looks at them
/// as if they were JSON shows at once.
class PaddedBody {
  public:
    explicit PaddedBody(std::string_view body) : bytes_(body), size_(body.size()) {
        bytes_.append(body_padding, '"');
    }

    [[nodiscard]] std::string_view view() const {
        return std::string_view(bytes_).substr(0, size_);
    }

  private:
    std::string bytes_;
    std::size_t size_;
};

inline void describe_step(std::string& text, Step step) {
    text += '[';
    for (const Action& action : step) {
        text += text.back() == '[' ? "" : ", ";
        text += std::string(action.name) + ' ' + std::string(action.app);
    }
    text += ']';
}

/// Every field that is not empty as `name=value`, in the order of the struct, joined by " | ": two
/// events with equal descriptions are equal.
inline std::string describe(const Event& event) {
    std::string text(to_string(event.type));
    const auto add = [&text](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            text += " | " + std::string(name) + '=' + std::string(value);
        }
    };
    add("type_name", event.type_name == to_string(event.type) ? "" : event.type_name);
    add("time", event.timestamp ? format_timestamp(*event.timestamp) : "");
    add("missing", event.missing);
    add("app", event.app);
    add("task", event.task);
    add("instance", event.instance);
    add("entity", event.entity);
    add("state", event.state);
    add("host", event.host);
    add("version", event.version);
    add("message", event.message);
    add("reason", event.reason);
    add("health", event.health == Truth::absent ? "" : event.health == Truth::yes ? "yes" : "no");
    add("protocol", event.check.protocol);
    add("path", event.check.path);
    add("command", event.check.command);
    add("port", event.check.port ? std::to_string(*event.check.port) : "");
    add("port_index", event.check.port_index ? std::to_string(*event.check.port_index) : "");
    add("interval", event.check.interval_s ? std::to_string(*event.check.interval_s) : "");
    add("deployment", event.deployment_id);
    add("plan_version", event.plan_version);
    std::string steps;
    for (const Step& step : event.steps) {
        describe_step(steps, step);
    }
    add("plan", event.plan_known && steps.empty() ? "no steps" : steps);
    std::string current;
    if (event.current_step) {
        describe_step(current, *event.current_step);
    }
    add("current", current);
    add("group", event.group);
    add("uri", event.uri);
    add("address", event.address);
    add("master", event.master);
    add("executor", event.executor);
    add("agent", event.agent);
    add("bytes", event.message_bytes == 0 ? "" : std::to_string(event.message_bytes));
    return text;
}

/// The event's description, or "REASON at OFFSET: WHAT", with the time it is of if it has one.
inline std::string decoded(Decoder& decoder, std::string_view body) {
    const PaddedBody padded(body);
    const auto result = decoder.decode(padded.view());
    if (result) {
        return describe(*result);
    }
    const DecodeError& error = result.error();
    return std::string(to_string(error.reason)) + " at " + std::to_string(error.offset) + ": " +
           error.what + (error.timestamp ? " of " + format_timestamp(*error.timestamp) : "");
}

inline std::string decoded(std::string_view body) {
    Decoder decoder;
    return decoded(decoder, body);
}

}  // namespace tally::decode
