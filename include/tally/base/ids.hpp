#pragma once

#include <string>
#include <string_view>

/// Marathon's ids (protocol.md section c): safe(appId) is the path without its leading slash, segments
/// joined by "_". A task id is safe "." UUID, an instance id safe ".instance-" UUID or ".marathon-" UUID.
namespace tally::ids {

/// The shapes in which Marathon writes an id, tried from the right since segments may hold dots.
struct Parsed {
    std::string_view safe_app;  ///< empty: not one of Marathon's forms; a view into the text parsed
    enum class Form { none, instance, task_of_instance, legacy_task } form = Form::none;
    std::string_view prefix;  ///< "instance-" or "marathon-", empty for a legacy task
    std::string_view uuid;    ///< as written; epoch-milliseconds ids of Marathon < 0.7 land here too
};

/// Never fails: an unknown shape has form none and an empty app. Views into `id`.
[[nodiscard]] Parsed parse(std::string_view id);

/// "/" + safe app with "_" turned into "/"; empty when the id has no app in it.
[[nodiscard]] std::string app_of(std::string_view id);

/// The instance a task or instance id belongs to; an instance id is its own; a legacy task `a.UUID`
/// is `a.marathon-UUID`. An id of unknown shape is returned as it is.
/// What is returned is its own instance.
[[nodiscard]] std::string instance_of(std::string_view id);
/// The same of an id that is parsed already.
[[nodiscard]] std::string instance_of(std::string_view id, Parsed parsed);

/// The same where it is the beginning of the id, and the id is of a task; else empty. `parsed` is of `id`.
[[nodiscard]] std::string_view instance_within(std::string_view id, const Parsed& parsed);

}  // namespace tally::ids
