#include "labels.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "tally/base/assert.hpp"
#include "tally/decode/event.hpp"

namespace tally::model {

namespace {

constexpr std::array<std::string_view, 14> task_states{
    "TASK_STAGING",
    "TASK_STARTING",
    "TASK_RUNNING",
    "TASK_KILLING",
    "TASK_FINISHED",
    "TASK_FAILED",
    "TASK_KILLED",
    "TASK_ERROR",
    "TASK_DROPPED",
    "TASK_GONE",
    "TASK_LOST",
    "TASK_UNREACHABLE",
    "TASK_UNKNOWN",
    "TASK_GONE_BY_OPERATOR"};
static_assert(task_states[state::running] == "TASK_RUNNING");
static_assert(task_states[state::gone] == "TASK_GONE");
static_assert(task_states[state::gone_by_operator] == "TASK_GONE_BY_OPERATOR");

constexpr std::array<std::string_view, 17> conditions{
    "Created",
    "Provisioned",
    "Reserved",
    "Scheduled",
    "Staging",
    "Starting",
    "Running",
    "Killing",
    "Unreachable",
    "UnreachableInactive",
    "Finished",
    "Failed",
    "Killed",
    "Error",
    "Gone",
    "Dropped",
    "Unknown"};
static_assert(conditions[condition::provisioned] == "Provisioned");
static_assert(conditions[condition::scheduled] == "Scheduled");
static_assert(conditions[condition::staging] == "Staging");
static_assert(conditions[condition::running] == "Running");
static_assert(conditions[condition::unreachable_inactive] == "UnreachableInactive");
static_assert(conditions[condition::first_final] == "Finished");
static_assert(conditions[condition::gone] == "Gone");
static_assert(conditions[condition::last_final] == "Unknown");

constexpr std::array<std::string_view, 7> protocols{
    "HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_HTTP", "MESOS_HTTPS", "MESOS_TCP"};
constexpr std::array<std::string_view, 9> actions{
    "StartApplication",
    "ScaleApplication",
    "StopApplication",
    "RestartApplication",
    "ResolveArtifacts",
    "StartPod",
    "ScalePod",
    "StopPod",
    "RestartPod"};
constexpr std::array<std::string_view, 5> reasons{
    "not_json", "not_object", "no_event_type", "missing_field", "too_large"};
constexpr std::array<std::string_view, 3> paths{"stream", "callback", "replay"};
constexpr std::array<std::string_view, 6> outcomes{
    "running", "success", "failed", "canceled", "rejected", "unknown"};
static_assert(outcomes[outcome::unknown] == "unknown");
constexpr std::array<std::string_view, 7> kinds{
    "start", "restart", "scale", "stop", "mixed", "none", "unknown"};
constexpr std::array<std::string_view, 3> healths{"unknown", "healthy", "unhealthy"};
constexpr std::array<std::string_view, 4> verbs{
    "api_post", "pod_created", "pod_updated", "pod_deleted"};
constexpr std::array<std::string_view, 2> results{"success", "failed"};
constexpr std::array<std::string_view, 3> scheduler_events{
    "registered", "reregistered", "disconnected"};
constexpr std::array<std::string_view, 20> causes{
    "closed",       "reset",    "silent",   "leader_changed", "slow", "empty",    "refused",
    "unreachable",  "dns",      "timeout",  "tls",            "redirect", "unauthorized", "http_4xx",
    "http_5xx",     "not_a_stream", "too_large", "crash",     "shutdown", "reload"};
constexpr std::array<std::string_view, 2> shed_reasons{"disk", "queue"};
constexpr std::array<std::string_view, 3> reconcile_results{"ok", "failed", "other_cluster"};
constexpr std::array<std::string_view, 5> differences{
    "task", "instance", "health", "deployment", "app"};

constexpr std::array<std::string_view, label_kind_count> kind_names{
    "event_type",
    "task_state",
    "condition",
    "protocol",
    "action",
    "reason",
    "path",
    "outcome",
    "kind",
    "health",
    "verb",
    "result",
    "scheduler_event",
    "cause",
    "shed_reason",
    "reconcile_result",
    "difference"};

/// By its length and its first and last eight bytes.
std::size_t first_place(std::string_view name) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const std::size_t size = std::min(name.size(), sizeof first);
    if (size == sizeof first) {
        std::memcpy(&first, name.data(), sizeof first);
        std::memcpy(&last, name.data() + name.size() - sizeof last, sizeof last);
    } else {
        std::memcpy(&first, name.data(), size);
    }
    constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;
    const std::uint64_t mixed = (first ^ (last * 3) ^ name.size()) * odd;
    return static_cast<std::size_t>(mixed >> 56);
}

}  // namespace

