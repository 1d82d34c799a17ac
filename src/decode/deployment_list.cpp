#include <algorithm>
#include <array>
#include <span>

#include "decode/first_key.hpp"
#include "decode/snapshot_lists.hpp"

namespace tally::decode {

namespace {

std::int64_t count_of(std::optional<std::int64_t> number) {
    return std::max<std::int64_t>(0, number.value_or(0));
}

/// Steps come in three shapes, as in events (PlanReader, which reads a tree): a list of actions (up
/// to 1.1.1),
/// {"actions":[..]}, or one bare action.
class DeploymentListReader {
  public:
    DeploymentListReader(JsonReader& json, SnapshotPart& part)
        : json_(json), part_(part), names_(part.text) {}

    void read();

  private:
    enum class Place { step, list };  // of an object that may be an action

    // Where what belongs to a deployment ends in the flat vectors, while they grow.
    struct Ends {
        std::size_t steps = 0;
        std::size_t affected = 0;
    };

    void read_deployment();
    void read_steps();
    bool read_step();
    void read_actions();
    void read_action(Place place);
    void read_affected();
    void set_spans();

    std::string_view name() { return names_.keep(json_.text()); }

    JsonReader& json_;
    SnapshotPart& part_;
    NamePool names_;
    std::vector<Ends> ends_;                // per deployment
    std::vector<std::size_t> action_ends_;  // per step
};

void DeploymentListReader::read() {
    while (json_.next_element()) {
        if (json_.enter_object()) {
            read_deployment();
        }
    }
    set_spans();
}

void DeploymentListReader::read_deployment() {
    static constexpr std::array<std::string_view, 7> keys{
        "id", "version", "currentStep", "totalSteps", "steps", "affectedApps", "affectedPods"};
    const std::size_t actions = part_.actions.size();
    const Ends begin{action_ends_.size(), part_.affected.size()};
    Snapshot::Deployment deployment;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                deployment.id = part_.text.keep(json_.text());
                break;
            case 1:
                deployment.version = name();
                break;
            case 2:
                deployment.current_step = count_of(json_.integer());
                break;
            case 3:
                deployment.total_steps = count_of(json_.integer());
                break;
            case 4:
                read_steps();
                break;
            case 5:
            case 6:
                read_affected();
                break;
            default:
                break;
        }
    }
    if (deployment.id.empty()) {
        part_.actions.resize(actions);
        action_ends_.resize(begin.steps);
        part_.affected.resize(begin.affected);
        return;
    }
    part_.add(part_.told.deployments, deployment);
    part_.add(ends_, Ends{action_ends_.size(), part_.affected.size()});
}

void DeploymentListReader::read_steps() {
    if (!json_.enter_list()) {
        return;
    }
    while (json_.next_element()) {
        if (read_step()) {
            part_.add(action_ends_, part_.actions.size());
        }
    }
}

/// False for null and whatever else is neither object nor list.
bool DeploymentListReader::read_step() {
    if (json_.enter_list()) {
        read_actions();
        return true;
    }
    if (json_.enter_object()) {
        read_action(Place::step);
        return true;
    }
    return false;
}

void DeploymentListReader::read_actions() {
    while (json_.next_element()) {
        if (json_.enter_object()) {
            read_action(Place::list);
        }
    }
}

/// Names and apps may each be absent, but not both. A step that wraps a list of actions is no
/// action itself.
void DeploymentListReader::read_action(Place place) {
    static constexpr std::array<std::string_view, 5> keys{
        "action", "type", "app", "pod", "actions"};
    std::array<std::string_view, 4> texts;
    bool wraps = false;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        const std::size_t index = index_of(*key);
        if (index < texts.size()) {
            texts[index] = name();
        } else if (index == texts.size() && place == Place::step && json_.enter_list()) {
            wraps = true;
            read_actions();
        }
    }
    const auto& [action, type, app, pod] = texts;
    const Action told{.name = action.empty() ? type : action, .app = app.empty() ? pod : app};
    if (!wraps && !(told.name.empty() && told.app.empty())) {
        part_.add(part_.actions, told);
    }
}

void DeploymentListReader::read_affected() {
    if (!json_.enter_list()) {
        return;
    }
    while (json_.next_element()) {
        if (const auto id = name(); !id.empty()) {
            part_.add(part_.affected, id);
        }
    }
}

/// Only now, since the vectors have stopped growing.
void DeploymentListReader::set_spans() {
    const Step actions(part_.actions);
    std::size_t begin = 0;
    for (const std::size_t end : action_ends_) {
        part_.steps.push_back(actions.subspan(begin, end - begin));
        begin = end;
    }
    const std::span<const Step> steps(part_.steps);
    const std::span<const std::string_view> affected(part_.affected);
    Ends from{};
    for (std::size_t i = 0; i < ends_.size(); ++i) {
        Snapshot::Deployment& deployment = part_.told.deployments[i];
        deployment.steps = steps.subspan(from.steps, ends_[i].steps - from.steps);
        deployment.affected = affected.subspan(from.affected, ends_[i].affected - from.affected);
        from = ends_[i];
    }
}

}  // namespace

bool read_deployment_list(JsonReader& json, SnapshotPart& part) {
    if (!json.enter_list()) {
        return false;
    }
    DeploymentListReader(json, part).read();
    return true;
}

}  // namespace tally::decode
