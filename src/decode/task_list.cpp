#include <array>
#include <span>

#include "decode/app_name.hpp"
#include "decode/first_key.hpp"
#include "decode/snapshot_lists.hpp"

namespace tally::decode {

namespace {

/// Reads tasks, and apps with the tasks embedded in them, one body's.
class TaskListReader {
  public:
    TaskListReader(JsonReader& json, SnapshotPart& part)
        : json_(json), part_(part), names_(part.text) {}

    /// True: the app had its list of tasks.
    bool read_app();
    /// The list was entered. `app` names the tasks that do not name theirs.
    void read_tasks();
    /// Tasks from `first` on that do not name their app belong to `app`; without that, to the one
    /// in their id.
    void name_apps(std::size_t first, std::string_view app);

  private:
    enum class Result { none, alive, dead, unprobed };  // of one check

    void read_task();
    std::optional<bool> read_health();
    Result read_result();

    std::string_view name() { return names_.keep(json_.text()); }

    JsonReader& json_;
    SnapshotPart& part_;
    NamePool names_;
    AppName app_name_;
};

bool TaskListReader::read_app() {
    static constexpr std::array<std::string_view, 3> keys{"id", "version", "tasks"};
    if (!json_.enter_object()) {
        return false;
    }
    const std::size_t first_task = part_.told.tasks.size();
    Snapshot::App app;
    bool has_tasks = false;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                app.id = name();
                break;
            case 1:
                app.version = name();
                break;
            case 2:
                has_tasks = json_.enter_list();
                if (has_tasks) {
                    read_tasks();
                }
                break;
            default:
                break;
        }
    }
    name_apps(first_task, app.id);
    if (!app.id.empty()) {
        part_.add(part_.told.apps, app);
    }
    return has_tasks;
}

void TaskListReader::read_tasks() {
    while (json_.next_element()) {
        if (json_.enter_object()) {
            read_task();
        }
    }
}

void TaskListReader::name_apps(std::size_t first, std::string_view app) {
    for (Snapshot::Task& task : std::span(part_.told.tasks).subspan(first)) {
        if (task.app.empty()) {
            task.app = app.empty() ? names_.keep(app_name_.from_id(task.id)) : app;
        }
    }
}

void TaskListReader::read_task() {
    static constexpr std::array<std::string_view, 8> keys{
        "id", "appId", "host", "version", "state", "stagedAt", "startedAt", "healthCheckResults"};
    Snapshot::Task task;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                task.id = part_.text.keep(json_.text());
                break;
            case 1:
                task.app = name();
                break;
            case 2:
                task.host = name();
                break;
            case 3:
                task.version = name();
                break;
            case 4:
                task.state = name();
                break;
            case 5:
                task.staged = parse_timestamp(json_.text());
                break;
            case 6:
                task.started = parse_timestamp(json_.text());
                break;
            case 7:
                task.alive = read_health();
                break;
            default:
                break;
        }
    }
    if (task.state.empty()) {  // before 0.15
        task.state = task.started ? "TASK_RUNNING" : task.staged ? "TASK_STAGING" : "";
    }
    if (!task.id.empty()) {
        part_.add(part_.told.tasks, task);
    }
}

/// One result for each check.
std::optional<bool> TaskListReader::read_health() {
    bool alive = false;
    bool dead = false;
    bool unprobed = false;
    if (!json_.enter_list()) {
        return std::nullopt;
    }
    while (json_.next_element()) {
        const Result result = json_.enter_object() ? read_result() : Result::none;
        alive = alive || result == Result::alive;
        dead = dead || result == Result::dead;
        unprobed = unprobed || result == Result::unprobed;
    }
    if (dead) {
        return false;
    }
    return alive && !unprobed ? std::optional(true) : std::nullopt;
}

/// Marathon answers for a check that has no result yet (a new task, every task after an election)
/// with the one it begins with: not alive, no failures, no times. That is no word about the task.
TaskListReader::Result TaskListReader::read_result() {
    static constexpr std::array<std::string_view, 5> keys{
        "alive", "consecutiveFailures", "firstSuccess", "lastSuccess", "lastFailure"};
    std::optional<bool> alive;
    std::optional<std::int64_t> failures;
    bool probed = false;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        const std::size_t index = index_of(*key);
        if (index == 0) {
            alive = json_.truth();
        } else if (index == 1) {
            failures = json_.integer();
        } else if (index < keys.size()) {
            probed = !json_.text().empty() || probed;
        }
    }
    if (!alive) {
        return Result::none;
    }
    const bool as_it_begins = failures == 0 && !probed;
    return *alive ? Result::alive : as_it_begins ? Result::unprobed : Result::dead;
}

}  // namespace

AppList read_app_list(JsonReader& json, SnapshotPart& part) {
    AppList list{.found = json.enter_list()};
    if (list.found) {
        TaskListReader reader(json, part);
        while (json.next_element()) {
            list.tasks_embedded = reader.read_app() && list.tasks_embedded;
        }
    }
    return list;
}

bool read_task_list(JsonReader& json, SnapshotPart& part) {
    if (!json.enter_list()) {
        return false;
    }
    TaskListReader reader(json, part);
    reader.read_tasks();
    reader.name_apps(0, {});
    return true;
}

}  // namespace tally::decode