const std::uint8_t& Labels::Kind::place_of(std::string_view name) const {
    for (std::size_t at = first_place(name);; at = (at + 1) % places.size()) {
        if (places[at] == empty || names[places[at]] == name) {
            return places[at];
        }
    }
}

std::uint8_t& Labels::Kind::place_of(std::string_view name) {
    return const_cast<std::uint8_t&>(std::as_const(*this).place_of(name));
}

Code Labels::Kind::add(std::string_view name) {
    const auto code = static_cast<std::uint8_t>(names.size());
    place_of(name) = code;
    names.push_back(name);
    return code;
}

Labels::Labels() {
    const auto know = [this](LabelKind kind, std::span<const std::string_view> names) {
        Kind& entry = kinds_[static_cast<std::size_t>(kind)];
        for (const std::string_view name : names) {
            entry.add(name);
        }
        entry.known = names.size();
    };
    std::vector<std::string_view> event_types;
    for (std::size_t type = 0; type + 1 < decode::event_type_count; ++type) {
        event_types.push_back(decode::to_string(static_cast<decode::EventType>(type)));
    }
    know(LabelKind::event_type, event_types);
    know(LabelKind::task_state, task_states);
    know(LabelKind::condition, conditions);
    know(LabelKind::protocol, protocols);
    know(LabelKind::action, actions);
    know(LabelKind::reason, reasons);
    know(LabelKind::path, paths);
    know(LabelKind::outcome, outcomes);
    know(LabelKind::deployment_kind, kinds);
    know(LabelKind::health, healths);
    know(LabelKind::verb, verbs);
    know(LabelKind::result, results);
    know(LabelKind::scheduler_event, scheduler_events);
    know(LabelKind::cause, causes);
    know(LabelKind::shed_reason, shed_reasons);
    know(LabelKind::reconcile_result, reconcile_results);
    know(LabelKind::difference, differences);
}

Labels::Found Labels::code(LabelKind kind, std::string_view name) {
    Kind& entry = kinds_[static_cast<std::size_t>(kind)];
    const std::uint8_t found = entry.place_of(name);
    if (found != empty) {
        return {.code = found};
    }
    TALLY_ASSERT(static_cast<std::size_t>(kind) < open_kind_count || name == "other");
    const bool is_state = kind == LabelKind::task_state || kind == LabelKind::condition;
    if (is_state && name == "none") {
        return {.code = sent_none_code};
    }
    // `other` must not become a second series of the same labels.
    if (name == "other" || !is_label_text(name) ||
        entry.names.size() == entry.known + unknown_max) {
        return {.code = other_code};
    }
    return {.code = entry.add(owned_.emplace_back(name)), .born = true};
}

Code Labels::find(LabelKind kind, std::string_view name) const {
    const Kind& entry = kinds_[static_cast<std::size_t>(kind)];
    const std::uint8_t found = entry.place_of(name);
    if (found != empty) {
        return found;
    }
    const bool is_state = kind == LabelKind::task_state || kind == LabelKind::condition;
    return is_state && name == "none" ? sent_none_code : other_code;
}

std::string_view Labels::name(LabelKind kind, Code code) const {
    if (code == other_code) {
        return "other";
    }
    if (code == none_code || code == sent_none_code) {
        return "none";
    }
    return kinds_[static_cast<std::size_t>(kind)].names[code];
}

bool is_label_text(std::string_view name) {
    constexpr std::size_t bytes_max = 256;
    return name.size() <= bytes_max && name.find('\0') == std::string_view::npos;
}

std::string_view Labels::kind_name(LabelKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

}  // namespace tally::model
