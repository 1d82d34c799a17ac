#include <array>
#include <span>

#include "decode/app_name.hpp"
#include "decode/first_key.hpp"
#include "decode/snapshot_lists.hpp"

namespace tally::decode {

namespace {

/// What conditions named `healthy` say together. Marathon writes one for each container that has a
/// health check and has been running, with value "false" and this reason too when Mesos has not
/// reported yet: then it says nothing, and nothing can be said of the whole either, unless another
/// is unhealthy (Marathon's own instance health is so).
struct HealthSaid {
    bool healthy = false;
    bool unhealthy = false;
    bool unreported = false;

    void add(const HealthSaid& other) {
        healthy = healthy || other.healthy;
        unhealthy = unhealthy || other.unhealthy;
        unreported = unreported || other.unreported;
    }

    [[nodiscard]] std::optional<bool> together() const {
        if (unhealthy) {
            return false;
        }
        return healthy && !unreported ? std::optional(true) : std::nullopt;
    }
};

class PodListReader {
  public:
    PodListReader(JsonReader& json, SnapshotPart& part)
        : json_(json), part_(part), names_(part.text) {}

    void read();

  private:
    void read_pod();
    std::string_view read_spec_version();
    void read_instances();
    void read_instance();
    HealthSaid read_containers();
    HealthSaid read_container();
    HealthSaid read_conditions();
    HealthSaid read_condition();
    void set_spans();

    std::string_view name() { return names_.keep(json_.text()); }

    JsonReader& json_;
    SnapshotPart& part_;
    NamePool names_;
    AppName app_name_;
    std::vector<std::size_t> container_ends_;  // per instance, in part_.containers
};

void PodListReader::read() {
    while (json_.next_element()) {
        if (json_.enter_object()) {
            read_pod();
        }
    }
    set_spans();
}

void PodListReader::read_pod() {
    static constexpr std::array<std::string_view, 3> keys{"id", "spec", "instances"};
    const std::size_t first = part_.told.pod_instances.size();
    Snapshot::App pod;
    pod.pod = true;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                pod.id = name();
                break;
            case 1:
                pod.version = read_spec_version();
                break;
            case 2:
                read_instances();
                break;
            default:
                break;
        }
    }
    for (Snapshot::PodInstance& instance : std::span(part_.told.pod_instances).subspan(first)) {
        instance.pod = pod.id.empty() ? names_.keep(app_name_.from_id(instance.id)) : pod.id;
    }
    if (!pod.id.empty()) {
        part_.add(part_.told.apps, pod);
    }
}

std::string_view PodListReader::read_spec_version() {
    static constexpr std::array<std::string_view, 1> keys{"version"};
    std::string_view version;
    if (json_.enter_object()) {
        FirstKey index_of(keys);
        while (const auto key = json_.next_member()) {
            if (index_of(*key) == 0) {
                version = name();
            }
        }
    }
    return version;
}

void PodListReader::read_instances() {
    if (!json_.enter_list()) {
        return;
    }
    while (json_.next_element()) {
        if (json_.enter_object()) {
            read_instance();
        }
    }
}

void PodListReader::read_instance() {
    static constexpr std::array<std::string_view, 6> keys{
        "id", "agentHostname", "status", "statusSince", "containers", "conditions"};
    const std::size_t first = part_.containers.size();
    Snapshot::PodInstance instance;
    HealthSaid own;
    HealthSaid of_containers;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                instance.id = part_.text.keep(json_.text());
                break;
            case 1:
                instance.host = name();
                break;
            case 2:
                instance.status = name();
                break;
            case 3:
                instance.since = parse_timestamp(json_.text());
                break;
            case 4:
                of_containers = read_containers();
                break;
            case 5:
                own = read_conditions();
                break;
            default:
                break;
        }
    }
    if (instance.id.empty()) {
        part_.containers.resize(first);
        return;
    }
    instance.healthy = own.together() ? own.together() : of_containers.together();
    part_.add(part_.told.pod_instances, instance);
    part_.add(container_ends_, part_.containers.size());
}

HealthSaid PodListReader::read_containers() {
    HealthSaid said;
    if (!json_.enter_list()) {
        return said;
    }
    while (json_.next_element()) {
        if (json_.enter_object()) {
            said.add(read_container());
        }
    }
    return said;
}

/// What a container tells of health counts while it runs: one that has ended keeps its last word.
HealthSaid PodListReader::read_container() {
    static constexpr std::array<std::string_view, 5> keys{
        "name", "containerId", "status", "statusSince", "conditions"};
    Snapshot::Container container;
    HealthSaid said;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                container.name = name();
                break;
            case 1:
                container.task = part_.text.keep(json_.text());
                break;
            case 2:
                container.status = name();
                break;
            case 3:
                container.since = parse_timestamp(json_.text());
                break;
            case 4:
                said = read_conditions();
                break;
            default:
                break;
        }
    }
    if (!container.name.empty() || !container.task.empty()) {
        part_.add(part_.containers, container);
    }
    return container.status == "TASK_RUNNING" ? said : HealthSaid{};
}

HealthSaid PodListReader::read_conditions() {
    HealthSaid said;
    if (!json_.enter_list()) {
        return said;
    }
    while (json_.next_element()) {
        if (json_.enter_object()) {
            said.add(read_condition());
        }
    }
    return said;
}

HealthSaid PodListReader::read_condition() {
    static constexpr std::array<std::string_view, 3> keys{"name", "value", "reason"};
    std::array<std::string_view, 3> texts;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        if (const std::size_t index = index_of(*key); index < texts.size()) {
            texts[index] = name();
        }
    }
    const auto& [condition, value, reason] = texts;
    if (condition != "healthy") {
        return {};
    }
    const bool unreported = reason == "health-unreported-by-mesos";
    return {
        .healthy = value == "true",
        .unhealthy = value == "false" && !unreported,
        .unreported = value == "false" && unreported};
}

/// Only now, since the containers have stopped growing.
void PodListReader::set_spans() {
    const std::span<const Snapshot::Container> containers(part_.containers);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < container_ends_.size(); ++i) {
        part_.told.pod_instances[i].containers =
            containers.subspan(begin, container_ends_[i] - begin);
        begin = container_ends_[i];
    }
}

}  // namespace

bool read_pod_list(JsonReader& json, SnapshotPart& part) {
    if (!json.enter_list()) {
        return false;
    }
    PodListReader(json, part).read();
    return true;
}

}  // namespace tally::decode
