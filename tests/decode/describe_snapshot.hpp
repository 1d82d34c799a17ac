#pragma once

#include <string>
#include <string_view>

#include "decode/describe.hpp"
#include "tally/decode/decode_snapshot.hpp"

namespace tally::decode {

/// A line for each entry, every field that is not empty as ` name=value`, in the order of the
/// struct.
class SnapshotText {
  public:
    explicit SnapshotText(const Snapshot& snapshot) {
        if (!snapshot.framework_id.empty() || !snapshot.version.empty()) {
            line("info");
            add("framework", snapshot.framework_id);
            add("version", snapshot.version);
        }
        for (const Snapshot::App& app : snapshot.apps) {
            line(app.pod ? "pod " : "app ", app.id);
            add("version", app.version);
        }
        for (const Snapshot::Task& task : snapshot.tasks) {
            describe(task);
        }
        for (const Snapshot::PodInstance& instance : snapshot.pod_instances) {
            describe(instance);
        }
        for (const Snapshot::Deployment& deployment : snapshot.deployments) {
            describe(deployment);
        }
    }

    std::string text;

  private:
    void line(std::string_view kind, std::string_view id = {}) {
        text += text.empty() ? "" : "\n";
        (text += kind) += id;
    }

    void add(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            ((text += ' ') += name) += '=';
            text += value;
        }
    }

    void add_time(std::string_view name, std::optional<TimeMs> time) {
        add(name, time ? format_timestamp(*time) : "");
    }

    void add_truth(std::string_view name, std::optional<bool> truth) {
        add(name, !truth ? "" : *truth ? "yes" : "no");
    }

    void describe(const Snapshot::Task& task) {
        line("task ", task.id);
        add("app", task.app);
        add("host", task.host);
        add("version", task.version);
        add("state", task.state);
        add_time("staged", task.staged);
        add_time("started", task.started);
        add_truth("alive", task.alive);
    }

    void describe(const Snapshot::PodInstance& instance) {
        line("instance ", instance.id);
        add("pod", instance.pod);
        add("host", instance.host);
        add("status", instance.status);
        add_time("since", instance.since);
        add_truth("healthy", instance.healthy);
        for (const Snapshot::Container& container : instance.containers) {
            line("  container ", container.name);
            add("task", container.task);
            add("status", container.status);
            add_time("since", container.since);
        }
    }

    void describe(const Snapshot::Deployment& deployment) {
        line("deployment ", deployment.id);
        add("version", deployment.version);
        add("current", deployment.current_step == 0 ? "" : std::to_string(deployment.current_step));
        add("total", deployment.total_steps == 0 ? "" : std::to_string(deployment.total_steps));
        std::string steps;
        for (const Step& step : deployment.steps) {
            describe_step(steps, step);
        }
        add("steps", steps);
        std::string affected;
        for (const std::string_view id : deployment.affected) {
            (affected += affected.empty() ? "" : ",") += id;
        }
        add("affected", affected);
    }
};

inline std::string describe(const Snapshot& snapshot) {
    return SnapshotText(snapshot).text;
}

/// Of one kind of body: the entries read, or the error.
template <class Read>
std::string snapshot_of(Read read, std::string_view body) {
    SnapshotDecoder decoder;
    const auto result = (decoder.*read)(std::string(body));
    const std::string text = describe(decoder.take());
    if (!result) {
        return result.error().what + (text.empty() ? "" : "; but also " + text);
    }
    return text;
}

}  // namespace tally::decode
